/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The little of the kernel's environment that formats/ and pt_common/ need, for
 * userspace. All <linux/...> headers beside it lead here.
 */
#ifndef PTF_SHIM_H
#define PTF_SHIM_H

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether an option is set: 1 or, for what is no macro or not 1, 0 */
#define SHIM_SET_1 0,
#define SHIM_SECOND(ignored, value, ...) value
#define SHIM_IS_SET(first) SHIM_SECOND(first 1, 0, 0)
#define SHIM_EXPAND(option) SHIM_IS_SET(SHIM_SET_##option)
#define IS_ENABLED(CONFIG_option) SHIM_EXPAND(CONFIG_option)

typedef unsigned long long u64;
typedef uint32_t u32;
typedef uint16_t u16;
typedef uint8_t u8;
typedef long long s64;
typedef int32_t s32;
typedef int8_t s8;
typedef u64 __u64;
typedef u32 __u32;
typedef u64 phys_addr_t;
typedef u64 dma_addr_t;
typedef unsigned int gfp_t;
struct device;

#define GFP_KERNEL 1U
#define GFP_ATOMIC 2U
#define GFP_NOWAIT 4U
#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)

#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define GENMASK(h, l) ((~0UL << (l)) & (~0UL >> (63 - (h))))
#define GENMASK_ULL(h, l) ((~0ULL << (l)) & (~0ULL >> (63 - (h))))
#define ALIGN(x, a) (((x) + (a) - 1) & ~((typeof(x))(a) - 1))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#undef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#define __noreturn __attribute__((__noreturn__))
#define noinline __attribute__((__noinline__))
#define __maybe_unused __attribute__((__unused__))
#define fallthrough __attribute__((__fallthrough__))
#define __printf(a, b) __attribute__((__format__(printf, a, b)))
#define OPTIMIZER_HIDE_VAR(var) asm("" : "+r"(var))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define __iomem
#define __force
#define __aligned(n) __attribute__((__aligned__(n)))
#define unreachable() __builtin_unreachable()

#ifdef __SANITIZE_THREAD__
/* ThreadSanitizer knows neither fences nor address dependencies. */
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELEASE)
#define smp_wmb() do { } while (0)
#define smp_rmb() do { } while (0)
#else
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v))
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#define smp_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#endif
#define wmb() smp_wmb()
#define writel_relaxed(v, p) WRITE_ONCE(*(u32 *)(p), v)
#define writeq_relaxed(v, p) WRITE_ONCE(*(u64 *)(p), v)
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define cmpxchg(p, old, new)							\
({										\
	typeof(*(p)) __old = (old);						\
	__atomic_compare_exchange_n(p, &__old, new, false, __ATOMIC_SEQ_CST,	\
				    __ATOMIC_SEQ_CST);				\
	__old;									\
})
#define cmpxchg64 cmpxchg

#define min(a, b) ({ typeof(a) __a = (a); typeof(b) __b = (b); __a < __b ? __a : __b; })
#define max(a, b) ({ typeof(a) __a = (a); typeof(b) __b = (b); __a > __b ? __a : __b; })
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define clamp(v, low, high) min(max(v, low), high)
#define clamp_t(type, v, low, high) clamp((type)(v), (type)(low), (type)(high))

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

static inline unsigned int __ffs64(u64 x)
{
	return __builtin_ctzll(x);
}

static inline unsigned int ilog2(u64 x)
{
	return 63 - __builtin_clzll(x);
}

#define hweight64(x) ((unsigned int)__builtin_popcountll(x))

#define WARN_ON_ONCE(cond)							\
({										\
	bool __c = (cond);							\
	if (__c) {								\
		fprintf(stderr, "%s:%d: WARN_ON_ONCE(%s)\n", __FILE__, __LINE__, #cond); \
		abort();							\
	}									\
	__c;									\
})

#define MAX_ERRNO 4095
#define ERR_PTR(e) ((void *)(long)(e))
#define PTR_ERR(p) ((long)(p))
#define IS_ERR(p) ((unsigned long)(p) >= (unsigned long)-MAX_ERRNO)

typedef struct { long v; } atomic_long_t;

typedef struct { int v; } atomic_t;

#define atomic_read(a) __atomic_load_n(&(a)->v, __ATOMIC_SEQ_CST)
#define atomic_add(n, a) ((void)__atomic_add_fetch(&(a)->v, n, __ATOMIC_SEQ_CST))
#define atomic_sub(n, a) ((void)__atomic_sub_fetch(&(a)->v, n, __ATOMIC_SEQ_CST))
#define atomic_dec(a) atomic_sub(1, a)

#define atomic_long_read(a) __atomic_load_n(&(a)->v, __ATOMIC_SEQ_CST)
#define atomic_long_set(a, n) __atomic_store_n(&(a)->v, n, __ATOMIC_SEQ_CST)
#define atomic_long_inc(a) ((void)__atomic_add_fetch(&(a)->v, 1, __ATOMIC_SEQ_CST))
#define atomic_long_dec(a) ((void)__atomic_sub_fetch(&(a)->v, 1, __ATOMIC_SEQ_CST))
#define atomic_long_sub(n, a) ((void)__atomic_sub_fetch(&(a)->v, n, __ATOMIC_SEQ_CST))
#define atomic_long_add(n, a) ((void)__atomic_add_fetch(&(a)->v, n, __ATOMIC_SEQ_CST))
#define atomic_long_add_return(n, a) __atomic_add_fetch(&(a)->v, n, __ATOMIC_SEQ_CST)
#define atomic_long_try_cmpxchg(a, old, new)					\
	__atomic_compare_exchange_n(&(a)->v, old, new, false, __ATOMIC_SEQ_CST,	\
				    __ATOMIC_SEQ_CST)

/* Slab and strings */

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	return calloc(1, size);
}

static inline void *kmalloc(size_t size, gfp_t gfp)
{
	return malloc(size);
}

static inline void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return calloc(n, size);
}

#define kfree(p) free(p)
#define kvzalloc(size, gfp) kzalloc(size, gfp)
#define kvfree(p) free(p)
#define is_vmalloc_addr(p) false
#define kvfree_rcu(p, rcu) free(p)

static inline int kstrtoull(const char *s, unsigned int base, unsigned long long *value)
{
	char *end;

	*value = strtoull(s, &end, base);
	return *s && !*end ? 0 : -EINVAL;
}

/* As in GNU's string.h, which needs a feature macro */
static inline char *ptf_strchrnul(const char *s, int c)
{
	while (*s && *s != c)
		s++;
	return (char *)s;
}

#define strchrnul ptf_strchrnul

struct list_head {
	struct list_head *next, *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

static inline bool list_empty(const struct list_head *list)
{
	return list->next == list;
}

static inline void list_add_tail(struct list_head *node, struct list_head *list)
{
	node->prev = list->prev;
	node->next = list;
	list->prev->next = node;
	list->prev = node;
}

static inline void list_del_init(struct list_head *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	INIT_LIST_HEAD(node);
}

/* The list's head is no entry, and not aligned as one: no pointer to it is made. */
#define list_for_each_entry(p, list, member)					\
	for (struct list_head *__at = (list)->next;				\
	     __at != (list) && (p = container_of(__at, typeof(*p), member), true);	\
	     __at = __at->next)
#define list_for_each_entry_safe(p, n, list, member)				\
	for (struct list_head *__at = (list)->next, *__next = __at->next;	\
	     ((void)(n), __at != (list)) &&					\
	     (p = container_of(__at, typeof(*p), member), true);		\
	     __at = __next, __next = __at->next)

typedef int spinlock_t;

#define spin_lock_init(l) (*(l) = 0)
#define spin_lock(l)								\
	do {									\
		while (__atomic_exchange_n(l, 1, __ATOMIC_ACQUIRE))		\
			;							\
	} while (0)
#define spin_unlock(l) __atomic_store_n(l, 0, __ATOMIC_RELEASE)
#define __acquires(l)
#define __releases(l)
#define test_and_set_bit_lock(bit, p) \
	(__atomic_fetch_or(p, 1UL << (bit), __ATOMIC_ACQUIRE) >> (bit) & 1)
#define __clear_bit_unlock(bit, p) ((void)__atomic_fetch_and(p, ~(1UL << (bit)), __ATOMIC_RELEASE))
#define irqs_disabled() false
#define local_bh_disable() ((void)0)
#define local_bh_enable() ((void)0)
#define spin_lock_irqsave(l, flags)						\
	do {									\
		(flags) = 0;							\
		spin_lock(l);							\
	} while (0)
#define spin_unlock_irqrestore(l, flags)					\
	do {									\
		(void)(flags);							\
		spin_unlock(l);							\
	} while (0)

/* Physical addresses are offsets into an arena, see mem_arena.c. */
extern char *ptf_arena;
extern u64 ptf_arena_pa;

static inline phys_addr_t virt_to_phys(const void *p)
{
	return (const char *)p - ptf_arena + ptf_arena_pa;
}

static inline void *phys_to_virt(phys_addr_t pa)
{
	return ptf_arena + (pa - ptf_arena_pa);
}

#define EXPORT_SYMBOL_GPL(sym) extern int ptf_shim_unused
#define MODULE_DESCRIPTION(text) extern int ptf_shim_unused
#define MODULE_LICENSE(text) extern int ptf_shim_unused
#define MODULE_AUTHOR(text) extern int ptf_shim_unused
#define MODULE_PARM_DESC(name, text) extern int ptf_shim_unused

/* A parameter "name" is set by PTF_NAME in the environment. */
#define module_param(name, type, perm)						\
	static __attribute__((__constructor__)) void ptf_shim_param_##name(void)	\
	{									\
		char variable[32] = "PTF_" #name;				\
										\
		for (char *c = variable; *c; c++)				\
			*c = *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c;	\
		if (getenv(variable))						\
			name = strtoull(getenv(variable), NULL, 0);		\
	}									\
	extern int ptf_shim_unused

#define cond_resched() do { } while (0)

/* Threads */

struct completion {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool done;
};

static inline void init_completion(struct completion *c)
{
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->cond, NULL);
	c->done = false;
}

static inline void complete(struct completion *c)
{
	pthread_mutex_lock(&c->lock);
	c->done = true;
	pthread_cond_signal(&c->cond);
	pthread_mutex_unlock(&c->lock);
}

static inline void wait_for_completion(struct completion *c)
{
	pthread_mutex_lock(&c->lock);
	while (!c->done)
		pthread_cond_wait(&c->cond, &c->lock);
	pthread_mutex_unlock(&c->lock);
}

/* RCU: readers share a lock, and a grace period is whenever nobody has it. */

struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

__attribute__((__weak__)) pthread_rwlock_t ptf_shim_readers = PTHREAD_RWLOCK_INITIALIZER;
__attribute__((__weak__)) pthread_mutex_t ptf_shim_rcu_lock = PTHREAD_MUTEX_INITIALIZER;
__attribute__((__weak__)) struct rcu_head *ptf_shim_rcu_queue;

#define __acquire(x) ((void)0)
#define __release(x) ((void)0)
#define rcu_read_lock() pthread_rwlock_rdlock(&ptf_shim_readers)
#define rcu_read_unlock() pthread_rwlock_unlock(&ptf_shim_readers)

/* Call what is queued if a grace period has passed; wait for one if @wait. */
static inline void rcu_shim_run(bool wait)
{
	struct rcu_head *head, *next;

	pthread_mutex_lock(&ptf_shim_rcu_lock);
	head = ptf_shim_rcu_queue;
	ptf_shim_rcu_queue = NULL;
	pthread_mutex_unlock(&ptf_shim_rcu_lock);
	if (wait) {
		pthread_rwlock_wrlock(&ptf_shim_readers);
	} else if (head && pthread_rwlock_trywrlock(&ptf_shim_readers)) {
		pthread_mutex_lock(&ptf_shim_rcu_lock);
		for (next = head; next->next; next = next->next)
			;
		next->next = ptf_shim_rcu_queue;
		ptf_shim_rcu_queue = head;
		pthread_mutex_unlock(&ptf_shim_rcu_lock);
		return;
	}
	if (wait || head)
		pthread_rwlock_unlock(&ptf_shim_readers);
	for (; head; head = next) {
		next = head->next;
		head->func(head);
	}
}

static inline void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	head->func = func;
	pthread_mutex_lock(&ptf_shim_rcu_lock);
	head->next = ptf_shim_rcu_queue;
	ptf_shim_rcu_queue = head;
	pthread_mutex_unlock(&ptf_shim_rcu_lock);
	rcu_shim_run(false);
}

#define rcu_barrier() rcu_shim_run(true)

struct task_struct {
	pthread_t thread;
	int (*fn)(void *data);
	void *data;
};

static inline void *kthread_shim_start(void *data)
{
	struct task_struct *task = data;

	task->fn(task->data);
	return NULL;
}

static inline struct task_struct *kthread_shim_run(int (*fn)(void *data), void *data)
{
	struct task_struct *task = malloc(sizeof(*task));

	task->fn = fn;
	task->data = data;
	if (pthread_create(&task->thread, NULL, kthread_shim_start, task))
		abort();
	return task;
}

#define kthread_run(fn, data, ...) kthread_shim_run(fn, data)
#define get_task_struct(task) ((void)0)

/* Joins: the function has returned, or returns without being asked. */
static inline int kthread_stop_put(struct task_struct *task)
{
	pthread_join(task->thread, NULL);
	free(task);
	return 0;
}

#define LINUX_VERSION_CODE (7 << 16)
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))

#define pr_err(...) fprintf(stderr, __VA_ARGS__)
#define pr_info(...) printf(__VA_ARGS__)

/* A stack is the caller's address. */
#define stack_trace_save(entries, n, skip)					\
	((entries)[0] = (unsigned long)__builtin_return_address(0), 1U)
#define stack_trace_print(entries, n, spaces)					\
	fprintf(stderr, "  %#lx\n", (entries)[0])

#endif /* PTF_SHIM_H */
