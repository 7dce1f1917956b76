// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes random page tables of one format and says what the C decoder finds in
 * them, for check.py to compare with what its own decoder finds in the memory.
 *
 *	tables_<fmt> FILE
 *
 * FILE becomes the memory of the tables. Each seed on stdin makes one table,
 * which stays until the next; the same seed makes the same table. "again" says what
 * is there now, after somebody has changed the memory as hardware does. Lines are
 *
 *	memory TYPE INDEX	a memory type that is an index in entries
 *	lost FLAGS RAW FLAGS RAW	attributes asked for, and what became of them
 *	table base=PA top=PA levels=N va_bits=N oa_bits=N encrypt=MASK sign_extend=0|1 raw=MASK
 *	leaf VA OA SIZE_LG2 WORD...	all that is mapped, in order of VA; OA may be "null"
 *	lookup VA [VA OA SIZE_LG2 WORD...]	one VA, and what translates it
 *	end
 */
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>
#include "pt_common/ptf.h"
#include "tools/mem_arena.h"

#define ARENA_LG2 26
#define MAX_LEAVES 1500		/* of one map */
#define MAX_TABLES 160
#define MAX_OPS 60
#define MAX_PLACES 128

/* Random numbers: splitmix64 */

static u64 random_state;

static u64 draw(void)
{
	u64 z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static u64 below(u64 n)
{
	return draw() % n;
}

static bool one_in(unsigned int n)
{
	return !below(n);
}

static unsigned int pick_bit(u64 mask)
{
	unsigned int n = below(hweight64(mask));

	while (n--)
		mask &= mask - 1;
	return __ffs64(mask);
}

/* Freed tables are filled with ones, which no format takes for an empty item. */
static size_t poisoning_free(struct ptf_pt *pt, void *table)
{
	size_t size = ptf_mem_arena.free(pt, table);

	return memset(table, 0xff, size) ? size : 0;
}

static struct ptf_mem_ops mem;

/**
 * struct world - a page table and what is known of it
 * @pt: the page table
 * @cfg: its configuration
 * @raw: bits of &ptf_attrs.raw that the format lets through
 * @places: VAs where something may be mapped
 * @nr_places: how many there are
 */
struct world {
	struct ptf_pt pt;
	struct ptf_config cfg;
	u64 raw;
	u64 places[MAX_PLACES];
	unsigned int nr_places;
};

/* Remember a VA, at random instead of one known already. */
static void place(struct world *w, u64 va)
{
	if (w->nr_places < MAX_PLACES)
		w->places[w->nr_places++] = va;
	else
		w->places[below(MAX_PLACES)] = va;
}

/* Configurations: anything that F(pt_init)() takes */

static unsigned int widest(u32 features)
{
	unsigned int va_lg2 = 64;

	while (F(root)(features | PTF_FMT_ALWAYS, va_lg2) < 0)
		va_lg2--;
	return va_lg2;
}

static u64 neighbours(u64 sizes)
{
	u64 low = ~ptf_low(pick_bit(sizes)), high = ptf_low(pick_bit(sizes) + 1);

	return sizes & low & high ?: sizes;
}

static void setup(struct world *w)
{
	unsigned int table_lg2, feature;
	u64 all;

	for (;;) {
		*w = (struct world){};
		w->cfg.mem = &mem;
		w->cfg.oa_lg2 = one_in(2) ? PTF_FMT_MAX_OA_LG2 :
				ARENA_LG2 + 2 + below(PTF_FMT_MAX_OA_LG2 - ARENA_LG2 - 1);
		for (feature = 0; feature < 32; feature++)
			if ((PTF_FMT_FEATURES | PTF_FEAT_INCOHERENT) & BIT(feature) && one_in(2))
				w->cfg.features |= BIT(feature);
		w->cfg.va_lg2 = one_in(2) ? widest(w->cfg.features) :
				13 + below(widest(w->cfg.features) - 12);
		if (w->cfg.oa_lg2 == PTF_FMT_MAX_OA_LG2)
			w->cfg.features &= ~PTF_FEAT_ENCRYPT;
		if (w->cfg.features & PTF_FEAT_ENCRYPT)
			w->cfg.encrypt_mask = BIT_ULL(w->cfg.oa_lg2 +
						      below(PTF_FMT_MAX_OA_LG2 - w->cfg.oa_lg2));
		table_lg2 = min_t(unsigned int, w->cfg.oa_lg2, PTF_FMT_MAX_TABLE_LG2);
		ptf_arena_pa = draw() & ptf_low(table_lg2) & ~ptf_low(ARENA_LG2);
		if (F(pt_init)(&w->pt, &w->cfg))
			continue;
		all = w->pt.sizes;
		if (one_in(4)) {
			w->cfg.page_sizes = neighbours(all);
			F(pt_free)(&w->pt);
			if (F(pt_init)(&w->pt, &w->cfg))
				continue;
		}
		return;
	}
}

/* Attributes: anything that the format can express */

static int encode(struct world *w, const struct ptf_attrs *attrs, u64 *bits, u64 *encrypt)
{
	return F(encode)(&w->pt, attrs, bits, encrypt);
}

static void probe_raw(struct world *w)
{
	struct ptf_attrs attrs = { .flags = PTF_READ };
	unsigned int bit;
	u64 bits, encrypt;

	for (bit = 0; bit < 64; bit++) {
		attrs.raw = BIT_ULL(bit);
		if (!encode(w, &attrs, &bits, &encrypt))
			w->raw |= BIT_ULL(bit);
	}
}

static void random_attrs(struct world *w, u64 *bits, u64 *encrypt)
{
	struct ptf_attrs attrs, back = {};
	unsigned int flag;

	do {
		attrs = (struct ptf_attrs){ .flags = 1 + below(3) };
		for (flag = PTF_NOEXEC; flag <= PTF_ENCRYPT; flag <<= 1)
			if (one_in(4))
				attrs.flags |= flag;
		if (one_in(2))
			attrs.mem = below(PTF_MEM_INDEX + 1);
		if (attrs.mem == PTF_MEM_INDEX)
			attrs.mem_index = below(2ULL << below(5));
		if (one_in(4))
			attrs.share = below(PTF_SHARE_OUTER + 1);
		if (one_in(4))
			attrs.raw = draw() & w->raw;
	} while (encode(w, &attrs, bits, encrypt));
	F(decode_attrs)(w->pt.features, *bits, &back);
	if (back.flags != (attrs.flags & ~PTF_ENCRYPT) || back.raw != attrs.raw)
		printf("lost 0x%x 0x%llx 0x%x 0x%llx\n", attrs.flags, attrs.raw, back.flags,
		       back.raw);
}

/* Operations */

static int no_hardware(void *ctx, void *table, unsigned int level)
{
	return 0;
}

/* Whether [va, last] with @oa takes no more than MAX_LEAVES */
static bool is_small(const struct world *w, u64 va, u64 last, u64 oa)
{
	unsigned int n;
	u64 sizes, size;

	for (n = 0; n < MAX_LEAVES; n++) {
		sizes = ptf_fitting(ptf_fitting(w->pt.sizes, va, last), oa, ~0ULL);
		size = 1ULL << (fls64(sizes) - 1);
		if (last - va == size - 1)
			return true;
		va += size;
		oa += size;
	}
	return false;
}

/* A range of VA in one half, in multiples of the smallest page, for leaves of the result */
static u64 random_range(struct world *w, u64 *va, u64 *last)
{
	u64 page = w->pt.page_mask + 1, size, end, bytes;
	bool upper = w->pt.features & PTF_FEAT_SIGN_EXTEND && one_in(2);

	/* The largest leaves have the least room. */
	size = 1ULL << (one_in(4) ? fls64(w->pt.sizes) - 1 : pick_bit(w->pt.sizes));
	*va = draw() & (w->pt.va_last >> below(w->pt.va_lg2));
	if (one_in(4))
		*va = one_in(2) ? 0 : w->pt.va_last;
	if (w->nr_places && one_in(2))
		*va = w->places[below(w->nr_places)] & w->pt.va_last;
	*va &= -size;
	end = w->pt.va_last - *va;
	bytes = (size == page ? 1 + below(one_in(4) ? 600 : 40) : 1 + below(6)) * size;
	if (one_in(2))
		*va += min(below(64) * page, end & -page);
	if (one_in(2))
		bytes += below(64) * page;
	*last = bytes - 1 > w->pt.va_last - *va || !bytes ? w->pt.va_last : *va + bytes - 1;
	if (upper) {
		*va |= ~w->pt.va_last;
		*last |= ~w->pt.va_last;
	}
	return size;
}

static void map(struct world *w)
{
	struct ptf_change change = {};
	struct ptf_map map = {
		.pt = &w->pt, .supply.gfp = GFP_KERNEL, .change = &change,
		.gone = { .pt = &w->pt, .change = &change },
	};
	u32 features = w->pt.features;
	/* Leaves without OA, where there are such */
	bool null = PTF_HAVE_NULL && one_in(4);
	u64 oa, agree, encrypt;

	agree = random_range(w, &map.va, &map.last) - 1;
	/* Most of the time leaves can be as large as the range was made for. */
	if (one_in(4))
		agree = ptf_low(pick_bit(w->pt.sizes));
	oa = draw() & w->pt.oa_last;
	oa = (oa & ~agree) | (map.va & agree & w->pt.oa_last);
	if (one_in(16))
		oa = one_in(2) ? 0 : w->pt.oa_last & ~(map.last - map.va);
	oa &= ~w->pt.page_mask;
	map.last = min(map.last, map.va + (w->pt.oa_last - oa));
	if (map.last < map.va || !is_small(w, map.va, map.last, null ? map.va : oa))
		return;
	/* Some leaves are those of hardware that does not record writes. */
	if (one_in(4))
		w->pt.features &= ~PTF_FEAT_DIRTY;
	random_attrs(w, &map.bits, &encrypt);
	w->pt.features = features;
	place(w, map.va);
	place(w, map.last);
	if (null)
		ptf_map_null(&map, map.last);
	else if (ptf_map_extent(&map, oa | encrypt, map.last))
		abort();
	if (features & PTF_FEAT_DYNAMIC_TOP &&
	    F(pt_grow)(&w->pt, map.last, GFP_KERNEL, no_hardware, NULL))
		abort();
	F(pt_map)(&map);
	ptf_free_tables(&w->pt, change.freed);
}

static void unmap(struct world *w)
{
	struct ptf_change change = {};
	struct ptf_unmap unmap = {
		.pt = &w->pt, .change = &change, .gone = { .pt = &w->pt, .change = &change },
	};

	random_range(w, &unmap.va, &unmap.last);
	F(pt_unmap)(&unmap);
	ptf_free_tables(&w->pt, change.freed);
}

/* Whole leaves or parts of them, holes or not */
static void unmap_exact(struct world *w)
{
	unsigned int need[PTF_FMT_SHAPES], shape;
	struct ptf_change change = {};
	struct ptf_reserve reserve = {};
	struct ptf_unmap unmap = {
		.pt = &w->pt, .change = &change, .gone = { .pt = &w->pt, .change = &change },
		.supply.reserve = &reserve,
	};

	for (shape = 0; shape < PTF_FMT_SHAPES; shape++)
		need[shape] = 4;
	if (F(reserve)(&w->pt, &reserve, need, NULL, GFP_KERNEL))
		return;
	random_range(w, &unmap.va, &unmap.last);
	F(pt_unmap_exact)(&unmap);
	F(unreserve)(&w->pt, &reserve);
	ptf_free_tables(&w->pt, change.freed);
}

static void protect(struct world *w)
{
	unsigned int need[PTF_FMT_SHAPES], shape;
	struct ptf_change change = {};
	struct ptf_reserve reserve = {};
	struct ptf_protect protect = {
		.pt = &w->pt, .change = &change,
		.supply.reserve = &reserve,
	};

	for (shape = 0; shape < PTF_FMT_SHAPES; shape++)
		need[shape] = 4;
	if (F(reserve)(&w->pt, &reserve, need, NULL, GFP_KERNEL))
		return;
	random_range(w, &protect.va, &protect.last);
	random_attrs(w, &protect.bits, &protect.encrypt);
	F(pt_protect)(&protect);
	F(unreserve)(&w->pt, &reserve);
	ptf_free_tables(&w->pt, change.freed);
}

/* What is said */

static const char * const mems[] = { NULL, "wb", "wt", "nc", "device" };

static void print_words(const struct ptf_attrs *attrs)
{
	static const char * const flags[] = {
		"read", "write", "noexec", "priv", "global", "coherent", "encrypt",
	};
	static const char * const shares[] = { NULL, "non-shareable", "inner", "outer" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (attrs->flags & BIT(i))
			printf(" %s", flags[i]);
	if (attrs->mem == PTF_MEM_INDEX)
		printf(" index=%u", attrs->mem_index);
	else if (attrs->mem)
		printf(" %s", mems[attrs->mem]);
	if (attrs->share)
		printf(" %s", shares[attrs->share]);
}

static void dirty_found(void *ctx, u64 va, u64 last)
{
	*(bool *)ctx = true;
}

static bool is_dirty(struct ptf_pt *pt, u64 va)
{
	bool dirty = false;
	struct ptf_dirty scan = {
		.pt = pt, .va = va, .last = va, .found = dirty_found, .ctx = &dirty,
	};
	u32 features = pt->features;

	if (PTF_FMT_FEATURES & PTF_FEAT_DIRTY) {
		pt->features |= PTF_FEAT_DIRTY;
		F(pt_dirty)(&scan);
		pt->features = features;
	}
	return dirty;
}

static void print_mapping(struct world *w, const struct ptf_mapping *m)
{
	printf(" 0x%llx ", m->va);
	if (m->kind == PTF_NULL)
		printf("null %u", m->size_lg2);
	else
		printf("0x%llx %u", m->oa, m->size_lg2);
	print_words(&m->attrs);
	if (is_dirty(&w->pt, m->va))
		printf(" dirty");
	if (m->attrs.raw)
		printf(" raw=0x%llx", m->attrs.raw);
	printf("\n");
}

static int print_leaf(void *ctx, const struct ptf_mapping *m)
{
	struct world *w = ctx;
	u64 last = m->va + ptf_low(m->size_lg2);

	printf("leaf");
	print_mapping(w, m);
	/* The last ones and, less and less, those before */
	if (w->nr_places < MAX_PLACES || one_in(4)) {
		place(w, m->va + below(2) - below(2));
		place(w, last + below(2));
		place(w, m->va + (draw() & ptf_low(m->size_lg2)));
	}
	return 0;
}

static void print_lookup(struct world *w, u64 va)
{
	struct ptf_mapping mapping;
	int rc = F(pt_lookup)(&w->pt, va, &mapping);

	if (rc == -ERANGE)
		return;
	printf("lookup 0x%llx", va);
	if (!rc)
		print_mapping(w, &mapping);
	else
		printf("\n");
}

static void print_memory(struct world *w)
{
	struct ptf_attrs attrs;
	unsigned int mem;
	u64 bits, encrypt;

	for (mem = PTF_MEM_WB; mem < ARRAY_SIZE(mems); mem++) {
		attrs = (struct ptf_attrs){ .flags = PTF_READ, .mem = mem };
		if (encode(w, &attrs, &bits, &encrypt))
			continue;
		attrs = (struct ptf_attrs){};
		F(decode_attrs)(w->pt.features, bits, &attrs);
		if (attrs.mem == PTF_MEM_INDEX)
			printf("memory %s %u\n", mems[mem], attrs.mem_index);
	}
}

static void print(struct world *w)
{
	struct ptf_visit visit = { .pt = &w->pt, .last = w->pt.va_last, .leaf = print_leaf,
				   .ctx = w };
	struct ptf_hw_info info;
	unsigned int i;

	print_memory(w);
	F(pt_hw_info)(&w->pt, &info);
	printf("table base=0x%llx top=0x%llx levels=%u va_bits=%u oa_bits=%u ",
	       ptf_arena_pa, (u64)info.top, info.levels, w->pt.va_lg2, w->pt.oa_lg2);
	printf("encrypt=0x%llx sign_extend=%u raw=0x%llx\n", w->pt.encrypt_mask,
	       !!(w->pt.features & PTF_FEAT_SIGN_EXTEND), w->raw);
	F(pt_for_each)(&visit);
	if (w->pt.features & PTF_FEAT_SIGN_EXTEND) {
		visit.va = ~w->pt.va_last;
		visit.last = ~0ULL;
		F(pt_for_each)(&visit);
	}
	for (i = 0; i < w->nr_places; i++)
		print_lookup(w, w->places[i]);
	printf("end\n");
	fflush(stdout);
}

static void make_table(struct world *w, u64 seed)
{
	unsigned int ops, i;

	random_state = seed;
	setup(w);
	probe_raw(w);
	ops = 1 + below(MAX_OPS);
	for (i = 0; i < ops && atomic_long_read(&w->pt.tables) < MAX_TABLES; i++) {
		switch (below(8)) {
		case 0:
			unmap(w);
			break;
		case 1:
			unmap_exact(w);
			break;
		case 2:
			protect(w);
			break;
		default:
			map(w);
			break;
		}
	}
}

int main(int argc, char **argv)
{
	struct world w = {};
	char line[80];
	int fd;

	if (argc != 2)
		return 2;
	fd = open(argv[1], O_RDWR | O_CREAT, 0644);
	if (fd < 0 || ftruncate(fd, 1 << ARENA_LG2)) {
		perror(argv[1]);
		return 1;
	}
	ptf_arena_init(1 << ARENA_LG2, 0, fd, 0);
	mem = ptf_mem_arena;
	mem.free = poisoning_free;
	while (fgets(line, sizeof(line), stdin)) {
		if (strcmp(line, "again\n")) {
			if (w.pt.top)
				F(pt_free)(&w.pt);
			make_table(&w, strtoull(line, NULL, 16));
		}
		print(&w);
	}
	return 0;
}
