// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The steps of an event, one program for each: a program does what the one before it does, and one thing more. What
 * generated code adds for its policies (comparisons, tables, rules) is not in here.
 */
#include "decide.h"
#include "event.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum stage {
	STAGE_NOTHING,
	STAGE_PATH_OF,
	STAGE_TAIL,
	STAGE_ROOT,
	STAGE_HEAD,
	STAGE_SCRATCH,
	STAGE_PATH,
	STAGE_HEADER,
	STAGE_CAPTURE,
	STAGE_SEND,
};

/* Keeps clang from leaving out what nobody looks at. */
static __always_inline void use(u64 value)
{
	asm volatile("" : : "r"(value));
}

static __always_inline int do_stages(struct file *file, const enum stage last)
{
	struct path_value value = {};
	struct path_ends ends;
	struct path_text text;

	if (last < STAGE_PATH_OF)
		return 0;
	path_of_file(&value, file);
	use((u64)value.dentry);
	use((u64)value.mnt);
	if (last < STAGE_TAIL)
		return 0;
	path_tail(&value, &ends);
	use(ends.tail);
	use(ends.has_tail);
	if (last < STAGE_ROOT)
		return 0;
	path_root(&value, GENERATION_6_1);
	use(value.root_dentry);
	use(value.root_mnt);
	if (last < STAGE_HEAD)
		return 0;
	path_head(&value, &ends);
	use(ends.head);
	use(ends.has_head);
	if (last < STAGE_SCRATCH)
		return 0;

	struct scratch *scratch = scratch_acquire(GENERATION_6_1);

	if (!scratch)
		return 0;
	if (last >= STAGE_PATH)
		path_read(&value, scratch, &text, true);
	if (last >= STAGE_HEADER) {
		struct event_header *header = (void *)scratch->record;
		u64 at = sizeof(*header) + 8;

		event_header(header, EVENT_HOOK, GENERATION_6_1);
		if (last >= STAGE_CAPTURE)
			at = path_capture(scratch, scratch, at, &text, 0, 0);
		if (last >= STAGE_SEND)
			event_send(header, bounded(at, RECORD_BYTES));
	}
	scratch_release();
	return 0;
}

#define STAGE(name, last)                             \
	SEC("fexit/security_file_permission")         \
	int BPF_PROG(name, struct file *file, int mask, int result) \
	{                                             \
		return do_stages(file, last);         \
	}

STAGE(stage_nothing, STAGE_NOTHING)
STAGE(stage_path_of, STAGE_PATH_OF)
STAGE(stage_tail, STAGE_TAIL)
STAGE(stage_root, STAGE_ROOT)
STAGE(stage_head, STAGE_HEAD)
STAGE(stage_scratch, STAGE_SCRATCH)
STAGE(stage_path, STAGE_PATH)
STAGE(stage_header, STAGE_HEADER)
STAGE(stage_capture, STAGE_CAPTURE)
STAGE(stage_send, STAGE_SEND)
