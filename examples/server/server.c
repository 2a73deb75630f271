/* server: the skeleton of a network server, on contexts and a scope.
 *
 *   the program's context   says when to stop; everything else hangs below it
 *   a scope                 the acceptor and a goroutine a connection, so many at once
 *   a context a request     with the time that the request may take
 *   after functions         end what knows nothing of contexts: reads that wait in the kernel
 *
 * The network is played by pairs of sockets: a client dials by writing the number of one end to a
 * pipe, whose other end the acceptor reads where it would call accept. A request is a number and
 * how many milliseconds its square is worth waiting for. */
#include <gort.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS 4 /* served at the same time */
#define CLIENTS     20

struct server {
	gort_scope scope;
	int listener; /* the acceptor reads descriptors here */
	int phone;    /* and clients write them here; closed: no more calls */
	int accepted; /* the acceptor's, until the scope has ended */
};

struct connection {
	const gort_context *ctx; /* the server's: seen, not cancelled */
	int fd;
	gort_chan *stopped; /* closed by stop_reading */
};

/* ---- requests ----------------------------------------------------------------------------- */

struct work {
	long n;
	gort_chan *answer;
};

static void
square(void *arg)
{
	struct work *w = arg;
	if (w->n == 13)
		gort_sleep(3600 * GORT_SEC); /* a hard one */
	gort_send(w->answer, w->n * w->n);
}

static void
handle(const gort_context *parent, const char *request, char *reply, size_t size)
{
	/* Room for one: an answer that comes too late does not keep its sender. */
	struct work w = {0, gort_chan_make(long, 1)};
	long answer, ms;
	if (sscanf(request, "%ld %ld", &w.n, &ms) != 2) {
		snprintf(reply, size, "a request is two numbers");
		return;
	}
	gort_context *ctx = gort_context_with_timeout(parent, ms * GORT_MS);
	gort_go_copy(square, &w, sizeof w);
	switch (gort_select(
		GORT_RECV(w.answer, &answer), GORT_RECV(gort_context_done(ctx), NULL))) {
	case 0:
		snprintf(reply, size, "%ld", answer);
		break;
	case 1:
		snprintf(reply, size, "%s", gort_strerror(gort_context_err(ctx)));
		break;
	}
	gort_context_cancel(ctx);
}

/* ---- connections -------------------------------------------------------------------------- */

/* The server stops: a read that waits for the client finds the end, one that has a request does
 * not notice. */
static void
stop_reading(void *arg)
{
	struct connection *c = arg;
	shutdown(c->fd, SHUT_RD);
	gort_close(c->stopped);
}

/* Whatever a client does, it is no error of the server. */
static int
serve(void *arg)
{
	struct connection *c = arg;
	gort_context_after *stop = gort_context_after_func(c->ctx, stop_reading, c);
	char request[100], reply[100];
	ptrdiff_t n;
	while ((n = gort_read(c->fd, request, sizeof request - 1)) > 0) {
		request[n] = 0;
		handle(c->ctx, request, reply, sizeof reply);
		if (gort_write(c->fd, reply, strlen(reply)) < 0)
			break;
	}
	/* The descriptor's number goes to somebody else once it is closed. */
	if (!gort_context_after_stop(stop))
		gort_recv(c->stopped, NULL);
	gort_close_fd(c->fd);
	return 0;
}

/* ---- the server --------------------------------------------------------------------------- */

static void
stop_listening(void *arg)
{
	struct server *s = arg;
	gort_close_fd(s->phone);
}

static int
accept_all(void *arg)
{
	struct server *s = arg;
	ptrdiff_t n;
	int fd;
	while ((n = gort_read(s->listener, &fd, sizeof fd)) == (ptrdiff_t)sizeof fd) {
		struct connection *c = gort_new(struct connection);
		c->ctx = gort_scope_context(&s->scope);
		c->fd = fd;
		c->stopped = gort_chan_make(char, 0);
		s->accepted++;
		gort_scope_go(&s->scope, serve, c); /* waits for a seat */
	}
	gort_close_fd(s->listener);
	return n < 0 ? (int)n : 0;
}

static int
start(struct server *s, gort_context *ctx)
{
	int ends[2];
	if (pipe(ends) != 0)
		return -1;
	s->scope.parent = ctx;
	s->scope.limit = CONNECTIONS + 1; /* and the acceptor */
	s->listener = ends[0];
	s->phone = ends[1];
	gort_context_after_func(gort_scope_context(&s->scope), stop_listening, s);
	gort_scope_go(&s->scope, accept_all, s);
	return 0;
}

/* ---- clients ------------------------------------------------------------------------------ */

static int
dial(struct server *s)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
		return -1;
	gort_write(s->phone, &ends[1], sizeof ends[1]);
	return ends[0];
}

static const char *
ask(int fd, const char *request, char *reply, size_t size)
{
	if (gort_write(fd, request, strlen(request)) < 0)
		return "no way to ask";
	ptrdiff_t n = gort_read(fd, reply, size - 1);
	if (n <= 0)
		return "no answer";
	reply[n] = 0;
	return reply;
}

struct client {
	struct server *server;
	int number;
	long square;
};

static int
call(void *arg)
{
	struct client *c = arg;
	char request[40], reply[40];
	int fd = dial(c->server);
	snprintf(request, sizeof request, "%d 60000", c->number + 100);
	sscanf(ask(fd, request, reply, sizeof reply), "%ld", &c->square);
	gort_close_fd(fd);
	return c->square > 0 ? 0 : GORT_EIO;
}

int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	static struct server s;
	char reply[100];
	gort_context *ctx = gort_context_with_cancel(gort_context_background());
	if (start(&s, ctx) != 0) {
		perror("server");
		return 1;
	}

	int fd = dial(&s);
	const char *requests[] = {"12 60000", "13 20", "what is 12 squared?", "-5 60000"};
	for (int i = 0; i < 4; i++)
		printf("%s: %s\n", requests[i], ask(fd, requests[i], reply, sizeof reply));

	/* More at once than the server has seats for. */
	static struct client clients[CLIENTS];
	gort_scope all = GORT_SCOPE_INIT;
	long sum = 0;
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){&s, i, 0};
		gort_scope_go(&all, call, &clients[i]);
	}
	int err = gort_scope_wait(&all);
	for (int i = 0; i < CLIENTS; i++)
		sum += clients[i].square;
	printf("%d clients: %s, sum %ld\n", CLIENTS, gort_strerror(err), sum);

	/* The first client is still connected, and silent. */
	gort_context_cancel(ctx);
	err = gort_scope_wait(&s.scope);
	printf("the server has stopped after %d connections: %s\n", s.accepted, gort_strerror(err));
	printf("the first client hears: %s\n",
		gort_read(fd, reply, sizeof reply) == 0 ? "the end" : "something else");
	gort_close_fd(fd);
	return 0;
}
