/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Capabilities and namespaces of tasks, and what they were when the process executed its program. */
#ifndef POLICYC_CREDENTIALS_H
#define POLICYC_CREDENTIALS_H

#include "maps.h"

/* As src/kernel/namespaces.ts lists them. */
enum namespace_kind {
	NAMESPACE_UTS,
	NAMESPACE_IPC,
	NAMESPACE_MNT,
	NAMESPACE_PID,
	NAMESPACE_PID_FOR_CHILDREN,
	NAMESPACE_NET,
	NAMESPACE_TIME,
	NAMESPACE_TIME_FOR_CHILDREN,
	NAMESPACE_CGROUP,
	NAMESPACE_USER,
	NAMESPACE_KINDS,
};

/*
 * Credentials are a task's own (`real_cred`), not those that it acts with for a moment: overlayfs reads files with
 * those of whoever mounted it.
 */

/* 8 bytes on every kernel, by changing names. */
#define TASK_CAPABILITIES(set)                                                              \
	static __always_inline u64 task_caps_##set(struct task_struct *task)                \
	{                                                                                   \
		const struct cred *cred = BPF_CORE_READ(task, real_cred);                   \
		u64 bits = 0;                                                               \
                                                                                            \
		bpf_core_read(&bits, sizeof(bits), &cred->cap_##set);                       \
		return bits;                                                                \
	}

TASK_CAPABILITIES(effective)
TASK_CAPABILITIES(permitted)
TASK_CAPABILITIES(inheritable)

/* The namespace in which the task has its own number, not the one that its children will be in. */
static __always_inline u32 task_pid_namespace(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	u32 level = BPF_CORE_READ(pid, level);
	struct upid innermost = {};

	bpf_probe_read_kernel(&innermost, sizeof(innermost),
			      (void *)((u64)pid + bpf_core_field_offset(struct pid, numbers) +
				       (level & 63) * bpf_core_type_size(struct upid)));
	return innermost.ns ? BPF_CORE_READ(innermost.ns, ns.inum) : 0;
}

/* Number of the inode of a namespace, `kind` being a constant; 0 of a task that has left its namespaces. */
static __always_inline u32 task_namespace(struct task_struct *task, const enum namespace_kind kind)
{
	switch (kind) {
	case NAMESPACE_UTS:
		return BPF_CORE_READ(task, nsproxy, uts_ns, ns.inum);
	case NAMESPACE_IPC:
		return BPF_CORE_READ(task, nsproxy, ipc_ns, ns.inum);
	case NAMESPACE_MNT:
		return BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	case NAMESPACE_PID:
		return task_pid_namespace(task);
	case NAMESPACE_PID_FOR_CHILDREN:
		return BPF_CORE_READ(task, nsproxy, pid_ns_for_children, ns.inum);
	case NAMESPACE_NET:
		return BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	case NAMESPACE_TIME:
		return BPF_CORE_READ(task, nsproxy, time_ns, ns.inum);
	case NAMESPACE_TIME_FOR_CHILDREN:
		return BPF_CORE_READ(task, nsproxy, time_ns_for_children, ns.inum);
	case NAMESPACE_CGROUP:
		return BPF_CORE_READ(task, nsproxy, cgroup_ns, ns.inum);
	case NAMESPACE_USER:
		return BPF_CORE_READ(task, real_cred, user_ns, ns.inum);
	default:
		return 0;
	}
}

#ifdef HOST_NAMESPACES
/* By kind, the namespaces of the host's first process. The runtime fills it before anything is attached. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NAMESPACE_KINDS);
	__type(key, u32);
	__type(value, u32);
} host_namespaces SEC(".maps");

static __always_inline u32 task_in_host_namespace(struct task_struct *task, const enum namespace_kind kind)
{
	u32 key = kind;
	u32 *host = bpf_map_lookup_elem(&host_namespaces, &key);

	return host && *host && task_namespace(task, kind) == *host;
}
#endif

#ifdef EXEC_SNAPSHOTS
/* What a process had when it executed its program. Its layout is known to the runtime, which fills in those that run. */
struct exec_snapshot {
	u64 effective;
	u64 permitted;
	u64 inheritable;
	u32 namespaces[NAMESPACE_KINDS];
};

/* By process id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, struct exec_snapshot);
} exec_snapshots SEC(".maps");

static __always_inline void snapshot_take(struct exec_snapshot *snapshot, struct task_struct *task)
{
	snapshot->effective = task_caps_effective(task);
	snapshot->permitted = task_caps_permitted(task);
	snapshot->inheritable = task_caps_inheritable(task);
#pragma unroll
	for (int kind = 0; kind < NAMESPACE_KINDS; kind++)
		snapshot->namespaces[kind] = task_namespace(task, kind);
}

static __always_inline void snapshot_keep(u32 tgid, const struct exec_snapshot *snapshot)
{
	/* Without room nothing is known to have changed; the operator sees the count. */
	if (bpf_map_update_elem(&exec_snapshots, &tgid, snapshot, BPF_ANY))
		count(COUNTER_UNRESOLVED);
}

/* The process runs another program from here on. */
static __always_inline void snapshot_exec(struct task_struct *task)
{
	struct exec_snapshot snapshot = {};

	snapshot_take(&snapshot, task);
	snapshot_keep(task->tgid, &snapshot);
}

/* A new process runs the program of its origin: what that had at its exec is what this had. */
static __always_inline void snapshot_fork(struct task_struct *origin, struct task_struct *task)
{
	u32 tgid = origin->tgid;
	struct exec_snapshot *known = bpf_map_lookup_elem(&exec_snapshots, &tgid);

	if (known) {
		struct exec_snapshot copy = *known;

		snapshot_keep(task->tgid, &copy);
	}
}

/* The last thread of a process ends. */
static __always_inline void snapshot_exit(struct task_struct *task)
{
	u32 tgid = task->tgid;

	if (!BPF_CORE_READ(task, signal, live.counter))
		bpf_map_delete_elem(&exec_snapshots, &tgid);
}

/* Of the process that acts; NULL when it ran before the programs did and nobody filled it in. */
static __always_inline struct exec_snapshot *snapshot_current(void)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32;

	return bpf_map_lookup_elem(&exec_snapshots, &tgid);
}

/* Kinds of namespaces, as bits, that are others than at the exec. */
static __always_inline u32 namespaces_changed(struct task_struct *task)
{
	struct exec_snapshot *snapshot = snapshot_current();
	u32 changed = 0;

	if (!snapshot)
		return 0;
#pragma unroll
	for (int kind = 0; kind < NAMESPACE_KINDS; kind++)
		changed |= (task_namespace(task, kind) != snapshot->namespaces[kind]) << kind;
	return changed;
}
#endif

#endif
