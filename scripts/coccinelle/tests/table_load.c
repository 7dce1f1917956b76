// SPDX-License-Identifier: GPL-2.0-only
/* Not built: table_load.cocci has to report the marked lines, and only those. */

static u64 direct(void *table, unsigned int i)
{
	return *(u64 *)(table + 8 * i);			/* finding */
}

static u32 narrow(void *table, unsigned int i)
{
	u32 entry = ((u32 *)table)[i];			/* finding */

	return entry;
}

static u64 by_hand(void *table)
{
	return READ_ONCE(*(u64 *)table);		/* finding */
}

static u64 variable(void *table)
{
	u64 *item;

	item = table;
	return item[1];					/* finding */
}

static u64 proper(void *table, unsigned int i, u64 *oa)
{
	u64 entry = ptf_load(table, 3, i);

	return entry + *oa;
}
