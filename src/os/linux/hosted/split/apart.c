/* apart.c (split): what gcc makes programs with split stacks refer to.               room: os
 *
 * A member of the archive by itself: it is linked only into programs that refer to it. The gcc
 * driver passes --wrap=pthread_create when it links with -fsplit-stack; libgcc's wrapper would
 * bring libgcc's __morestack along. A thread of the program's has guard 0, as libc made it: code on
 * it never asks for more stack. */
#include <pthread.h>

typedef void *threadfn(void *);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, threadfn *fn, void *arg);
int __real_pthread_create(pthread_t *t, const pthread_attr_t *attr, threadfn *fn, void *arg);

__attribute__((visibility("default"))) int
__wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, threadfn *fn, void *arg)
{
	return __real_pthread_create(t, attr, fn, arg);
}
