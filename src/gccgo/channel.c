/* channel.c: channels and select of Go programs.                                     room: gccgo */
#include "gccgo/gccgo.h"

struct hchan *
go_makechan(const struct chantype *t, intgo n)
{
	const struct type *elem = t->elem;
	struct g *gp = rtenter();
	struct hchan *c = makechan(
		elem->size, elem->ptrdata == 0 ? CHANELEM_NOSCAN : CHANELEM_TYPED, elem, n);
	rtleave(gp);
	return c;
}

struct hchan *
go_makechan64(const struct chantype *t, int64_t n)
{
	return go_makechan(t, n);
}

void
go_chansend1(struct hchan *c, const void *elem)
{
	struct g *gp = rtenter();
	chansend(c, elem, true);
	rtleave(gp);
}

void
go_chanrecv1(struct hchan *c, void *elem)
{
	bool received;
	struct g *gp = rtenter();
	chanrecv(c, elem, true, &received);
	rtleave(gp);
}

bool
go_chanrecv2(struct hchan *c, void *elem)
{
	bool received = false;
	struct g *gp = rtenter();
	chanrecv(c, elem, true, &received);
	rtleave(gp);
	return received;
}

void
go_closechan(struct hchan *c)
{
	struct g *gp = rtenter();
	closechan(c);
	rtleave(gp);
}

struct intbool
go_selectgo(struct scase *cases, uint16_t *order, intgo nsends, intgo nrecvs, bool block)
{
	struct intbool r = {0, false};
	struct g *gp = rtenter();
	r.i = selectgo(cases, order, nsends, nrecvs, block, &r.b);
	rtleave(gp);
	return r;
}

bool
go_selectnbsend(struct hchan *c, const void *elem)
{
	struct g *gp = rtenter();
	bool sent = chansend(c, elem, false);
	rtleave(gp);
	return sent;
}

struct twobools
go_selectnbrecv(void *elem, struct hchan *c)
{
	struct twobools r = {false, false};
	struct g *gp = rtenter();
	r.a = chanrecv(c, elem, false, &r.b);
	rtleave(gp);
	return r;
}

void
go_block(void)
{
	rtenter();
	selectblock();
}
