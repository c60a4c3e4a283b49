/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* By which calls a hook was reached, as part of its event record. */
#ifndef POLICYC_STACK_H
#define POLICYC_STACK_H

#include "scratch.h"

/* As many calls as the kernel gives by default. */
#define STACK_BYTES (127 * 8)

#ifndef BPF_F_USER_STACK
#define BPF_F_USER_STACK (1ULL << 8)
#endif

/*
 * Puts 8 bytes into the record at `at`, the size of the addresses that follow or a negative error, and the addresses,
 * the innermost first. Gives back where the next part goes.
 */
static __always_inline u64 stack_capture(struct scratch *scratch, void *ctx, u64 at, bool wanted, u64 flags)
{
	u64 start = bounded(at, RECORD_BYTES - 8 - STACK_BYTES);
	s64 size = 0;

	if (wanted)
		size = bpf_get_stack(ctx, &scratch->record[start + 8], STACK_BYTES, flags);
	*(s64 *)&scratch->record[start] = size;
	if (size < 0)
		size = 0;
	return start + 8 + bounded(size, STACK_BYTES);
}

#endif
