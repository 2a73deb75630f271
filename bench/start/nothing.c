/* The smallest C program, linked both statically and dynamically. */
int
main(void)
{
	return 0;
}
