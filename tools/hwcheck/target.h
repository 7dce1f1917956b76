/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where maps lead: to OAs that an oracle can see an access land at.
 */
#ifndef HW_TARGET_H
#define HW_TARGET_H

static const struct hw_ram *target_ram;
static bool target_ram_only;

/*
 * An OA in [first, last] for @length bytes at @va, which agrees with @va in as many of
 * @agree low bits as there is room for; false if there is none.
 */
static bool target_within(u64 *state, u64 first, u64 last, u64 va, u64 length,
			  unsigned int agree, unsigned int granule_lg2, u64 *oa)
{
	u64 room = last - first, at, low;

	if (last < first || length - 1 > room)
		return false;
	for (agree = min(agree, 63U);; agree--) {
		low = ptf_low(agree);
		at = first + rnd_below(state, room - (length - 1) + 1);
		at = (at & ~low) | (va & low);
		if (at < first)
			at += low + 1;
		if (at >= first && at <= last && last - at >= length - 1)
			break;
		if (agree == granule_lg2)
			return false;
	}
	*oa = at;
	return true;
}

/* An OA in RAM, beyond what is ours */
static bool target_in_ram(u64 *state, u64 va, u64 length, unsigned int agree,
			  unsigned int granule_lg2, u64 *oa)
{
	const struct hw_ram *r = target_ram;
	bool high = rnd(state) & 1;
	unsigned int i;
	u64 first, last;

	for (i = 0; i < 2; i++, high = !high) {
		first = high ? r->high_pa : r->pa + HW_OWN_BYTES + HW_TABLE_BYTES;
		last = high ? r->high_pa + r->high_bytes - 1 : r->pa + r->bytes - 1;
		if (high && !r->high_bytes)
			continue;
		if (target_within(state, first, last, va, length, agree, granule_lg2, oa))
			return true;
	}
	return false;
}

/* The world's choose_oa(): @oa, or another that agrees with @va as far as it does. */
static u64 target_choose(struct world *w, u64 *state, u64 va, u64 length, u64 oa)
{
	unsigned int granule_lg2 = __ffs64(w->pt.sizes), bit;
	unsigned int agree = oa == va ? 64 : __ffs64(oa ^ va);
	u64 better = oa;

	if ((target_ram_only || !rnd_below(state, 8)) &&
	    target_in_ram(state, va, length, agree, granule_lg2, &better) &&
	    better + (length - 1) <= w->pt.oa_last)
		return better;
	/* Away from RAM and devices, and from the VA. */
	if (oa <= max(target_ram->avoid_last, target_ram->pa + target_ram->bytes) &&
	    w->pt.oa_lg2 > 34) {
		bit = 33 + rnd_below(state, w->pt.oa_lg2 - 33);
		if (bit >= agree && w->pt.oa_last - (oa | BIT_ULL(bit)) >= length - 1)
			oa |= BIT_ULL(bit);
	}
	bit = w->pt.oa_lg2 - 1;
	if (oa == va && w->pt.oa_last - (oa ^ BIT_ULL(bit)) >= length - 1)
		oa ^= BIT_ULL(bit);
	return oa;
}

#endif /* HW_TARGET_H */
