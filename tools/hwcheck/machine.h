/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine in QEMU: started stopped, with RAM that we share; poked through qtest,
 * gdb and the monitor. One at a time. Everything that goes wrong here ends the
 * program with a message: it is no result.
 */
#ifndef HW_MACHINE_H
#define HW_MACHINE_H

#include <ptforge/types.h>

/**
 * struct hw_ram - the machine's RAM: one piece of memory, in the machine in two parts
 * @pa: physical address of the first part
 * @bytes: its size
 * @high_pa: physical address of the second part
 * @high_bytes: its size, 0 for none
 * @avoid: first OA of where the machine has devices
 * @avoid_last: last one
 *
 * Tables lie in the first part, from hw_table_pa() on. What lies before is the
 * oracle's: HW_OWN_BYTES. What lies behind them, and the second part, are targets.
 */
struct hw_ram {
	u64 pa;
	u64 bytes;
	u64 high_pa;
	u64 high_bytes;
	u64 avoid;
	u64 avoid_last;
};

#define HW_OWN_BYTES	BIT(20)
#define HW_TABLE_BYTES	(31UL << 20)

/* Print "error: ..." and end the program with status 2: nobody was judged. */
void hw_die(const char *fmt, ...) __printf(1, 2) __noreturn;

/* Make the RAM; all of it. */
void hw_ram_init(const struct hw_ram *ram);
/* Zero what is the oracle's, and the targets. */
void hw_ram_clear(void);
/* The memory at @pa, or NULL where there is no RAM */
void *hw_ram_at(u64 pa);
/* The file that it is */
int hw_ram_fd(void);

/* Flags of hw_start() */
#define HW_GDB		BIT(0)	/* with a gdb stub */
#define HW_MONITOR	BIT(1)	/* with a human monitor */

/**
 * hw_start() - start QEMU
 * @program: for instance "qemu-system-x86_64"; sought in $QEMU_DIR
 * @flags: HW_GDB, HW_MONITOR
 * @args: its arguments, ends with NULL. RAM, qtest, log and "no defaults" are added:
 *	the machine's argument says memory-backend=ram.
 *
 * What it logs is read by hw_log_line().
 */
void hw_start(const char *program, unsigned int flags, const char *const *args);
/* End it, if it runs. */
void hw_stop(void);

/*
 * qtest. Commands are queued and sent when something is awaited. hw_sync() sends all,
 * and what waits for gdb, and waits until qtest's are done.
 */
void hw_qtest(const char *fmt, ...) __printf(1, 2);	/* one line, without \n */
void hw_sync(void);
void hw_write32(u64 pa, u32 value);
void hw_write64(u64 pa, u64 value);
u32 hw_read32(u64 pa);
u64 hw_read64(u64 pa);
void hw_outl(u16 port, u32 value);
u32 hw_inl(u16 port);

/* The next line of QEMU's log up to the last hw_sync(), NULL if there is none. */
const char *hw_log_line(void);

/* gdb's remote protocol: send a packet; its answer, until the next. Batches go out at once. */
const char *hw_gdb(const char *packet);
void hw_gdb_send(const char *packet);
const char *hw_gdb_answer(void);

/* A command of the human monitor; its answer, until the next. */
const char *hw_monitor(const char *command);

#endif /* HW_MACHINE_H */
