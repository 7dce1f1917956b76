/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A format that no hardware has, for what the contract allows and no real
 * format of the tree asks for: empty values that are not zero and differ by
 * shape, groups of identical items of 4 bytes, OA bits out of order, a root
 * that is larger than a page above tables that are smaller, null leaves whose OA
 * bits are no address.
 *
 * 35 bits of VA, 36 of OA; 32 items in the two lower tables, so that small ranges have
 * tables of all shapes. Items of the two lower shapes have 4 bytes:
 * 31:12 OA 31:12, 11:8 OA 35:32, 7:5 ones where empty, 5 null where valid, and then
 * 31:8 ones, 4 no execute, 3 64K group, 2 read only, 1 table, 0 valid. The root's have
 * 8, for PA 35:7 of a table.
 */

/* Live replacement: what is not said is PTF_LIVE_BRACKET. */
#define PTF_FMT_SHAPES 3
#define PTF_FMT_MIN_TOP 2
#define PTF_FMT_MAX_OA_LG2 36
#define PTF_FMT_IMPLIED PTF_READ

static const struct ptf_shape mock_shapes[] = {
	{ .level = 0, .va_lg2 = 12, .index_lg2 = 5, .item_lg2 = 2, .align_lg2 = 12,
	  .leaf_sizes = BIT_ULL(12) | BIT_ULL(16) },
	{ .level = 1, .va_lg2 = 17, .index_lg2 = 5, .item_lg2 = 2, .leaf_sizes = BIT_ULL(17),
	  .children = BIT(0) },
	{ .level = 2, .va_lg2 = 22, .index_lg2 = 13, .item_lg2 = 3, .children = BIT(1) },
};

#define MOCK_VALID	BIT_ULL(0)
#define MOCK_TABLE	BIT_ULL(1)
#define MOCK_READ_ONLY	BIT_ULL(2)
#define MOCK_GROUP	BIT_ULL(3)
#define MOCK_NO_EXEC	BIT_ULL(4)
#define MOCK_NULL	BIT_ULL(5)
#define MOCK_ADDR	GENMASK_ULL(31, 12)
#define MOCK_ADDR_HIGH	GENMASK_ULL(11, 8)
#define MOCK_TABLE_ADDR	GENMASK_ULL(35, 7)

static inline u64 mock_addr_bits(u64 addr)
{
	return (addr & MOCK_ADDR) | (addr >> 24 & MOCK_ADDR_HIGH);
}

static inline u64 mock_addr(u64 entry)
{
	return (entry & MOCK_ADDR) | (entry & MOCK_ADDR_HIGH) << 24;
}

#define PTF_HAVE_EMPTY
static inline u64 mock_empty(unsigned int shape)
{
	return shape == 2 ? 0xa5a5a5a5000000a0ULL : shape == 1 ? 0xc0 : 0xe0;
}

static inline enum ptf_kind mock_kind(unsigned int shape, u64 entry)
{
	if (!(entry & MOCK_VALID))
		return PTF_EMPTY;
	if (entry & MOCK_TABLE)
		return PTF_TABLE;
	return entry & MOCK_NULL ? PTF_NULL : PTF_LEAF;
}

/* A group's items are all the same. */
static inline u64 mock_leaf(unsigned int shape, u64 oa, unsigned int size_lg2, u64 bits)
{
	if (size_lg2 == 16)
		return mock_addr_bits(oa & ~0xffffULL) | bits | MOCK_GROUP;
	return mock_addr_bits(oa) | bits;
}

static inline unsigned int mock_leaf_size(unsigned int shape, u64 entry)
{
	return entry & MOCK_GROUP ? 16 : mock_shapes[shape].va_lg2;
}

static inline u64 mock_leaf_oa(unsigned int shape, u64 entry)
{
	return mock_addr(entry);
}

#define PTF_HAVE_NULL 1
static inline u64 mock_null(unsigned int shape, unsigned int size_lg2)
{
	return MOCK_ADDR | MOCK_ADDR_HIGH | MOCK_NULL | MOCK_VALID |
	       (size_lg2 == 16 ? MOCK_GROUP : 0);
}

static inline u64 mock_leaf_bits(unsigned int shape, u64 entry)
{
	return entry & (MOCK_VALID | MOCK_READ_ONLY | MOCK_NO_EXEC);
}

static inline u64 mock_table(unsigned int shape, unsigned int child, u64 pa)
{
	return (shape == 2 ? pa : mock_addr_bits(pa)) | MOCK_VALID | MOCK_TABLE;
}

static inline u64 mock_table_pa(unsigned int shape, u64 entry)
{
	return shape == 2 ? entry & MOCK_TABLE_ADDR : mock_addr(entry);
}

#define PTF_HAVE_LINEAR
static inline unsigned int mock_linear_lg2(unsigned int shape)
{
	return 32;
}

static inline int mock_encode_attrs(u32 features, const struct ptf_attrs *attrs, u64 *bits)
{
	if (!(attrs->flags & PTF_READ) ||
	    attrs->flags & ~(PTF_READ | PTF_WRITE | PTF_NOEXEC) || attrs->mem || attrs->share ||
	    attrs->raw)
		return -EOPNOTSUPP;
	*bits = MOCK_VALID | (attrs->flags & PTF_WRITE ? 0 : MOCK_READ_ONLY) |
		(attrs->flags & PTF_NOEXEC ? MOCK_NO_EXEC : 0);
	return 0;
}

static inline void mock_decode_attrs(u32 features, u64 bits, struct ptf_attrs *attrs)
{
	attrs->flags = PTF_READ | (bits & MOCK_READ_ONLY ? 0 : PTF_WRITE) |
		       (bits & MOCK_NO_EXEC ? PTF_NOEXEC : 0);
}
