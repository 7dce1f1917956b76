/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loops of one subject. SUBJECT(name) gives a name that is the subject's own;
 * SUBJECT(map), SUBJECT(unmap) and SUBJECT(lookup) are one operation each. Include
 * it once for each subject.
 */

static noinline unsigned int SUBJECT(map_loop)(struct iommu_domain *domain,
					       const struct bench_calls *calls)
{
	unsigned int i, failed = 0;
	u64 at = 0;

	for (i = 0; i < calls->calls; i++, at += calls->stride)
		failed += !!SUBJECT(map)(domain, calls->va + at, calls->oa + at, calls->size,
					 calls->pgsize);
	return failed;
}

static noinline u64 SUBJECT(unmap_loop)(struct iommu_domain *domain,
					const struct bench_calls *calls)
{
	u64 done = 0, at = 0;
	unsigned int i;

	for (i = 0; i < calls->calls; i++, at += calls->stride)
		done += SUBJECT(unmap)(domain, calls->va + at, calls->size, calls->pgsize);
	return done;
}

static noinline u64 SUBJECT(lookup_loop)(struct iommu_domain *domain,
					 const struct bench_lookups *lookups)
{
	u64 sum = 0, state = lookups->state;
	unsigned int i;

	for (i = 0; i < lookups->count; i++)
		sum += SUBJECT(lookup)(domain, lookups->va + bench_lookup_next(lookups, &state));
	return sum;
}

static noinline unsigned int SUBJECT(replay_loop)(struct iommu_domain **domains,
						  const struct bench_step *step, unsigned int count)
{
	unsigned int failed = 0;

	for (; count; count--, step++) {
		if (step->map)
			failed += !!SUBJECT(map)(domains[step->space], step->va, step->oa,
						 step->size, 0);
		else
			failed += SUBJECT(unmap)(domains[step->space], step->va, step->size, 0) !=
				  step->size;
	}
	return failed;
}

#define SUBJECT_LOOPS						\
	{							\
		.map = SUBJECT(map_loop),			\
		.unmap = SUBJECT(unmap_loop),			\
		.lookup = SUBJECT(lookup_loop),			\
		.replay = SUBJECT(replay_loop),			\
	}
