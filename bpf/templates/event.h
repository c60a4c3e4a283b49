/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Event records: how they begin and how they are handed over. */
#ifndef POLICYC_EVENT_H
#define POLICYC_EVENT_H

#include "path.h"

static __always_inline void event_header(struct event_header *header, enum event_kind kind,
					 const enum generation generation)
{
	u64 pid_tgid = bpf_get_current_pid_tgid();

	header->kind = kind;
	header->flags = 0;
	header->hook = 0;
	header->tgid = pid_tgid >> 32;
	header->tid = (u32)pid_tgid;
	header->time = bpf_ktime_get_boot_ns();
	header->result = 0;
	header->decision_count = 0;
	header->reserved0 = 0;
	/* As the host numbers users; bpf_get_current_uid_gid() would ask the task's own user namespace. */
	if (generation >= GENERATION_6_1) {
		struct task_struct *task = bpf_get_current_task_btf();

		header->uid = task->cred->uid.val;
		header->start_time = task->group_leader->start_boottime;
	} else {
		struct task_struct *task = (void *)bpf_get_current_task();

		header->uid = BPF_CORE_READ(task, cred, uid.val);
		header->start_time = BPF_CORE_READ(task, group_leader, start_boottime);
	}
}

/*
 * Hands a finished record over. No wake-up: the reader looks at its own pace, so that a burst of events
 * costs the node one wake-up and not one each.
 */
static __always_inline void event_send(void *record, u32 size)
{
	((struct event_header *)record)->size = size;
	if (bpf_ringbuf_output(&events, record, size, BPF_RB_NO_WAKEUP))
		count(COUNTER_LOST);
}

/* Counts the alerts of a record that was handed over, or could not be. */
__noinline int count_alerts(u32 level, u32 lost)
{
	struct scratch *scratch = scratch_at(level);

	if (!scratch)
		return 0;
	for (u32 at = 0; at < DECISION_MAX; at++) {
		if (at >= scratch->decision_count)
			break;

		u32 decision = *record_decision(scratch, at);
		u32 rule = decision & DECISION_RULE;
		struct alert_counts *counts = bpf_map_lookup_elem(&alerts, &rule);

		if (counts && !(decision & DECISION_SUPPRESSED))
			__sync_fetch_and_add(lost ? &counts->lost : &counts->delivered, 1);
	}
	return 0;
}

/* Hands the record of a hook over. */
static __always_inline void alerts_send(struct scratch *scratch, u32 size)
{
	((struct event_header *)scratch->record)->size = size;

	bool lost = bpf_ringbuf_output(&events, scratch->record, size, BPF_RB_NO_WAKEUP);

	if (lost)
		count(COUNTER_LOST);
	count_alerts(scratch->level, lost);
}

/* Bytes of a path up to which it is copied word by word. */
#define COPIED_IN_PLACE 48

/* Puts a path that lies in `memory` into the record at `at`; gives back where the next part goes. */
static __always_inline u64 path_capture(struct scratch *scratch, struct scratch *memory, u64 at,
					const struct path_text *text, u32 mode, u32 flags)
{
	const u64 room = sizeof(struct captured_path) + PATH_BYTES + 8;
	u64 start = bounded(at, RECORD_BYTES - room);
	u64 length = bounded(text->length, PATH_BYTES);
	struct captured_path *captured = (void *)&scratch->record[start];

	captured->length = length;
	captured->mode = mode;
	captured->flags = flags;
	captured->reserved0 = 0;

	u64 offset = bounded(text->offset, PATH_BYTES);

	/* Whole words, where they are few: they cost less than the call. There is room behind both. */
	if (length <= COPIED_IN_PLACE) {
		const u64 *from = (const void *)&memory->path[offset];
		u64 *to = (void *)(captured + 1);

#pragma clang loop unroll(full)
		for (u32 word = 0; word < COPIED_IN_PLACE / sizeof(u64); word++)
			to[word] = from[word];
	} else {
		bpf_probe_read_kernel(captured + 1, length, &memory->path[offset]);
	}
	return start + sizeof(*captured) + ((length + 7) & ~7ULL);
}

#endif
