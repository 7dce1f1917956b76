/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Table memory for userspace: an arena whose offsets are the physical addresses.
 * It may be a file that something else (an emulator) maps too.
 */
#ifndef PTF_MEM_ARENA_H
#define PTF_MEM_ARENA_H

#include <ptforge/pt.h>

extern const struct ptf_mem_ops ptf_mem_arena;

/* Make the arena: @bytes at physical address @pa, from @offset on of the file @fd, or -1. */
void ptf_arena_init(size_t bytes, u64 pa, int fd, size_t offset);

/* Whether @table is allocated; and how many are. */
bool ptf_arena_live(const void *table);
unsigned long ptf_arena_tables(void);

#endif /* PTF_MEM_ARENA_H */
