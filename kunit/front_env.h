/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the environments of both front ends' tests have in common. struct env is
 * theirs, and the page table in it that env_pt() returns.
 */
#ifndef PTF_KUNIT_FRONT_ENV_H
#define PTF_KUNIT_FRONT_ENV_H

static inline struct env *env_start(struct kunit *test, unsigned int n);
static void env_stop(struct env *env);

static noinline bool env_want_(struct env *env, const char *what, s64 got, s64 want, int line)
{
	if (got == want)
		return true;
	KUNIT_FAIL(env->test, "%s, %s: line %d: %s is %lld (0x%llx), not %lld (0x%llx)",
		   env->format->front->name, env->config.name, line, what, got, got, want, want);
	return false;
}

/* An expectation, in any loop, that costs no stack */
#define WANT(env, got, want) env_want_(env, #got, (s64)(got), (s64)(want), __LINE__)

/* Whether the hardware has no complaint, and nothing was allocated where that is forbidden */
static noinline bool env_good_(struct env *env, int line)
{
	if (env->mem->forbidden)
		front_wrong(env->hw, "apply or finish allocates", 0);
	if (!env->hw->why)
		return true;
	KUNIT_FAIL(env->test, "%s, %s: line %d: %s, VA 0x%llx (flush %llx, %llx; bound %llx, %llx)",
		   env->format->front->name, env->config.name, line, env->hw->why,
		   env->hw->why_va, env->hw->flush.start, env->hw->flush.last, env->hw->first,
		   env->hw->last);
	env->hw->why = NULL;
	env->mem->forbidden = 0;
	return false;
}

#define GOOD(env) env_good_(env, __LINE__)

/* Memory and hardware, without a page table */
static struct env *env_alloc(struct kunit *test)
{
	struct env *env = kunit_kzalloc(test, sizeof(*env), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, env);
	env->test = test;
	env->format = test->priv;
	env->seed = 0x9e3779b97f4a7c15ULL;
	env->mem = kvzalloc(sizeof(*env->mem), GFP_KERNEL);
	env->hw = kvzalloc(sizeof(*env->hw), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, env->mem);
	KUNIT_ASSERT_NOT_NULL(test, env->hw);
	mem_setup(env->mem);
	front_hw_init(env->hw, env->format->front, env->mem, env_pt(env));
	return env;
}

static void env_free(struct env *env)
{
	if (env->model) {
		kvfree(env->model->oa);
		kunit_kfree(env->test, env->model);
	}
	kvfree(env->hw);
	kvfree(env->mem);
	kunit_kfree(env->test, env);
}

/* All tables have been given back. */
static void env_want_none(struct env *env)
{
	WANT(env, mem_live(env->mem), 0);
	WANT(env, atomic_long_read(&env_pt(env)->tables), 0);
	WANT(env, atomic_long_read(&env_pt(env)->table_bytes), 0);
}

/* Configuration @n of the format, or the next that it has; NULL after the last */
static inline struct env *env_from(struct kunit *test, unsigned int n)
{
	struct env *env = NULL;

	for (; n < FRONT_NR_CONFIGS && !env; n++)
		env = env_start(test, n);
	return env;
}

static inline struct env *env_first(struct kunit *test)
{
	return env_from(test, 0);
}

/* Take this one down and go on. */
static inline struct env *env_next(struct env *env)
{
	struct kunit *test = env->test;
	unsigned int n = env->n + 1;

	env_stop(env);
	return env_from(test, n);
}

#endif /* PTF_KUNIT_FRONT_ENV_H */
