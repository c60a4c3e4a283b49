/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Test-run builds: the decide function of a hook reads an event out of a map and leaves what it decided in
 * another. Nothing is attached, nothing is signalled; bpf_prog_test_run() runs the program.
 */
#ifndef POLICYC_TEST_RUN_H
#define POLICYC_TEST_RUN_H

#include "scratch.h"

/* One value of an event each, as test code writes them. */
struct test_integer {
	u64 present;
	/* Sign- or zero-extended. */
	u64 value;
};

struct test_address {
	u64 present;
	u64 address[2];
};

struct test_path {
	/* enum path_status */
	u32 status;
	u32 length;
	/* Bytes of the last component. */
	u32 tail_length;
	/* Whether path_head() finds the first component. */
	u32 has_head;
	/* Its first 8 bytes; 0 bytes fill up a short one. */
	u64 head;
	/* What lies behind `length` is undefined. */
	u8 bytes[PATH_BYTES + 8];
};

/* Begins every result; the decisions follow. */
struct test_result {
	u32 done;
	u32 decision_count;
	/* What the hook returns. */
	s32 result;
	/* 0, or the signal that the process would get. */
	u32 signal;
	u32 post;
	u32 reserved;
};

/* What the decision under way has said so far. */
struct test_notes {
	u32 decision_count;
	u32 signal;
	u32 post;
	/* As in event records. */
	u32 decisions[DECISION_MAX];
} test_notes;

static __always_inline void test_run_note(u32 decision, bool post)
{
	u64 count = bounded(test_notes.decision_count, DECISION_MAX - 1);

	test_notes.decisions[count] = decision;
	test_notes.decision_count = count + 1;
	test_notes.post |= post;
}

static __always_inline long test_run_signal(u32 signal)
{
	test_notes.signal = signal;
	return 0;
}

#define bpf_send_signal test_run_signal

static __always_inline void test_run_begin(void)
{
	test_notes.decision_count = 0;
	test_notes.signal = 0;
	test_notes.post = 0;
}

/* `decisions` follow `result` in memory and have room for DECISION_MAX. */
static __always_inline void test_run_end(struct test_result *result, u32 *decisions, int returned)
{
	result->decision_count = test_notes.decision_count;
	result->result = returned;
	result->signal = test_notes.signal;
	result->post = test_notes.post;
	bpf_probe_read_kernel(decisions, sizeof(test_notes.decisions), test_notes.decisions);
	result->done = 1;
}

#endif
