/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Memory for one decision: a path of up to 4096 bytes does not fit on the 512-byte stack. It is per CPU
 * and nested: on a preemptible kernel another task can start a decision on this CPU before the first
 * has ended, and gets the next level.
 */
#ifndef POLICYC_SCRATCH_H
#define POLICYC_SCRATCH_H

#include "event_layout.h"
#include "generation.h"
#include "maps.h"

/* Decisions that can be under way on one CPU at once. */
#ifndef SCRATCH_LEVELS
#define SCRATCH_LEVELS 4
#endif

/* Longest text that an LPM trie can hold (the kernel's LPM_DATA_SIZE_MAX). */
#define TRIE_BYTES 256

/* Generated code defines how many decisions one event can have and how long its record can be. */
#ifndef DECISION_MAX
#define DECISION_MAX 1
#endif
#ifndef LIVE_WORDS
#define LIVE_WORDS 1
#endif
/* Classes that are kept of a process, a multiple of 4, and words of what is handed down: with any exec stage. */
#ifndef EXEC_SLOTS
#define EXEC_SLOTS 4
#endif
#ifndef EXEC_WORDS
#define EXEC_WORDS 1
#endif
/* Processes whose entries may lie outside the storage of tasks. */
#ifndef PROCESS_ENTRIES
#define PROCESS_ENTRIES 32768
#endif
#ifndef RECORD_BYTES
#define RECORD_BYTES RECORD_BYTES_FOR(DECISION_MAX, 64, 1)
#endif

/* Key of an LPM trie over bytes; the kernel compares `bits` bits of what follows. */
struct trie_key {
	u32 bits;
	u8 bytes[TRIE_BYTES];
};

/*
 * Names of up to so many bytes lie in the dentry itself on every kernel seen so far: a dentry with a longer name
 * has it elsewhere, one with a shorter name never.
 */
#define INLINE_NAME_BYTES 31

/* A dentry's parent and name, as they lie in memory on every kernel seen so far. */
struct dentry_view {
	u64 parent;
	u32 hash;
	u32 length;
	u64 name;
	u64 inode;
	/* The name where it has at most INLINE_NAME_BYTES bytes; what follows it is undefined. */
	u64 text[4];
};

/* Mount above a mount, as they lie in memory. */
struct mount_view {
	u64 parent;
	u64 mountpoint;
};

/* State of a walk from a path's end to its root; addresses are of struct dentry and struct vfsmount. */
struct path_walk {
	u64 dentry;
	u64 mnt;
	u64 mnt_root;
	u64 root_dentry;
	u64 root_mnt;
	/* Where the path starts in `path` so far. */
	u32 offset;
	/* enum path_status */
	u32 status;
	/* The component and the mount that the walk is at: the stack has no room for them. */
	struct dentry_view view;
	struct mount_view above;
};

/* Comparisons as bits: those that hold, and those of which that is not known. */
struct lineage {
	u64 holds[EXEC_WORDS];
	u64 unknown[EXEC_WORDS];
};

enum entry_flags {
	/* Everything that the process descends from is in its entry. */
	ENTRY_LINEAGE_KNOWN = 1,
};

/* What the exec stage keeps of a process. */
struct process_entry {
	/* Of each text, for each table that it is looked up in. */
	u16 classes[EXEC_SLOTS];
	/* Of the process itself. */
	struct lineage own;
	/* Of those that it descends from, as it was told when it forked and executed. */
	struct lineage above;
	/* The same of a process that ran before the programs did, as it was found out later. */
	struct lineage found;
	/* enum entry_flags */
	u64 flags;
};

#ifdef EXEC_LISTS
/* Bytes of a list that are read at once: a power of two. */
#ifdef POLICYC_TEST_RUN
#define LIST_CHUNK 32
#else
#define LIST_CHUNK 256
#endif

/* A walk over texts that lie one after the other in the memory of a process: text_list.h. */
struct list_walk {
	/* Where it goes on, and the bytes from there. */
	u64 start;
	u64 left;
	/* Of the automaton. It and the number lie in memory so that the verifier doesn't follow their values. */
	u64 state;
	/* Texts that have ended. */
	u64 number;
	/* The last byte that was read. */
	u64 last;
	/* The outcomes so far. */
	struct lineage found;
	u8 bytes[LIST_CHUNK];
};
#endif

#ifdef LIMIT_COUNT
/* What limits on alerts need besides the record. */
struct limit_scratch {
	/* Of arguments of the record that tell alerts apart. */
	u64 hashes[LIMIT_ARGUMENTS];
	/* Decisions of the record that are posted. */
	u64 posted;
#ifdef POLICYC_TEST_RUN
	u64 test_time;
	u64 test_scope;
#endif
	struct throttle_scratch notice;
};
#endif

/* Bytes that count of one argument: those of a path, at most. A loop over them may read beyond the record. */
#define LIMIT_HASHED_BYTES PATH_BYTES
#ifdef LIMIT_COUNT
#define RECORD_TAIL (2 * LIMIT_HASHED_BYTES)
#else
#define RECORD_TAIL 0
#endif

struct scratch {
	/* Which of the CPU's levels this is. */
	u32 level;
	u32 reserved0;
	struct path_walk walk;
	/* Room for the `bits` of a trie key right before a path that starts at path[0]. */
	u8 before_path[8];
	/*
	 * Paths are written from the end, component by component: the last byte is always
	 * path[PATH_BYTES - 1] and a NUL follows. What lies behind lets a trie key start at any byte.
	 */
	u8 path[PATH_BYTES];
	u8 after_path[TRIE_BYTES + 8];
	/* The end of the path, last byte first. */
	struct trie_key reversed;
	/* An entry under construction. */
	struct process_entry entry;
#ifdef EXEC_LISTS
	struct list_walk list;
#endif
	/* The live bits of a hook with more rules than registers hold. */
	u64 live[LIVE_WORDS];
#ifdef LIMIT_COUNT
	struct limit_scratch limited;
#endif
	/* Decisions in `record`, behind its header. */
	u64 decision_count;
	/* An event record under construction; a multiple of 8, with room for every capture or an exec. */
	u8 record[(RECORD_BYTES > sizeof(struct exec_scratch) ? RECORD_BYTES : sizeof(struct exec_scratch)) +
		  RECORD_TAIL];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_LEVELS);
	__type(key, u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} scratch_depth SEC(".maps");

/* A number that the verifier has to see bounded right where it is used. */
static __always_inline u64 bounded(u64 value, const u64 limit)
{
	asm volatile("" : "+r"(value));
	return value > limit ? limit : value;
}

/* Takes the next level, or NULL (and counts it) when all are in use. Give it back with scratch_release. */
static __always_inline struct scratch *scratch_acquire(const enum generation generation)
{
	u32 zero = 0;
	u64 *depth = bpf_map_lookup_elem(&scratch_depth, &zero);
	u32 level;

	if (!depth)
		return NULL;
	if (generation >= GENERATION_6_1) {
		level = __sync_fetch_and_add(depth, 1);
	} else {
		/* 5.10 has no atomic fetch for BPF; its programs are not preempted in Debian's build. */
		level = *depth;
		*depth = level + 1;
	}
	struct scratch *result = bpf_map_lookup_elem(&scratch, &level);
	if (!result) {
		__sync_fetch_and_add(depth, -1);
		count(COUNTER_SCRATCH_BUSY);
		return NULL;
	}
	result->level = level;
	return result;
}

/* The scratch memory of a level in use: global functions of 5.10 take numbers only. */
static __always_inline struct scratch *scratch_at(u32 level)
{
	return bpf_map_lookup_elem(&scratch, &level);
}

static __always_inline void scratch_release(void)
{
	u32 zero = 0;
	u64 *depth = bpf_map_lookup_elem(&scratch_depth, &zero);

	if (depth)
		__sync_fetch_and_add(depth, -1);
}

/* Decision number `at` of the record under construction. */
static __always_inline u32 *record_decision(struct scratch *scratch, u64 at)
{
	return (u32 *)&scratch->record[sizeof(struct event_header) + bounded(at, DECISION_MAX - 1) * sizeof(u32)];
}

#endif
