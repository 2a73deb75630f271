/* atomic.h: atomics named by their memory order.                                     room: core
 *
 * A field that more than one thread touches is read and written through these, or its
 * declaration says which lock or which owner makes a plain access right. The names say the
 * order, so that a reader of a lock-free protocol need not look anything up:
 *   _rlx  relaxed: atomicity only        _acq  acquire        _rel  release
 *   no suffix  sequentially consistent (on x86 the lock prefix pays for it anyway)
 */
#ifndef GORT_CORE_ATOMIC_H
#define GORT_CORE_ATOMIC_H

#include "core/compiler.h"
#include "core/types.h"

#define load_rlx(p)     __atomic_load_n((p), __ATOMIC_RELAXED)
#define load_acq(p)     __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define load_seq(p)     __atomic_load_n((p), __ATOMIC_SEQ_CST)
#define store_rlx(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define store_rel(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define store_seq(p, v) __atomic_store_n((p), (v), __ATOMIC_SEQ_CST)

#define xchg(p, v)      __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define xadd(p, v)      __atomic_add_fetch((p), (v), __ATOMIC_SEQ_CST) /* the new value, as Go's Xadd */
#define fetch_or(p, v)  __atomic_fetch_or((p), (v), __ATOMIC_SEQ_CST)
#define fetch_and(p, v) __atomic_fetch_and((p), (v), __ATOMIC_SEQ_CST)

/* cas: true if *p was old and is now new. The old value is not reported: callers that loop
 * reload, which keeps each loop's reasoning in one place. */
#define cas(p, old, new)                                                                           \
	({                                                                                         \
		__typeof__(*(p)) cas_old_ = (old);                                                 \
		__atomic_compare_exchange_n(                                                       \
			(p), &cas_old_, (new), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);         \
	})
#define cas_acq(p, old, new)                                                                       \
	({                                                                                         \
		__typeof__(*(p)) cas_old_ = (old);                                                 \
		__atomic_compare_exchange_n(                                                       \
			(p), &cas_old_, (new), false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);         \
	})
#define cas_rel(p, old, new)                                                                       \
	({                                                                                         \
		__typeof__(*(p)) cas_old_ = (old);                                                 \
		__atomic_compare_exchange_n(                                                       \
			(p), &cas_old_, (new), false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);         \
	})

#if GORT_TSAN /* ThreadSanitizer does not follow fences */
#	define fence()                                                                            \
		do {                                                                               \
			uint32_t fence_word_ = 0;                                                  \
			xadd(&fence_word_, 0u);                                                    \
		} while (0)
#else
#	define fence() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif
#define compiler_fence() __atomic_signal_fence(__ATOMIC_SEQ_CST)

#endif
