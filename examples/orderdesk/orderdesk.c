/* orderdesk: orders are handled by functions that clean up behind themselves however they end, and one
 * bad order does not end the program: its panic is caught where the next order begins. */
#include <gort.h>

#include <stdio.h>
#include <stdlib.h>

struct order {
	int number, pieces, boxes;
};

static const struct order orders[] = {{1, 12, 3}, {2, 7, 0}, {3, -4, 2}, {4, 30, 5}, {5, 9, 4}};

static int open_orders, stock = 60;
static gort_mutex stock_lock = GORT_MUTEX_INIT;

static void
unlock(void *m)
{
	gort_mutex_unlock(m);
}

static void
close_order(void *arg)
{
	const struct order *o = arg;
	printf("order %d: closed\n", o->number);
	open_orders--;
}

static void
take_from_stock(int pieces)
{
	gort_mutex_lock(&stock_lock);
	gort_defer(unlock, &stock_lock); /* also if we panic below */
	if (pieces <= 0)
		gort_panic("%d pieces cannot be had", pieces);
	stock -= pieces;
}

static void
handle(void *arg)
{
	const struct order *o = arg;
	open_orders++;
	gort_defer(close_order, arg);
	int each = o->pieces / o->boxes; /* none: the runtime's own panic */
	take_from_stock(o->pieces);
	printf("order %d: %d in each of %d boxes\n", o->number, each, o->boxes);
}

/* A deferred call may end a panic itself; the function that deferred it then counts as returned. */
static void
note_shortage(void *arg)
{
	struct gort_panic p;
	if (gort_recover(&p))
		printf("%s: %s\n", (const char *)arg, p.text);
}

static void
take_inventory(void *arg)
{
	gort_defer(note_shortage, arg);
	if (stock < 10)
		gort_panic("only %d pieces left", stock);
	puts("enough in stock");
}

int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
		struct gort_panic p;
		if (!gort_try(&p, handle, (void *)&orders[i]))
			printf("order %d: %s\n", orders[i].number, p.text);
	}
	gort_try(NULL, take_inventory, "inventory");
	printf("%d open orders\n", open_orders);
	return open_orders;
}
