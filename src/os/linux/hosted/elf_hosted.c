/* elf_hosted.c: the loaded object that an address lies in.                           room: os */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "os/linux/internal.h"

#ifdef DLFO_STRUCT_HAS_EH_DBASE
#	pragma weak _dl_find_object
/* Made for unwinders: no lock, allowed in handlers. */
const void *
elfAt(uintptr_t pc)
{
	struct dl_find_object o;
	if (_dl_find_object == NULL || _dl_find_object((void *)pc, &o) != 0)
		return NULL;
	return o.dlfo_map_start;
}
#else
/* glibc before 2.35 and other libcs have only dl_iterate_phdr, which takes a lock. */
const void *
elfAt(uintptr_t pc)
{
	(void)pc;
	return NULL;
}
#endif
