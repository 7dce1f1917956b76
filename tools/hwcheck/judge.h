/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes, what the naive model expects of them, and the comparison with what the
 * hardware says.
 */
#ifndef HW_JUDGE_H
#define HW_JUDGE_H

#include <fnmatch.h>
#include "oracle.h"
#include "machine.h"

#define JUDGE_BATCH 256
#define JUDGE_SEEN 4096

/**
 * struct expect - what the model says of a probe
 * @oa: where it lands
 * @why: HW_MAPPED, or all reasons to refuse it
 * @size_lg2: of the leaf
 * @flags: attributes of the leaf
 * @leaf: the leaf, or NULL
 * @edge: at the first or last word of a leaf, or beside one
 */
struct expect {
	u64 oa;
	u32 why;
	u8 size_lg2;
	u16 flags;
	struct model_leaf *leaf;
	bool edge;
};

/**
 * struct judge - one case of one oracle
 * @oracle: who judges
 * @c: what
 * @w: the page table
 * @m: what it should be
 * @probe: those that wait to be made
 * @expect: what is expected of them
 * @nr: how many there are
 * @seen: by hash of the VA, what it was last time, to count changes
 * @checks: probes compared
 * @by_size: of them, those mapped, by size of the leaf
 * @by_why: of them, by the reason to refuse; bit number of HW_*
 * @edges: of them, at an edge of a leaf
 * @changed: of them, where the result is not what it was before
 * @excepted: by exception, probes that it took out
 * @asked: attributes of the one leaf that is there, or NULL
 * @failure: first disagreement with the hardware
 */
struct judge {
	const struct hw_oracle *oracle;
	const struct hw_case *c;
	struct world *w;
	struct model *m;
	struct hw_probe probe[JUDGE_BATCH];
	struct expect expect[JUDGE_BATCH];
	unsigned int nr;
	struct { u64 va, result; } seen[JUDGE_SEEN];
	unsigned long checks;
	unsigned long by_size[64];
	unsigned long by_why[8];
	unsigned long edges;
	unsigned long changed;
	unsigned long excepted[64];
	const struct ptf_attrs *asked;
	char failure[256];
};

static const char *const why_names[] = {
	"mapped", "hole", "no read", "no write", "no exec", "privileged", "outside",
};

static void judge_why(char *text, size_t bytes, u32 why)
{
	unsigned int i, n = 0;

	text[0] = 0;
	for (i = 0; i < ARRAY_SIZE(why_names); i++)
		if (why & BIT(i) && n < bytes)
			n += snprintf(text + n, bytes - n, "%s%s", n ? ", " : "", why_names[i]);
}

/* Why an access to a leaf with these attributes is refused */
static u32 refused(u16 flags, u8 access)
{
	u32 why = 0;

	if (access & HW_READ && !(flags & PTF_READ))
		why |= HW_NO_READ;
	if (access & HW_WRITE && !(flags & PTF_WRITE))
		why |= HW_NO_WRITE;
	if (access & HW_EXEC && flags & PTF_NOEXEC)
		why |= HW_NO_EXEC;
	if (access & HW_USER && flags & PTF_PRIV)
		why |= HW_PRIV_ONLY;
	return why ?: HW_MAPPED;
}

static struct expect judge_expect(struct judge *j, u64 va, u8 access)
{
	struct model_leaf *leaf = model_at(j->m, va);

	if (ptf_check_range(&j->w->pt, va, va) || va > F(top_last)(j->w->pt.top, va))
		return (struct expect){ .why = HW_OUTSIDE };
	if (!leaf)
		return (struct expect){
			.why = HW_HOLE,
			.edge = (va >= 4 && model_at(j->m, va - 4)) || model_at(j->m, va + 4),
		};
	return (struct expect){
		.oa = leaf->oa + (va - leaf->va),
		.why = refused(leaf->flags, access),
		.size_lg2 = leaf->size_lg2,
		.flags = leaf->flags,
		.leaf = leaf,
		.edge = va == leaf->va || va + 3 == model_leaf_last(leaf),
	};
}

/* Exceptions that take the probe out together; true if they do */
static bool judge_excepted(struct judge *j, const struct hw_probe *probe, const struct expect *e)
{
	const struct hw_exception *x;
	u32 left = e->why;
	unsigned int i;

	for (i = 0; i < hw_nr_exceptions && left; i++) {
		x = &hw_exceptions[i];
		if (!(x->why & left) || !(x->access & probe->access) ||
		    (e->flags & x->flags) != x->flags || e->flags & x->without ||
		    (x->privileged && probe->access & HW_USER) ||
		    (x->sizes && !(e->leaf && x->sizes >> e->size_lg2 & 1)) ||
		    probe->va < x->va || (x->last && probe->va > x->last) ||
		    fnmatch(x->oracle, j->oracle->name, 0) ||
		    fnmatch(x->format, PTF_STRING(PTF_FMT), 0) ||
		    fnmatch(x->config, j->c->name, 0))
			continue;
		left &= ~x->why;
		if (!left)
			j->excepted[i]++;
	}
	return !left;
}

/* What is executed tells by itself where that was. */
static bool judge_executes(const struct judge *j, const struct hw_probe *probe)
{
	return probe->access & HW_EXEC && j->c->exec_word;
}

/* Where the probe shall land is a place that it may touch, and where we can see it. */
static bool judge_visible(struct judge *j, const struct hw_probe *probe, u64 oa)
{
	const struct hw_ram *ram = j->oracle->ram;
	u32 *word = hw_ram_at(oa);
	unsigned int i;

	if (!word)
		return !j->c->oa_in_ram && (oa < ram->avoid || oa > ram->avoid_last) &&
		       oa != probe->va;
	if (oa - ram->pa < HW_OWN_BYTES + HW_TABLE_BYTES || oa - j->c->keep_oa < j->c->keep_bytes ||
	    (!j->c->oa_in_ram && !(probe->access & HW_WRITE)))
		return false;
	/* Two accesses to one word would hide each other. */
	for (i = 0; i < j->nr; i++)
		if (j->expect[i].leaf && j->expect[i].oa == oa)
			return false;
	/* Through the emulator, which remembers the code that it has translated */
	if (judge_executes(j, probe))
		hw_write32(oa, j->c->exec_word);
	else
		*word = probe->access & HW_WRITE ? 0 : hw_mark_of(oa);
	return true;
}

static void judge_count(struct judge *j, const struct hw_probe *probe, const struct expect *e)
{
	u64 result = e->why == HW_MAPPED ? e->oa : ~0ULL - e->why, hash = probe->va ^ probe->access;
	unsigned int slot;

	rnd(&hash);
	slot = hash % JUDGE_SEEN;
	if (j->seen[slot].va == (probe->va ^ probe->access) && j->seen[slot].result != result)
		j->changed++;
	j->seen[slot].va = probe->va ^ probe->access;
	j->seen[slot].result = result;
	j->checks++;
	j->edges += e->edge;
	if (e->why == HW_MAPPED)
		j->by_size[e->size_lg2]++;
	else
		j->by_why[__ffs64(e->why)]++;
}

/* The memory type, where the hardware tells and the leaf was asked for with one */
static bool judge_mem(const struct judge *j, const struct hw_probe *probe)
{
	const struct ptf_attrs *asked = j->asked;

	if (!asked || probe->fault || !probe->mem)
		return true;
	if (asked->mem == PTF_MEM_INDEX && probe->mem_index != asked->mem_index)
		return false;
	if (asked->mem && asked->mem != PTF_MEM_INDEX && probe->mem != asked->mem)
		return false;
	return !asked->share || !probe->share || probe->share == asked->share;
}

static bool judge_one(struct judge *j, const struct hw_probe *probe, const struct expect *e)
{
	bool ok = probe->fault == (e->why != HW_MAPPED);
	u32 *word = hw_ram_at(e->oa);
	char why[80], got[40];
	const char *what;

	if (ok && !probe->fault && word && probe->access & HW_WRITE)
		ok = probe->oa == HW_OA_SILENT && *word == HW_MARK;
	else if (ok && !probe->fault)
		ok = probe->oa == (judge_executes(j, probe) && word ? HW_OA_SILENT : e->oa);
	if (ok && !judge_mem(j, probe)) {
		snprintf(j->failure, sizeof(j->failure),
			 "%#llx is memory type %u, index %u, share %u; asked: type %u, index %u, share %u",
			 probe->va, probe->mem, probe->mem_index, probe->share, j->asked->mem,
			 j->asked->mem_index, j->asked->share);
		return false;
	}
	if (ok) {
		judge_count(j, probe, e);
		return true;
	}
	judge_why(why, sizeof(why), e->why);
	what = probe->access & HW_READ ? "read" : probe->access & HW_WRITE ? "write" : "fetch";
	snprintf(got, sizeof(got), probe->fault ? "refused" : probe->oa == HW_OA_SILENT ?
		 "not there" : "at %#llx", probe->oa);
	snprintf(j->failure, sizeof(j->failure),
		 "%s%s of %#llx is %s; expected: %s, OA %#llx, leaf of 2^%u, flags %#x",
		 probe->access & HW_USER ? "" : "privileged ", what, probe->va, got, why, e->oa,
		 e->size_lg2, e->flags);
	return false;
}

/* Make the probes that wait, and compare. */
static bool judge_run(struct judge *j)
{
	unsigned int i;
	bool ok = true;

	for (i = 0; i < j->nr; i++)
		j->probe[i].mem = PTF_MEM_DEFAULT;
	hw_sync();
	j->oracle->translate(j->probe, j->nr);
	for (i = 0; i < j->nr && ok; i++) {
		const struct expect *e = &j->expect[i];

		if (judge_excepted(j, &j->probe[i], e))
			continue;
		ok = judge_one(j, &j->probe[i], e);
		if (ok && e->why == HW_MAPPED && j->probe[i].access & HW_WRITE && j->c->sets_dirty)
			e->leaf->dirty = true;
	}
	/* No instruction is left for others to find. */
	for (i = 0; i < j->nr; i++)
		if (judge_executes(j, &j->probe[i]) && j->expect[i].leaf)
			hw_write32(j->expect[i].oa, 0);
	hw_sync();
	j->nr = 0;
	return ok;
}

/* A probe of the word at @va, or one close to it; waits for judge_run(), which must follow soon. */
static void judge_add_access(struct judge *j, u64 va, u8 access)
{
	struct hw_probe probe = { .access = access };
	struct expect e;
	unsigned int i;

	for (i = 0; i < 8 && j->nr < JUDGE_BATCH; i++) {
		probe.va = (va & ~3ULL) ^ i << 2;
		e = judge_expect(j, probe.va, access);
		if (e.leaf && !judge_visible(j, &probe, e.oa))
			continue;
		j->probe[j->nr] = probe;
		j->expect[j->nr++] = e;
		return;
	}
}

/* All accesses that the oracle can do */
static void judge_add_all(struct judge *j, u64 va)
{
	const u8 *access;

	for (access = j->c->access; *access; access++)
		judge_add_access(j, va, *access);
}

/* One of them */
static void judge_add(struct judge *j, u64 va, u64 *state)
{
	unsigned int n = 0;

	while (j->c->access[n])
		n++;
	judge_add_access(j, va, j->c->access[rnd_below(state, n)]);
}

/* The entries on the way to a leaf are as the encoders made them, but for dirty marks. */
static bool judge_leaf_entries(struct judge *j, const struct model_leaf *leaf, u64 va)
{
	unsigned int level = F(shapes)[ptf_top_shape(j->w->pt.top)].level;
	struct seen seen;
	bool ok = true;
	u64 made;

	do {
		seen = walker_at(&j->w->pt, va, level);
		if (seen.kind == PTF_TABLE) {
			made = F(table)(seen.shape, F(child)(seen.shape, seen.entry),
					F(table_pa)(seen.shape, seen.entry));
			ok = (seen.entry & ~PTF_FMT_SYNCED) == made;
		} else {
			/* Of a group, the item that is at @va */
			made = (va - leaf->va) & ~ptf_low(F(shapes)[seen.shape].va_lg2);
			made = F(leaf)(seen.shape, leaf->oa + made, leaf->size_lg2, leaf->bits);
			ok = F(clean)(seen.shape, seen.entry) == F(clean)(seen.shape, made);
		}
	} while (ok && level-- && seen.kind == PTF_TABLE);
	if (ok)
		return true;
	snprintf(j->failure, sizeof(j->failure),
		 "the entry of level %u at VA %#llx is %#llx, not %#llx as it was made",
		 F(shapes)[seen.shape].level, va, seen.entry, made);
	return false;
}

/* The hardware had no reason to write to a table. */
static bool judge_tables(struct judge *j)
{
	unsigned int i;

	for (i = 0; i < j->m->nr; i++)
		if (!judge_leaf_entries(j, &j->m->leaf[i], j->m->leaf[i].va))
			return false;
	return true;
}

#endif /* HW_JUDGE_H */
