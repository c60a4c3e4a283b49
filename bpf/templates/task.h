/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What rules compare of processes: the one that acts, its parent, and those before. */
#ifndef POLICYC_TASK_H
#define POLICYC_TASK_H

#include "credentials.h"
#include "path.h"

#ifdef POLICYC_TEST_RUN
#include "test_run_task.h"
#else
/* A process, by the number of steps up from the one that acts. Always a constant. */
struct process_value {
	u32 level;
};

/* The first thread of a process so many steps up. */
static __always_inline struct task_struct *process_task_at(u32 level)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	task = BPF_CORE_READ(task, group_leader);
	for (u32 step = 0; step < level; step++)
		task = BPF_CORE_READ(task, real_parent, group_leader);
	return task;
}

/* The same; NULL above the first process. */
static __always_inline struct task_struct *process_task(const struct process_value *value)
{
	struct task_struct *task = process_task_at(value->level);

	return BPF_CORE_READ(task, tgid) ? task : NULL;
}

static __always_inline bool process_present(const struct process_value *value)
{
	return value->level == 0 || process_task(value);
}

static __always_inline u32 process_pid(const struct process_value *value)
{
	return BPF_CORE_READ(process_task(value), tgid);
}

static __always_inline u32 task_pid(struct task_struct *task)
{
	return BPF_CORE_READ(task, tgid);
}

/* Its number in its own PID namespace; 0 in the first one. */
static __always_inline u32 task_ns_pid(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	u32 level = BPF_CORE_READ(pid, level);
	struct upid innermost = {};

	if (!level)
		return 0;
	bpf_probe_read_kernel(&innermost, sizeof(innermost),
			      (void *)((u64)pid + bpf_core_field_offset(struct pid, numbers) +
				       bounded(level, 32) * bpf_core_type_size(struct upid)));
	return innermost.nr;
}

static __always_inline u32 process_ns_pid(const struct process_value *value)
{
	return task_ns_pid(process_task(value));
}

/* Whose credentials and namespaces count: each thread has its own, and it is the one that acts that is asked. */
static __always_inline struct task_struct *process_thread(const struct process_value *value)
{
	return value->level ? process_task(value) : (void *)bpf_get_current_task();
}

static __always_inline u32 process_uid(const struct process_value *value)
{
	return BPF_CORE_READ(process_thread(value), real_cred, uid.val);
}

static __always_inline u32 process_gid(const struct process_value *value)
{
	return BPF_CORE_READ(process_thread(value), real_cred, gid.val);
}

static __always_inline u32 process_euid(const struct process_value *value)
{
	return BPF_CORE_READ(process_thread(value), real_cred, euid.val);
}

static __always_inline u32 process_egid(const struct process_value *value)
{
	return BPF_CORE_READ(process_thread(value), real_cred, egid.val);
}

#ifdef EXEC_SNAPSHOTS
#define PROCESS_CAPABILITIES_CHANGED(set)                                                    \
	static __always_inline u64 process_caps_##set##_changed(const struct process_value *value) \
	{                                                                                    \
		struct exec_snapshot *snapshot = snapshot_current();                         \
                                                                                             \
		return snapshot ? snapshot->set ^ task_caps_##set(process_thread(value)) : 0; \
	}

PROCESS_CAPABILITIES_CHANGED(effective)
PROCESS_CAPABILITIES_CHANGED(permitted)
PROCESS_CAPABILITIES_CHANGED(inheritable)

static __always_inline u32 process_namespace_changed(const struct process_value *value)
{
	return namespaces_changed(process_thread(value));
}
#endif

#define PROCESS_CAPABILITIES(set)                                                            \
	static __always_inline u64 process_caps_##set(const struct process_value *value)     \
	{                                                                                    \
		return task_caps_##set(process_thread(value));                               \
	}

PROCESS_CAPABILITIES(effective)
PROCESS_CAPABILITIES(permitted)
PROCESS_CAPABILITIES(inheritable)

#ifdef HOST_NAMESPACES
#define PROCESS_HOST_NAMESPACE(name, kind)                                                   \
	static __always_inline u32 process_namespace_##name##_host(const struct process_value *value) \
	{                                                                                    \
		return task_in_host_namespace(process_thread(value), kind);                  \
	}
#else
#define PROCESS_HOST_NAMESPACE(name, kind)
#endif

#define PROCESS_NAMESPACE(name, kind)                                                        \
	static __always_inline u32 process_namespace_##name(const struct process_value *value)      \
	{                                                                                    \
		return task_namespace(process_thread(value), kind);                          \
	}                                                                                    \
	PROCESS_HOST_NAMESPACE(name, kind)

PROCESS_NAMESPACE(uts, NAMESPACE_UTS)
PROCESS_NAMESPACE(ipc, NAMESPACE_IPC)
PROCESS_NAMESPACE(mnt, NAMESPACE_MNT)
PROCESS_NAMESPACE(pid, NAMESPACE_PID)
PROCESS_NAMESPACE(pid_for_children, NAMESPACE_PID_FOR_CHILDREN)
PROCESS_NAMESPACE(net, NAMESPACE_NET)
PROCESS_NAMESPACE(time, NAMESPACE_TIME)
PROCESS_NAMESPACE(time_for_children, NAMESPACE_TIME_FOR_CHILDREN)
PROCESS_NAMESPACE(cgroup, NAMESPACE_CGROUP)
PROCESS_NAMESPACE(user, NAMESPACE_USER)

static __always_inline u32 process_auid(const struct process_value *value)
{
	return BPF_CORE_READ(process_task(value), loginuid.val);
}

/* NULL: the process has no controlling terminal, or there is no such process. */
static __always_inline struct tty_struct *process_terminal(const struct process_value *value)
{
	return BPF_CORE_READ(process_task(value), signal, tty);
}

static __always_inline bool process_has_tty(const struct process_value *value)
{
	return process_terminal(value);
}

/* The device number of the terminal, as /proc/PID/stat shows it: the kernel's new_encode_dev(). */
static __always_inline u32 process_tty(const struct process_value *value)
{
	struct tty_struct *tty = process_terminal(value);
	struct tty_driver *driver = BPF_CORE_READ(tty, driver);
	u32 major = BPF_CORE_READ(driver, major);
	u32 minor = BPF_CORE_READ(driver, minor_start) + BPF_CORE_READ(tty, index);

	return (minor & 0xff) | major << 8 | (minor & ~0xffU) << 12;
}

/* A place in the file system, as the container of a process names it. */
static __always_inline void task_path(struct task_struct *task, const struct path *place, struct scratch *scratch,
				      struct path_text *text)
{
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct path root = {};

	bpf_core_read(&root, sizeof(root), &fs->root);

	struct path_walk *walk = &scratch->walk;
	struct dentry *root_top = BPF_CORE_READ(root.mnt, mnt_root);
	bool contained = root.dentry == root_top;

	walk->dentry = (u64)place->dentry;
	walk->mnt = (u64)place->mnt;
	walk->mnt_root = (u64)BPF_CORE_READ(place->mnt, mnt_root);
	walk->root_dentry = contained ? (u64)root.dentry : 0;
	walk->root_mnt = contained ? (u64)root.mnt : 0;
	path_walk_whole(scratch, text);
}

static __always_inline void task_text_missing(struct path_text *text)
{
	text->status = PATH_MISSING;
	text->offset = PATH_BYTES;
	text->length = 0;
}

/* The file that a process runs. Threads of the kernel run none. */
static __always_inline void task_exe(struct task_struct *task, struct scratch *scratch, struct path_text *text)
{
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);
	struct path place = {};

	task_text_missing(text);
	if (!exe)
		return;
	bpf_core_read(&place, sizeof(place), &exe->f_path);
	task_path(task, &place, scratch, text);
}

/* The directory that a process is in. */
static __always_inline void task_cwd(struct task_struct *task, struct scratch *scratch, struct path_text *text)
{
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct path place = {};

	task_text_missing(text);
	if (!fs)
		return;
	bpf_core_read(&place, sizeof(place), &fs->pwd);
	task_path(task, &place, scratch, text);
}
#endif

#endif
