/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The arguments and the environment that a program was started with: texts one after the other in the memory of the
 * process, each with a NUL behind it. Generated code walks an automaton over them, one text after the other, and notes
 * the comparisons that each passes. Of a list that is longer, or that can't be read, what was not seen is unknown.
 */
#ifndef POLICYC_TEXT_LIST_H
#define POLICYC_TEXT_LIST_H

#ifndef EXEC_LISTS
#define EXEC_LISTS 1
#endif

#include "exec_stage.h"

/* So much of a list is looked at: 128 KiB. */
#define LIST_CHUNKS 512

/* In front of an argument stands a byte for its number: one for each of the first, one for all others. */
#define FIRST_ARGUMENT 1
#ifndef LATER_ARGUMENTS
#define LATER_ARGUMENTS 33
#endif

struct list_loop {
	struct list_walk *walk;
	/* Whose memory it is. */
	struct task_struct *task;
};

static __always_inline u8 argument_byte(u64 number)
{
	return FIRST_ARGUMENT + bounded(number, LATER_ARGUMENTS - FIRST_ARGUMENT);
}

static __always_inline u8 list_byte(const struct list_walk *walk, u64 at)
{
	/* The verifier has to see the mask where the byte is read. */
	asm volatile("" : "+r"(at));
	return walk->bytes[at & (LIST_CHUNK - 1)];
}

#ifdef POLICYC_TEST_RUN
static __always_inline long list_fetch(const struct list_loop *loop, u64 size, const bool of_other)
{
	return bpf_probe_read_kernel(loop->walk->bytes, bounded(size, LIST_CHUNK), (void *)loop->walk->start);
}
#else
static __always_inline long list_fetch(const struct list_loop *loop, u64 size, const bool of_other)
{
	struct list_walk *walk = loop->walk;
	u64 bytes = bounded(size, LIST_CHUNK);

	if (of_other)
		return bpf_copy_from_user_task(walk->bytes, bytes, (void *)walk->start, loop->task, 0);
	return bpf_probe_read_user(walk->bytes, bytes, (void *)walk->start);
}

#define PROCESS_LIST(name, member)                                                      \
	static __always_inline u64 task_##name##_start(struct task_struct *task)         \
	{                                                                                \
		return BPF_CORE_READ(task, mm, member##_start);                          \
	}                                                                                \
                                                                                         \
	static __always_inline u64 task_##name##_bytes(struct task_struct *task)         \
	{                                                                                \
		u64 start = BPF_CORE_READ(task, mm, member##_start);                     \
		u64 end = BPF_CORE_READ(task, mm, member##_end);                         \
                                                                                         \
		return end > start ? end - start : 0;                                    \
	}

PROCESS_LIST(args, arg)
PROCESS_LIST(env, env)

/* For lists of processes that ran before. One iterator at a time needs it. */
struct list_memory {
	struct list_walk walk;
	struct lineage own;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct list_memory);
} list_memory SEC(".maps");

/*
 * What lists of processes that ran before have come to, until they get their entries: only programs that may sleep
 * can read the memory of others, and those may not look into every map. No storage of tasks: a record that can't be
 * made would leave the process without an entry.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROCESS_ENTRIES);
	__type(key, struct process_key);
	__type(value, struct lineage);
} process_lists SEC(".maps");

static __always_inline struct list_memory *list_memory_get(void)
{
	u32 zero = 0;
	struct list_memory *memory = bpf_map_lookup_elem(&list_memory, &zero);

	if (memory)
		__builtin_memset(&memory->own, 0, sizeof(memory->own));
	return memory;
}

static __always_inline struct lineage *lists_of(struct task_struct *task)
{
	struct process_key key;

	process_key(&key, task);
	return bpf_map_lookup_elem(&process_lists, &key);
}

static __always_inline void lists_keep(struct task_struct *task, struct list_memory *memory)
{
	struct process_key key;

	process_key(&key, task);
	bpf_map_update_elem(&process_lists, &key, &memory->own, BPF_ANY);
}

/* Takes them over into the entry; false: they are not known yet. Kernels without such iterators never know them. */
static __always_inline bool lists_take(struct task_struct *task, struct process_entry *draft, const u64 *of_lists,
				       const enum generation generation)
{
	if (generation >= GENERATION_6_1) {
		struct lineage *lists = lists_of(task);

		if (!lists)
			return false;
		lineage_add(&draft->own, lists);
		return true;
	}
	for (u32 word = 0; word < EXEC_WORDS; word++)
		draft->own.unknown[word] |= of_lists[word];
	return true;
}

static __always_inline void lists_forget(struct task_struct *task, const enum generation generation)
{
	if (generation >= GENERATION_6_1) {
		struct process_key key;

		process_key(&key, task);
		bpf_map_delete_elem(&process_lists, &key);
	}
}
#endif

/* Reads what comes next; 0: nothing does, or it can't be read. */
static __always_inline u64 list_next(const struct list_loop *loop, const bool of_other)
{
	struct list_walk *walk = loop->walk;
	u64 size = bounded(walk->left, LIST_CHUNK);

	if (!size || list_fetch(loop, size, of_other))
		return 0;
	walk->last = list_byte(walk, size - 1);
	walk->start += size;
	walk->left -= size;
	return size;
}

#endif
