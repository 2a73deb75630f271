/* unsafe.c: the type descriptors of unsafe.Pointer, which no package defines.        room: gccgo */
#include "gccgo/gccgo.h"

static const uint8_t oneword[] = {1};
static const struct gostring pointername = {(const uint8_t *)"unsafe.Pointer", 14};
static const struct gostring ptrname = {(const uint8_t *)"*unsafe.Pointer", 15};

/* The hashes are the compiler's. */
const struct type go_unsafePointer = {
	.size = sizeof(void *),
	.ptrdata = sizeof(void *),
	.hash = 78501163,
	.tflag = TflagRegularMemory,
	.align = sizeof(void *),
	.fieldAlign = sizeof(void *),
	.kind = KindUnsafePointer | KindDirectIface,
	.equal = &pointerequal_f,
	.gcdata = oneword,
	.string = &pointername,
	.ptrToThis = (struct type *)&go_unsafePointerPtr,
};

const struct ptrtype go_unsafePointerPtr = {
	.typ =
		{
			.size = sizeof(void *),
			.ptrdata = sizeof(void *),
			.hash = 1256018616,
			.tflag = TflagRegularMemory,
			.align = sizeof(void *),
			.fieldAlign = sizeof(void *),
			.kind = KindPtr | KindDirectIface,
			.equal = &pointerequal_f,
			.gcdata = oneword,
			.string = &ptrname,
		},
	.elem = &go_unsafePointer,
};
