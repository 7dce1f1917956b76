// SPDX-License-Identifier: GPL-2.0-only
/* What is mapped: for fault handlers, for people, and for tools. */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <ptforge/gpu.h>

/* Leaves that are looked at before others may run */
#define DUMP_BATCH 512

static u64 last_of(const struct ptf_mapping *m)
{
	return m->va + ((1ULL << m->size_lg2) - 1);
}

static bool same_attrs(const struct ptf_mapping *a, const struct ptf_mapping *b)
{
	return a->kind == b->kind && a->attrs.flags == b->attrs.flags &&
	       a->attrs.mem == b->attrs.mem && a->attrs.share == b->attrs.share &&
	       a->attrs.mem_index == b->attrs.mem_index && a->attrs.raw == b->attrs.raw;
}

struct query {
	u64 va;
	u64 end;
	bool found;
	struct ptf_mapping *first;
};

static int query_leaf(void *ctx, const struct ptf_mapping *m)
{
	struct query *q = ctx;

	if (!q->found) {
		if (m->va > q->va) {
			q->end = m->va - 1;
			return -ENOENT;
		}
		*q->first = *m;
		q->found = true;
	} else if (m->va != q->end + 1 || !same_attrs(m, q->first) ||
		   (m->kind == PTF_LEAF && m->oa - q->first->oa != m->va - q->first->va)) {
		return -EEXIST;
	}
	q->end = last_of(m);
	return 0;
}

int ptf_gpu_query(struct ptf_gpu *gpu, u64 va, u64 last, struct ptf_mapping *mapping, u64 *end)
{
	struct query q = { .va = va, .end = last, .first = mapping };
	int rc = gpu->format->for_each(gpu, va, last, query_leaf, NULL, &q);

	if (rc == -EINVAL || rc == -ERANGE)
		return rc;
	*end = min(q.end, last);
	return q.found ? 0 : -ENOENT;
}
EXPORT_SYMBOL_GPL(ptf_gpu_query);

/**
 * struct text - state of a dump for people
 * @write: gets lines
 * @ctx: its first argument
 * @first: first leaf of the line at hand
 * @end: last VA of the line; nothing is at hand while @leaves is 0
 * @leaves: leaves of the line
 * @step: what OA differ by from leaf to leaf
 * @before: the line says that all is as before, in steps of so many bytes; or 0
 * @start: first VA of the dump
 * @next: first VA not handled yet
 * @batch: leaves to go until others may run
 */
struct text {
	void (*write)(void *ctx, const void *data, size_t bytes);
	void *ctx;
	struct ptf_mapping first;
	u64 end;
	u64 leaves;
	u64 step;
	u64 before;
	u64 start;
	u64 next;
	unsigned int batch;
};

static int text_size(char *to, size_t room, unsigned int size_lg2)
{
	return scnprintf(to, room, " %3u%c", 1U << size_lg2 % 10, " KMGTPE"[size_lg2 / 10]);
}

/* What is mapped, in words */
static int text_words(char *to, size_t room, const struct text *text)
{
	static const char *const mem[] = { "", " wb", " wt", " nc", " device" };
	static const char *const share[] = { "", " unshared", " inner", " outer" };
	const struct ptf_mapping *m = &text->first;
	const struct ptf_attrs *a = &m->attrs;
	int n;

	if (m->kind == PTF_NULL)
		n = scnprintf(to, room, "%18s", "null");
	else
		n = scnprintf(to, room, "%#018llx", m->oa);
	n += text_size(to + n, room - n, m->size_lg2);
	n += scnprintf(to + n, room - n, " %s%s%s%s%s%s%s",
		       a->flags & PTF_READ ? "r" : "-", a->flags & PTF_WRITE ? "w" : "-",
		       a->flags & PTF_NOEXEC ? "-" : "x", a->flags & PTF_PRIV ? " priv" : "",
		       a->flags & PTF_GLOBAL ? " global" : "",
		       a->flags & PTF_COHERENT ? " coherent" : "",
		       a->flags & PTF_ENCRYPT ? " encrypted" : "");
	if (a->mem == PTF_MEM_INDEX)
		n += scnprintf(to + n, room - n, " index=%u", a->mem_index);
	else
		n += scnprintf(to + n, room - n, "%s", mem[a->mem]);
	n += scnprintf(to + n, room - n, "%s", share[a->share]);
	if (a->raw)
		n += scnprintf(to + n, room - n, " raw=%#llx", a->raw);
	if (text->leaves > 1 && !text->step && m->kind == PTF_LEAF)
		n += scnprintf(to + n, room - n, " repeated");
	return n;
}

static void text_line(struct text *text)
{
	char line[160];
	int n;

	if (!text->leaves)
		return;
	n = scnprintf(line, sizeof(line), "%#018llx-%#018llx ", text->first.va, text->end);
	if (text->before) {
		n += scnprintf(line + n, sizeof(line) - n, "%18s", "as before");
		n += text_size(line + n, sizeof(line) - n, __ffs64(text->before));
	} else {
		n += text_words(line + n, sizeof(line) - n, text);
	}
	n += scnprintf(line + n, sizeof(line) - n, "\n");
	text->write(text->ctx, line, n);
	text->leaves = 0;
	text->before = 0;
}

/* Whether a leaf goes on with the line */
static bool text_joins(const struct text *text, const struct ptf_mapping *m)
{
	const struct ptf_mapping *first = &text->first;
	u64 step = text->leaves == 1 ? m->oa - first->oa : text->step;

	if (!text->leaves || text->before || m->va != text->end + 1 ||
	    m->size_lg2 != first->size_lg2 || !same_attrs(m, first))
		return false;
	if (m->kind == PTF_NULL)
		return true;
	return (!step || step == 1ULL << m->size_lg2) && m->oa - first->oa == text->leaves * step;
}

static int text_leaf(void *ctx, const struct ptf_mapping *m)
{
	struct text *text = ctx;

	if (!text_joins(text, m)) {
		text_line(text);
		text->first = *m;
	} else if (text->leaves == 1) {
		text->step = m->oa - text->first.oa;
	}
	text->leaves++;
	text->end = last_of(m);
	text->next = text->end + 1;
	return --text->batch ? 0 : -EAGAIN;
}

/* [va, last] is mapped as what is before: one line for all that is so. */
static bool text_same(void *ctx, u64 va, u64 last)
{
	u64 size = last - va + 1;
	struct text *text = ctx;
	bool joins;

	if (va - text->start < size)
		return false;
	if (text->before)
		joins = text->before == size;
	else
		joins = va - text->first.va >= size &&
			(text->first.kind == PTF_NULL || !text->step);
	if (!joins || !text->leaves || text->end != va - 1) {
		text_line(text);
		text->first.va = va;
		text->before = size;
	}
	/* More leaves than one are all alike, so that their number is all there is to know. */
	text->leaves += text->before ? 1 : size >> text->first.size_lg2;
	text->end = last;
	text->next = last + 1;
	return true;
}

int ptf_gpu_dump_text(struct ptf_gpu *gpu, u64 va, u64 last,
		      void (*write)(void *ctx, const void *data, size_t bytes), void *ctx)
{
	struct text text = { .write = write, .ctx = ctx, .start = va, .next = va };
	int rc;

	do {
		text.batch = DUMP_BATCH;
		rc = gpu->format->for_each(gpu, text.next, last, text_leaf, text_same, &text);
		cond_resched();
	} while (rc == -EAGAIN && text.end < last);
	text_line(&text);
	return rc == -EAGAIN ? 0 : rc;
}
EXPORT_SYMBOL_GPL(ptf_gpu_dump_text);

struct binary {
	void (*write)(void *ctx, const void *data, size_t bytes);
	void *ctx;
};

static void binary_piece(void *ctx, const struct ptf_piece *piece)
{
	struct binary *binary = ctx;
	struct ptf_dump_record record = {
		.addr = cpu_to_le64(piece->addr), .bytes = cpu_to_le32(piece->bytes),
		.level = cpu_to_le32(piece->level),
	};

	binary->write(binary->ctx, &record, sizeof(record));
	binary->write(binary->ctx, piece->data, piece->bytes);
}

int ptf_gpu_dump(struct ptf_gpu *gpu, u64 va, u64 last,
		 void (*write)(void *ctx, const void *data, size_t bytes), void *ctx)
{
	struct binary binary = { .write = write, .ctx = ctx };
	struct ptf_dump_header header = { .magic = PTF_DUMP_MAGIC };
	struct ptf_hw_info info;

	if (last < va)
		return -EINVAL;
	ptf_gpu_hw_info(gpu, &info);
	strscpy(header.format, gpu->format->name, sizeof(header.format));
	header.top = cpu_to_le64(info.top);
	header.encrypt_mask = cpu_to_le64(gpu->pt.encrypt_mask);
	header.levels = info.levels;
	header.va_lg2 = gpu->pt.va_lg2;
	header.oa_lg2 = gpu->pt.oa_lg2;
	header.sign_extend = !!(gpu->pt.features & PTF_FEAT_SIGN_EXTEND);
	write(ctx, &header, sizeof(header));
	return gpu->format->raw(gpu, va, last, binary_piece, &binary);
}
EXPORT_SYMBOL_GPL(ptf_gpu_dump);
