// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an operation costs in instructions, loads, stores and allocations, where
 * that can be counted: in userspace, under callgrind. One dump for each operation,
 * named by it; a line with its allocations. The operations are what the IOMMU
 * front end calls, on warm tables unless the name says new.
 */
#include <stdio.h>
#include <valgrind/callgrind.h>
#include "ptf_shim.h"
#include "mem_arena.h"
#include "pt_common/ptf.h"

#define SZ_4K BIT_ULL(12)
#define SZ_2M BIT_ULL(21)
#define SZ_1G BIT_ULL(30)
#define BASE BIT_ULL(37)

static struct ptf_pt pt;
static unsigned int allocs;
static u64 bits;

static void *counted_alloc(struct ptf_pt *table, size_t size, gfp_t gfp)
{
	allocs++;
	return ptf_mem_arena.alloc(table, size, gfp);
}

static size_t counted_free(struct ptf_pt *table, void *p)
{
	return ptf_mem_arena.free(table, p);
}

static struct ptf_side *counted_side(void *table)
{
	return ptf_mem_arena.side(table);
}

static const struct ptf_mem_ops counted = {
	.alloc = counted_alloc,
	.free = counted_free,
	.side = counted_side,
};

static noinline int map_walk(u64 va, u64 oa, u64 last)
{
	struct ptf_change change = {};
	struct ptf_map map = {
		.pt = &pt, .va = va, .last = last, .bits = bits, .change = &change,
	};

	return ptf_map_extent(&map, oa, last) ?: F(pt_map)(&map);
}

static noinline int map(u64 va, u64 oa, u64 size)
{
	u64 last = va + size - 1;
	int rc = ptf_check_range(&pt, va, last) ?: ptf_check_extent(&pt, va, last, oa);

	return rc ?: F(pt_quick_map)(&pt, va, last, oa, bits) ? 0 : map_walk(va, oa, last);
}

static noinline int unmap_walk(u64 va, u64 last)
{
	struct ptf_change change = {};
	struct ptf_unmap unmap = { .pt = &pt, .va = va, .last = last, .change = &change };
	int rc = F(pt_unmap)(&unmap);

	ptf_free_tables(&pt, change.freed);
	return rc;
}

static noinline int unmap(u64 va, u64 size)
{
	u64 last = va + size - 1;
	int rc = ptf_check_aligned(&pt, va, last);
	unsigned int shape;

	return rc ?: F(pt_quick_unmap)(&pt, va, last, &shape) ? 0 : unmap_walk(va, last);
}

static noinline int lookup(u64 va)
{
	struct ptf_find find = { .pt = &pt, .va = va };

	return F(pt_find)(&find);
}

enum op { MAP, UNMAP, LOOKUP };

/* One operation, counted */
static void count(const char *name, enum op op, u64 va, u64 oa, u64 size)
{
	unsigned int before = allocs;
	int rc;

	CALLGRIND_ZERO_STATS;
	CALLGRIND_TOGGLE_COLLECT;
	rc = op == MAP ? map(va, oa, size) : op == UNMAP ? unmap(va, size) : lookup(va);
	CALLGRIND_TOGGLE_COLLECT;
	CALLGRIND_DUMP_STATS_AT(name);
	printf("%s\t%u\n", name, allocs - before);
	if (rc) {
		fprintf(stderr, "%s: error %d\n", name, rc);
		exit(1);
	}
}

/* Map and unmap, with tables that are there, and if asked for, with new ones */
static void count_shape(const char *name, u64 at, u64 oa_off, u64 size, bool again)
{
	char text[64];
	u64 va = BASE + at, oa = va + oa_off;

	if (again && (map(va, oa, size) || unmap(va, size)))
		exit(1);
	snprintf(text, sizeof(text), "map %s", name);
	count(text, MAP, va, oa, size);
	snprintf(text, sizeof(text), "unmap %s", name);
	count(text, UNMAP, va, oa, size);
}

int main(void)
{
	const struct ptf_attrs attrs = { .flags = PTF_READ | PTF_WRITE };
	struct ptf_config cfg = {
		.va_lg2 = 48, .oa_lg2 = 48, .page_sizes = SZ_4K | SZ_2M | SZ_1G, .mem = &counted,
	};
	u64 encrypt;

	ptf_arena_init(64 << 20, 1ULL << 32, -1, 0);
	if (F(pt_init)(&pt, &cfg) || F(encode)(&pt, &attrs, &bits, &encrypt))
		return 1;
	count_shape("1x4K", 0, 0, SZ_4K, true);
	count_shape("16x4K", 0, 0, 16 * SZ_4K, true);
	count_shape("256x4K", SZ_2M / 2, 0, SZ_2M / 2, true);
	count_shape("512x4K", SZ_2M / 2, 0, SZ_2M, true);
	count_shape("512x4K-new", 16 * SZ_2M, SZ_4K, SZ_2M, false);
	count_shape("1x2M", 8 * SZ_1G, 0, SZ_2M, true);
	count_shape("256x2M", 8 * SZ_1G + SZ_1G / 2, 0, SZ_1G / 2, true);
	count_shape("1x1G", 16 * SZ_1G, 0, SZ_1G, true);
	if (map(BASE, BASE, SZ_4K))
		return 1;
	count("iova_to_phys", LOOKUP, BASE, 0, 0);
	return 0;
}
