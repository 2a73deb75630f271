/* mapdoor.c: maps: what lang/map.c does not have under the ABI's prototypes.          room: gccgo */
#include "gccgo/gccgo.h"

struct hmap *
go_makemap64(const struct maptype *t, int64_t hint, struct hmap *unused)
{
	return makemap(t, hint, unused);
}
