/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a program may call. A program that policyc emits for several kernels is compiled once for each
 * generation; the runtime loads the newest that the host supports. `generation` is always a constant,
 * so the branches for other generations are gone before the verifier sees them.
 */
#ifndef POLICYC_GENERATION_H
#define POLICYC_GENERATION_H

enum generation {
	/* 5.10: bounded loops only, no BTF pointer to the current task. */
	GENERATION_5_10 = 0,
	/* 6.1: bpf_loop, bpf_get_current_task_btf. */
	GENERATION_6_1 = 1,
};

#endif
