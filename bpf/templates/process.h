/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Starts and ends of processes, so that every other event can say who did it. */
#ifndef POLICYC_PROCESS_H
#define POLICYC_PROCESS_H

#include "credentials.h"
#include "event.h"

static __always_inline u64 padded(u64 length)
{
	return (length + 7) & ~7ULL;
}

/* Appends a path to the texts at `at`; gives back its length. */
static __always_inline u64 exec_path(struct scratch *scratch, struct exec_scratch *record, u64 at,
				     struct dentry *dentry, struct vfsmount *mnt, u32 cut,
				     const enum generation generation)
{
	struct path_value value;
	struct path_text text;

	path_of(&value, dentry, mnt);
	path_root(&value, generation);
	path_read(&value, scratch, &text, false);
	if (text.status == PATH_UNRESOLVED)
		record->exec.flags |= cut;

	u64 length = bounded(text.length, PATH_BYTES);

	bpf_probe_read_kernel(&record->text[bounded(at, EXEC_TEXT_BYTES - PATH_BYTES)], length,
			      &scratch->path[bounded(text.offset, PATH_BYTES)]);
	return length;
}

/* The file that was asked for, as the caller named it, where the kernel runs an interpreter in its place. */
static __always_inline u64 exec_interpreted(struct exec_scratch *record, struct linux_binprm *bprm)
{
	long length = bpf_probe_read_kernel_str(record->text, PATH_BYTES, bprm->filename);

	record->exec.flags |= EXEC_INTERPRETED;
	return length > 0 ? bounded(length - 1, PATH_BYTES) : 0;
}

static __always_inline int process_exec(struct task_struct *task, struct linux_binprm *bprm,
					const enum generation generation)
{
#ifdef EXEC_SNAPSHOTS
	snapshot_exec(task);
#endif
	struct scratch *scratch = scratch_acquire(generation);

	if (!scratch) {
		count(COUNTER_LOST);
		return 0;
	}

	struct exec_scratch *record = (void *)scratch->record;

	event_header(&record->header, EVENT_EXEC, generation);

	struct task_struct *parent = task->real_parent;
	struct task_struct *parent_leader = parent->group_leader;
	struct mm_struct *mm = task->mm;
	struct file *file = mm->exe_file;
	struct pid *pid = task->thread_pid;
	u32 ns_level = pid->level;
	struct upid innermost = {};

	record->exec.parent_tgid = parent->tgid;
	record->exec.parent_start_time = parent_leader->start_boottime;
	record->exec.auid = task->loginuid.val;
	record->exec.cgroup = bpf_get_current_cgroup_id();
	record->exec.mnt_ns = task->nsproxy->mnt_ns->ns.inum;
	bpf_probe_read_kernel(&innermost, sizeof(innermost),
			      (void *)((u64)pid + bpf_core_field_offset(struct pid, numbers) +
				       bounded(ns_level, 32) * bpf_core_type_size(struct upid)));
	record->exec.pid_ns = 0;
	if (innermost.ns)
		bpf_core_read(&record->exec.pid_ns, sizeof(u32), &innermost.ns->ns.inum);
	record->exec.ns_tgid = ns_level ? innermost.nr : 0;
	record->exec.flags = 0;
	/* 8 bytes on every kernel, by changing names. */
	record->exec.cap_effective = 0;
	bpf_core_read(&record->exec.cap_effective, sizeof(u64), &task->cred->cap_effective);
	record->exec.reserved0 = 0;

	u64 length = (u64)bprm->interp != (u64)bprm->filename ?
			     exec_interpreted(record, bprm) :
			     exec_path(scratch, record, 0, file->f_path.dentry, file->f_path.mnt,
				       EXEC_BINARY_CUT, generation);
	u64 at = padded(length);

	record->exec.binary_length = length;

	/* argv lies in the new image's memory as the kernel has just written it; argv[0] goes. */
	u64 start = mm->arg_start;
	u64 bytes = mm->arg_end - start;
	u8 *texts = &record->text[bounded(at, PATH_BYTES)];
	long first = bpf_probe_read_user_str(texts, ARGUMENTS_BYTES, (void *)start);
	u64 skip = first > 0 ? first : 0;

	if (skip > bytes)
		skip = bytes;
	start += skip;
	bytes -= skip;
	if (bytes > ARGUMENTS_BYTES)
		record->exec.flags |= EXEC_ARGUMENTS_CUT;
	bytes = bounded(bytes, ARGUMENTS_BYTES);
	if (bpf_probe_read_user(texts, bytes, (void *)start))
		bytes = 0;
	record->exec.arguments_length = bytes;
	at += padded(bytes);

	struct fs_struct *fs = task->fs;

	length = exec_path(scratch, record, at, fs->pwd.dentry, fs->pwd.mnt, EXEC_DIRECTORY_CUT, generation);
	record->exec.directory_length = length;
	at += padded(length);
	event_send(&record->header, bounded(sizeof(struct event_header) + sizeof(struct exec_record) + at,
					    sizeof(struct exec_scratch)));
	scratch_release();
	return 0;
}

/* A process that shares its parent's image until it execs. New threads pass without a word. */
static __always_inline int process_fork(struct task_struct *origin, struct task_struct *task,
					const enum generation generation)
{
	struct {
		struct event_header header;
		struct clone_record clone;
	} record;

	if (task->pid != task->tgid)
		return 0;
#ifdef EXEC_SNAPSHOTS
	snapshot_fork(origin, task);
#endif
	event_header(&record.header, EVENT_CLONE, generation);

	struct task_struct *leader = origin->group_leader;
	struct task_struct *parent = task->real_parent;
	struct task_struct *parent_leader = parent->group_leader;

	record.header.tgid = task->tgid;
	record.header.tid = task->pid;
	record.header.start_time = task->start_boottime;
	record.clone.parent_tgid = parent->tgid;
	record.clone.parent_start_time = parent_leader->start_boottime;
	record.clone.origin_tgid = origin->tgid;
	record.clone.origin_start_time = leader->start_boottime;
	event_send(&record, sizeof(record));
	return 0;
}

static __always_inline int process_exit(struct task_struct *task, const enum generation generation)
{
	struct event_header header;
	u64 pid_tgid = bpf_get_current_pid_tgid();

#ifdef EXEC_SNAPSHOTS
	snapshot_exit(task);
#endif
	/* The process ends with its leader; other threads end without a word. */
	if ((u32)pid_tgid != pid_tgid >> 32)
		return 0;
	event_header(&header, EVENT_EXIT, generation);
	header.result = task->exit_code;
	event_send(&header, sizeof(header));
	return 0;
}

#endif
