/* The C half of calls.go: a function that Go calls, and one that calls Go. */
long go_add(long a, long b) __asm__("main.Add");
long bench_add(long a, long b);
long bench_call_go(long n);

long
bench_add(long a, long b)
{
	return a + b;
}

long
bench_call_go(long n)
{
	long sum = 0;
	for (long i = 0; i < n; i++)
		sum = go_add(sum, 1);
	return sum;
}
