/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The layout of event records. runtime/event-layout.ts declares the same; generated static asserts make
 * sure that the two agree.
 */
#ifndef POLICYC_EVENT_LAYOUT_H
#define POLICYC_EVENT_LAYOUT_H

#include "kernel_types.h"

/* Longest path, in bytes, without the terminating NUL: what the kernel itself can name. */
#define PATH_BYTES 4096

enum event_kind {
	EVENT_HOOK = 1,
	EVENT_EXEC = 2,
	EVENT_EXIT = 3,
	EVENT_CLONE = 4,
};

enum event_flag {
	EVENT_FLAG_UNRESOLVED = 1,
	EVENT_FLAG_DENIED = 2,
	EVENT_FLAG_GUARD = 4,
};

enum decision_flag {
	DECISION_ENFORCED = 1 << 24,
};

struct event_header {
	u32 size;
	u8 kind;
	u8 flags;
	u16 hook;
	u32 tgid;
	u32 tid;
	u64 time;
	u64 start_time;
	s64 result;
	u16 decision_count;
	u16 reserved0;
	u32 uid;
};

struct captured_path {
	u32 length;
	u32 mode;
	u32 flags;
	u32 reserved0;
};

struct captured_sock {
	u16 family;
	u16 type;
	u16 protocol;
	u16 state;
	u32 mark;
	u32 priority;
	u8 saddr[16];
	u8 daddr[16];
	u16 sport;
	u16 dport;
	u32 reserved0;
	u64 cookie;
};

/* Bytes of a record that holds so many decisions, `fixed` bytes of other captures, and so many paths. */
#define RECORD_BYTES_FOR(decisions, fixed, paths) \
	(sizeof(struct event_header) + ((decisions) * 4 + 7) / 8 * 8 + (fixed) + \
	 (paths) * (sizeof(struct captured_path) + PATH_BYTES + 8))

#endif
