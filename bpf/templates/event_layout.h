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
	EVENT_THROTTLE = 5,
};

enum event_flag {
	EVENT_FLAG_UNRESOLVED = 1,
	EVENT_FLAG_DENIED = 2,
	EVENT_FLAG_GUARD = 4,
};

enum decision_flag {
	DECISION_ENFORCED = 1 << 24,
	/* A limit left its alert out. */
	DECISION_SUPPRESSED = 1 << 25,
};

/* The rule's number in a decision. */
#define DECISION_RULE 0xffffff

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

struct captured_text {
	u32 length;
	u32 status;
	u64 size;
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
	u32 length;
	u64 cookie;
};

/* Bytes of arguments that an exec record holds; longer lists are cut, and say so. */
#define ARGUMENTS_BYTES 1024

enum exec_flag {
	EXEC_BINARY_CUT = 1,
	EXEC_ARGUMENTS_CUT = 2,
	EXEC_DIRECTORY_CUT = 4,
	/* The kernel runs an interpreter in place of the file; `binary` is the file's name as the caller gave it. */
	EXEC_INTERPRETED = 8,
};

/* The header is the new process's. */
struct clone_record {
	u32 parent_tgid;
	/* The process whose image it shares: not its parent where that one asked for a sibling. */
	u32 origin_tgid;
	u64 parent_start_time;
	u64 origin_start_time;
};

struct exec_record {
	u32 parent_tgid;
	u32 auid;
	u64 parent_start_time;
	u64 cgroup;
	u32 pid_ns;
	u32 mnt_ns;
	u32 flags;
	u32 binary_length;
	u32 arguments_length;
	u32 directory_length;
	u64 cap_effective;
	u32 ns_tgid;
	u32 reserved0;
};

enum throttle_type {
	THROTTLE_START = 1,
	THROTTLE_STOP = 2,
};

/* A limit begins to leave out alerts, or did until now. Times are in milliseconds. */
struct throttle_record {
	u32 type;
	/* The rule whose alert showed it. */
	u32 rule;
	u32 limit;
	/* The limit as it was at that time; 0: it has been lifted. */
	u32 count;
	u64 window;
	u64 mute;
	/* What the limit counts for: see struct limit_key. */
	u32 scope_kind;
	u32 scope_id;
	u64 scope;
	u64 arguments;
	/* Of the process in the header. */
	u64 cgroup;
	/* When the window began, since boot. */
	u64 began;
	/* When it has stopped: alerts left out. */
	u64 suppressed;
};

/* A throttle record as it is built. */
struct throttle_scratch {
	struct event_header header;
	struct throttle_record throttle;
};

/* Longest texts of an exec record: two paths and the arguments, each padded. */
#define EXEC_TEXT_BYTES (PATH_BYTES + ARGUMENTS_BYTES + PATH_BYTES + 24)

/* An exec record as it is built. */
struct exec_scratch {
	struct event_header header;
	struct exec_record exec;
	u8 text[EXEC_TEXT_BYTES];
};

/* Bytes of a record that holds so many decisions, `fixed` bytes of other captures, and so many paths. */
#define RECORD_BYTES_FOR(decisions, fixed, paths) \
	(sizeof(struct event_header) + ((decisions) * 4 + 7) / 8 * 8 + (fixed) + \
	 (paths) * (sizeof(struct captured_path) + PATH_BYTES + 8))

#endif
