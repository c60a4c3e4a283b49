/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What is known of a process before it does anything: outcomes of comparisons with the program that it runs and with
 * those that it descends from. They are made when it executes a program, copied when it forks, and looked up by hooks.
 */
#ifndef POLICYC_EXEC_STAGE_H
#define POLICYC_EXEC_STAGE_H

#include "task.h"

/* Comparisons that are handed down, as bits: those that hold, and those of which it is not known. */
static __always_inline void lineage_add(struct lineage *to, const struct lineage *from)
{
	for (u32 word = 0; word < EXEC_WORDS; word++) {
		to->holds[word] |= from->holds[word];
		to->unknown[word] |= from->unknown[word];
	}
}

/* Adds what a process descends from. */
static __always_inline void lineage_add_above(struct lineage *to, const struct process_entry *entry)
{
	u64 known = entry->flags & ENTRY_LINEAGE_KNOWN;

	/* What was found out later is complete once the flag says so, and not looked at before. */
	asm volatile("" ::: "memory");
	lineage_add(to, &entry->above);
	lineage_add(to, &entry->found);
	if (!known)
		for (u32 word = 0; word < EXEC_WORDS; word++)
			to->unknown[word] = ~0ULL;
}

/* 0: holds for nothing that the process descends from; 1: holds; 2: that is not known. */
static __always_inline u64 lineage_class(const struct process_entry *entry, const u32 bit)
{
	u64 holds = 0, unknown = ~0ULL;

	if (entry) {
		holds = entry->above.holds[bit / 64] | entry->found.holds[bit / 64];
		unknown = entry->above.unknown[bit / 64] | entry->found.unknown[bit / 64];
		if (!(entry->flags & ENTRY_LINEAGE_KNOWN))
			unknown = ~0ULL;
	}
	holds = holds >> (bit % 64) & 1;
	unknown = unknown >> (bit % 64) & 1;
	return holds | (unknown & ~holds) << 1;
}

/* The same for the process itself. */
static __always_inline u64 own_class(const struct process_entry *entry, const struct process_value *value,
				     const u32 bit)
{
	if (!entry)
		return process_present(value) ? 2 : 0;

	u64 holds = entry->own.holds[bit / 64] >> (bit % 64) & 1;
	u64 unknown = entry->own.unknown[bit / 64] >> (bit % 64) & 1;

	return holds | (unknown & ~holds) << 1;
}

/* The class of a text of a process, of which there are `classes`; then that of no text, then of an unknown one. */
static __always_inline u64 process_class(const struct process_entry *entry, const struct process_value *value,
					 const u32 slot, const u32 classes)
{
	if (entry)
		return entry->classes[slot];
	return process_present(value) ? classes + 1 : classes;
}

#ifndef POLICYC_TEST_RUN
/* Kernels from 6.1 on. An entry goes with its task. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct process_entry);
} process_entries SEC(".maps");

/* A process, and no later one with its number. */
struct process_key {
	u64 start_time;
	u32 tgid;
	u32 reserved0;
};

/*
 * Of kernels that know no such storage for every kind of program, and of processes for which there was no memory where
 * the kernel takes it from: newer ones try once, and never where the processor has no cmpxchg16b.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROCESS_ENTRIES);
	__type(key, struct process_key);
	__type(value, struct process_entry);
} process_table SEC(".maps");

static __always_inline void process_key(struct process_key *key, struct task_struct *leader)
{
	key->start_time = BPF_CORE_READ(leader, start_boottime);
	key->tgid = BPF_CORE_READ(leader, tgid);
	key->reserved0 = 0;
}

/* The entry of the process that a task leads; NULL where there is none. */
static __always_inline struct process_entry *entry_of(struct task_struct *leader, const enum generation generation)
{
	if (generation >= GENERATION_6_1) {
		struct process_entry *entry = bpf_task_storage_get(&process_entries, leader, NULL, 0);

		if (entry)
			return entry;
	}

	struct process_key key;

	process_key(&key, leader);
	return bpf_map_lookup_elem(&process_table, &key);
}

/* The entry of the process that acts, or of one so many steps up. Counts it where there is none. */
static __always_inline const struct process_entry *process_entry(const struct process_value *value,
								 const enum generation generation)
{
	struct process_entry *entry;

	if (generation >= GENERATION_6_1) {
		struct task_struct *task = bpf_get_current_task_btf();

		task = task->group_leader;
		for (u32 step = 0; step < value->level; step++) {
			task = task->real_parent;
			task = task->group_leader;
		}
		entry = entry_of(task, generation);
	} else {
		entry = entry_of(process_task_at(value->level), generation);
	}
	if (!entry && process_present(value))
		count(COUNTER_UNRESOLVED);
	return entry;
}

/* Gives a process its entry, unless it has one. */
static __always_inline void entry_create(struct task_struct *leader, struct process_entry *draft,
					 const enum generation generation)
{
	if (generation >= GENERATION_6_1 &&
	    bpf_task_storage_get(&process_entries, leader, draft, BPF_LOCAL_STORAGE_GET_F_CREATE))
		return;

	struct process_key key;

	process_key(&key, leader);
	bpf_map_update_elem(&process_table, &key, draft, BPF_NOEXIST);
}

static __always_inline void entry_remove(struct task_struct *leader, const enum generation generation)
{
	if (generation >= GENERATION_6_1)
		bpf_task_storage_delete(&process_entries, leader);

	struct process_key key;

	process_key(&key, leader);
	bpf_map_delete_elem(&process_table, &key);
}

/* The same of a process that is gone, with its storage. */
static __always_inline void entry_remove_kept(struct task_struct *leader)
{
	struct process_key key;

	process_key(&key, leader);
	bpf_map_delete_elem(&process_table, &key);
}

/* An entry to be filled, of a process of which nothing is known. */
static __always_inline struct process_entry *entry_draft(struct scratch *memory)
{
	struct process_entry *draft = &memory->entry;

	__builtin_memset(draft, 0, sizeof(*draft));
	return draft;
}

/* The same at exec: of the old program stays what descends from it. */
static __always_inline struct process_entry *entry_draft_at_exec(struct task_struct *task, struct scratch *memory,
								 const u64 *of_program,
								 const enum generation generation)
{
	struct process_entry *draft = entry_draft(memory);
	struct process_entry *before = entry_of(task, generation);

	if (!before)
		return draft;
	draft->above = before->above;
	for (u32 word = 0; word < EXEC_WORDS; word++) {
		draft->above.holds[word] |= before->own.holds[word] & of_program[word];
		draft->above.unknown[word] |= before->own.unknown[word] & of_program[word];
	}
	return draft;
}

/* Replaces what exec changes; `found` and `flags` are left to those that look for older processes. */
static __always_inline void entry_replace(struct task_struct *task, struct process_entry *draft,
					  const enum generation generation)
{
	struct process_entry *entry = entry_of(task, generation);

	if (entry)
		bpf_probe_read_kernel(entry, __builtin_offsetof(struct process_entry, found), draft);
	else
		entry_create(task, draft, generation);
}

/* At fork: the entry of a new process, except for what its numbers say. NULL: nothing is known of its parent. */
static __always_inline struct process_entry *entry_draft_at_fork(struct task_struct *origin, struct scratch *memory,
								 const u64 *of_program,
								 const enum generation generation)
{
	struct process_entry *draft = &memory->entry;
	struct process_entry *from = entry_of(origin->group_leader, generation);

	if (!from)
		return NULL;
	__builtin_memset(draft, 0, sizeof(*draft));
	bpf_probe_read_kernel(draft->classes, sizeof(draft->classes), from->classes);
	draft->flags = from->flags;
	/* A flag that was not set yet stays so, and what is found later is found for the new process as well. */
	asm volatile("" ::: "memory");
	lineage_add(&draft->above, &from->own);
	lineage_add(&draft->above, &from->above);
	lineage_add(&draft->above, &from->found);
	for (u32 word = 0; word < EXEC_WORDS; word++) {
		draft->own.holds[word] = from->own.holds[word] & of_program[word];
		draft->own.unknown[word] = from->own.unknown[word] & of_program[word];
	}
	return draft;
}

/*
 * Of a thread that executes a program while it is not the first of its process: it becomes the first, and the storage of
 * the one before it is lost. Called before that.
 */
static __always_inline int entry_move_to_thread(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (task->pid == task->tgid)
		return 0;

	struct process_entry *from = entry_of(task->group_leader, GENERATION_6_1);

	bpf_task_storage_delete(&process_entries, task);
	/* An entry in the table stays the process's. */
	if (from)
		bpf_task_storage_get(&process_entries, task, from, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return 0;
}

/* Processes between one that ran before the programs did and the first one. More are not known. */
#define ANCESTORS_MAX 64

/* What a process that ran before descends from: what runs above it now. */
static __always_inline void entry_find_above(struct task_struct *leader, struct process_entry *entry,
					     const enum generation generation)
{
	struct lineage found = {};
	struct task_struct *task = leader;

#pragma clang loop unroll(disable)
	for (u32 step = 0; step < ANCESTORS_MAX; step++) {
		task = task->real_parent;
		task = task->group_leader;
		if (!task->tgid)
			goto known;

		struct process_entry *above = entry_of(task, generation);

		if (!above)
			return;
		lineage_add(&found, &above->own);
		lineage_add(&found, &above->above);
		if (above->flags & ENTRY_LINEAGE_KNOWN) {
			lineage_add_above(&found, above);
			goto known;
		}
	}
	return;
known:
	entry->found = found;
	asm volatile("" ::: "memory");
	entry->flags |= ENTRY_LINEAGE_KNOWN;
}
#endif

#endif
