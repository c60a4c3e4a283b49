/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Records of the tracepoints of system calls, which the kernel's BTF does not have: struct syscall_trace_enter and
 * struct syscall_trace_exit of kernel/trace/trace.h. Their first 8 bytes are not for programs.
 */
#ifndef POLICYC_TRACEPOINT_H
#define POLICYC_TRACEPOINT_H

#include "kernel_types.h"

struct syscall_enter_record {
	u64 common;
	s32 __syscall_nr;
	u32 padding;
	u64 arg0;
	u64 arg1;
	u64 arg2;
	u64 arg3;
	u64 arg4;
	u64 arg5;
};

struct syscall_exit_record {
	u64 common;
	s32 __syscall_nr;
	u32 padding;
	s64 ret;
};

#endif
