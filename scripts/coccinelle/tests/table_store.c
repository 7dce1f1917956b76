// SPDX-License-Identifier: GPL-2.0-only
/* Not built: table_store.cocci has to report the marked lines, and only those. */

static void direct(void *table, unsigned int i, u64 value)
{
	*(u64 *)(table + 8 * i) = value;		/* finding */
	((u32 *)table)[i] = value;			/* finding */
}

static void once(void *table, unsigned int i, u64 value)
{
	WRITE_ONCE(((u64 *)table)[i], value);		/* finding */
	WRITE_ONCE(*(u64 *)table, value);		/* finding */
}

static void released(void *table, u64 value)
{
	smp_store_release((u64 *)table, value);		/* finding */
	cmpxchg64((u64 *)table, 0, value);		/* finding */
}

static void variable(void *table, u64 value)
{
	u64 *item;

	item = table;
	item[1] = value;				/* finding */
	*item = value;					/* finding */
}

static void cleared(void *table)
{
	memset(table, 0, 4096);				/* finding */
}

static void results(u64 *oa, unsigned int *size, struct ptf_pt *pt, u64 value)
{
	*oa = value;
	*size = 12;
	pt->sizes = value;
	WRITE_ONCE(pt->top, value);
}
