// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>
#include "mem_arena.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define arena_poison(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define arena_unpoison(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
static void arena_poison(void *p, size_t n) {}
static void arena_unpoison(void *p, size_t n) {}
#endif

#define UNIT_LG2 3

/* One for each 8 bytes of the arena; those of a table's first 8 are in use. */
struct unit {
	struct ptf_side side;
	u8 size_lg2;
	bool live;
};

char *ptf_arena;
u64 ptf_arena_pa;

static struct unit *units;
static size_t arena_bytes, arena_used;
static unsigned long tables;
static void *free_list[32];
static int lock;

static void *arena_map(size_t bytes, int flags, int fd, size_t offset)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, offset);

	if (p == MAP_FAILED) {
		perror("arena: mmap");
		exit(1);
	}
	return p;
}

void ptf_arena_init(size_t bytes, u64 pa, int fd, size_t offset)
{
	if (ptf_arena)
		return;
	ptf_arena = arena_map(bytes, fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE :
			      MAP_SHARED, fd, offset);
	units = arena_map((bytes >> UNIT_LG2) * sizeof(*units),
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ptf_arena_pa = pa;
	arena_bytes = bytes;
}

static struct unit *unit_of(const void *table)
{
	return &units[((const char *)table - ptf_arena) >> UNIT_LG2];
}

bool ptf_arena_live(const void *table)
{
	return unit_of(table)->live;
}

unsigned long ptf_arena_tables(void)
{
	return tables;
}

static void *arena_alloc(struct ptf_pt *pt, size_t size, gfp_t gfp)
{
	unsigned int size_lg2 = ilog2(size);
	unsigned long flags;
	void *table;

	spin_lock_irqsave(&lock, flags);
	table = free_list[size_lg2];
	if (table) {
		free_list[size_lg2] = unit_of(table)->side.next;
	} else {
		size_t at = (arena_used + size - 1) & -size;

		if (at + size <= arena_bytes) {
			table = ptf_arena + at;
			arena_used = at + size;
		}
	}
	if (table) {
		*unit_of(table) = (struct unit){ .size_lg2 = size_lg2, .live = true };
		tables++;
	}
	spin_unlock_irqrestore(&lock, flags);
	if (!table)
		return NULL;
	arena_unpoison(table, size);
	return memset(table, 0, size);
}

static size_t arena_free(struct ptf_pt *pt, void *table)
{
	struct unit *unit = unit_of(table);
	size_t size = 1UL << unit->size_lg2;
	unsigned long flags;

	if (!unit->live) {
		fprintf(stderr, "arena: table %p freed twice\n", table);
		abort();
	}
	arena_poison(table, size);
	spin_lock_irqsave(&lock, flags);
	unit->live = false;
	unit->side.next = free_list[unit->size_lg2];
	free_list[unit->size_lg2] = table;
	tables--;
	spin_unlock_irqrestore(&lock, flags);
	return size;
}

static struct ptf_side *arena_side(void *table)
{
	return &unit_of(table)->side;
}

static void arena_clean(struct ptf_pt *pt, void *p, size_t bytes)
{
}

const struct ptf_mem_ops ptf_mem_arena = {
	.alloc = arena_alloc,
	.free = arena_free,
	.side = arena_side,
	.clean = arena_clean,
};

/* The default of the kernel build. */
const struct ptf_mem_ops ptf_mem_pages = {
	.alloc = arena_alloc,
	.free = arena_free,
	.side = arena_side,
	.clean = arena_clean,
};
