/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the x86 CPU runs when it judges page tables, at an address that is the same
 * physical and virtual. oracle_x86.c copies it into the machine, and x86_stub.h says where
 * things are.
 *
 * It sleeps until an NMI tells it of a command: to invalidate pages or all, or to make
 * accesses. Each access is returned to (iretq) at its own privilege level and comes
 * back by an exception or by int 0x80.
 */
#include "x86_stub.h"

	.section .rodata
	.globl x86_stub, x86_stub_end
	.balign 16
x86_stub:
	.code16
	/* A copy of this is at BOOT_PA. */
	cli
	lgdtl	%cs:BOOT_GDTR
	movl	%cr0, %eax
	orl	$1, %eax
	movl	%eax, %cr0
	ljmpl	$STUB_CS32, $(STUB_VA + 1f - x86_stub)

	.code32
1:	movw	$STUB_DS, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movl	STUB_VA + STUB_CR4, %eax
	movl	%eax, %cr4
	movl	STUB_VA + STUB_ROOT, %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx	/* EFER */
	rdmsr
	orl	$0x900, %eax		/* LME, NXE */
	wrmsr
	movl	$0x80010011, %eax	/* PG, WP, ET, PE */
	movl	%eax, %cr0
	ljmpl	$STUB_CS, $(STUB_VA + 1f - x86_stub)

	.code64
1:	movw	$STUB_TSS_SEL, %ax
	ltr	%ax
	lidt	STUB_VA + STUB_IDTR
	jmp	idle

	/* One entry of 16 bytes for each vector: its number to r15, then the handler */
	.org x86_stub + STUB_VECTORS
	vector = 0
	.rept 256
	.balign 16
	movl	$vector, %r15d
	jmp	handler
	vector = vector + 1
	.endr

idle:	movl	$STUB_VA + STUB_STACK, %esp
	movl	$1, STUB_VA + STUB_DONE
1:	hlt
	jmp	1b

	/* From wherever: rbx is the probe under way, rbp how many are left */
handler:
	movq	(%rsp), %r14		/* rip, if there is no error code */
	movl	$STUB_VA + STUB_STACK, %esp
	cmpl	$2, %r15d		/* NMI */
	je	command
	xorl	%ecx, %ecx		/* refused */
	cmpl	$14, %r15d		/* #PF */
	je	2f
	cmpl	$13, %r15d		/* #GP, for a VA that is not canonical */
	je	2f
	incl	%ecx			/* done */
	cmpl	$0x80, %r15d
	je	2f
	leaq	-1(%r14), %r14
	cmpl	$3, %r15d		/* #BP: this is what shall be executed */
	jne	1f
	cmpq	%rdi, %r14
	je	2f
1:	incl	%ecx			/* something else happened */
2:	movl	%ecx, PROBE_RESULT(%rbx)
	movl	%eax, PROBE_VALUE(%rbx)
	addq	$PROBE_BYTES, %rbx
	decl	%ebp
	jnz	probe
	jmp	finish

command:
	movl	STUB_VA + STUB_COMMAND, %eax
	movl	STUB_VA + STUB_COUNT, %ebp
	movl	$STUB_VA + STUB_PROBES, %ebx
	cmpl	$COMMAND_PROBE, %eax
	je	probe
	cmpl	$COMMAND_INVLPG, %eax
	je	invalidate
	/* All, global or not */
	movq	%cr4, %rax
	movq	%rax, %rcx
	andb	$0x7f, %cl		/* PGE */
	movq	%rcx, %cr4
	movq	%rax, %cr4
	jmp	finish

invalidate:
	movq	PROBE_VA(%rbx), %rax
	invlpg	(%rax)
	addq	$PROBE_BYTES, %rbx
	decl	%ebp
	jnz	invalidate

	/* The same frame that the NMI came with ends its blocking of others. */
finish:	pushq	$STUB_DS
	pushq	$STUB_VA + STUB_STACK
	pushq	$2
	pushq	$STUB_CS
	leaq	idle(%rip), %rax
	pushq	%rax
	iretq

probe:	movq	PROBE_VA(%rbx), %rdi
	movl	PROBE_ACCESS(%rbx), %edx
	movl	$STUB_VA + STUB_STACK, %eax
	movl	$STUB_DS, %ecx
	movl	$STUB_CS, %esi
	testb	$8, %dl			/* HW_USER */
	jz	1f
	movl	$STUB_USER_DS, %ecx
	movl	$STUB_USER_CS, %esi
1:	pushq	%rcx
	pushq	%rax
	leaq	read(%rip), %rax
	movl	$2, %ecx
	testb	$1, %dl			/* HW_READ */
	jnz	2f
	leaq	write(%rip), %rax
	testb	$2, %dl			/* HW_WRITE */
	jnz	2f
	movq	%rdi, %rax		/* HW_EXEC: one step */
	movl	$0x102, %ecx
2:	pushq	%rcx
	pushq	%rsi
	pushq	%rax
	iretq

read:	movl	(%rdi), %eax
	int	$0x80
write:	movl	$0x5a, (%rdi)		/* HW_MARK */
	int	$0x80
x86_stub_end:

	.section .note.GNU-stack, "", @progbits
