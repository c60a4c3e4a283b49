/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which namespaces the system call that is running asks for. x86-64 only. */
#ifndef POLICYC_NAMESPACE_H
#define POLICYC_NAMESPACE_H

#include "event.h"

/* CLONE_NEW* of all kinds. */
#define NAMESPACES_ALL 0x7e020080ULL
/* Pages of a kernel stack, and what lies at its end until 5.10. */
#define STACK_BYTES 16384
#define TASK_IS_COMPAT 0x2
#define X32_SYSCALL 0x40000000

/* struct pt_regs; its first members are part of the kernel's interface for debuggers. */
struct user_registers {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

/* Registers at the entry of the system call that is running, and whether it is one of a 32-bit program. */
static __always_inline bool caller_registers(struct user_registers *registers, const enum generation generation)
{
	u32 status = 0;

	if (generation >= GENERATION_6_1) {
		struct task_struct *task = bpf_get_current_task_btf();

		status = task->thread_info.status;
		bpf_probe_read_kernel(registers, sizeof(*registers), (void *)bpf_task_pt_regs(task));
	} else {
		struct task_struct *task = (void *)bpf_get_current_task();
		u64 stack = (u64)BPF_CORE_READ(task, stack);

		status = BPF_CORE_READ(task, thread_info.status);
		bpf_probe_read_kernel(registers, sizeof(*registers),
				      (void *)(stack + STACK_BYTES - sizeof(*registers)));
	}
	return status & TASK_IS_COMPAT;
}

/* Number of the system call that is running; 32-bit programs have numbers of their own, which are none here. */
static __always_inline u64 current_call(const enum generation generation)
{
	struct user_registers registers = {};

	return caller_registers(&registers, generation) ? ~0ULL : registers.orig_ax & ~(u64)X32_SYSCALL;
}

/*
 * Flags of unshare and setns, 0 in any other system call. A setns that leaves it to the file which kind of
 * namespace to enter counts as all kinds.
 */
static __always_inline u64 namespaces_asked(const enum generation generation)
{
	struct user_registers registers = {};
	bool compat = caller_registers(&registers, generation);
	u64 call = registers.orig_ax & ~(u64)X32_SYSCALL;

	if (call == (compat ? 310 : 272))
		return (u32)(compat ? registers.bx : registers.di) & NAMESPACES_ALL;
	if (call == (compat ? 346 : 308)) {
		u64 kinds = (u32)(compat ? registers.cx : registers.si) & NAMESPACES_ALL;

		return kinds ? kinds : NAMESPACES_ALL;
	}
	return 0;
}

#endif
