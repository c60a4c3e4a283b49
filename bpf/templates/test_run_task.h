/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Test-run builds: processes that come out of a map; otherwise as in task.h and exec_stage.h, which include this. */
#ifndef POLICYC_TEST_RUN_TASK_H
#define POLICYC_TEST_RUN_TASK_H

#include "test_run.h"

struct process_value {
	const struct process_entry *entry;
	bool absent;
	u32 pid;
	u32 ns_pid;
	u32 uid;
	u32 gid;
	u32 euid;
	u32 egid;
	u32 auid;
	u32 tty;
	bool tty_absent;
	u64 caps_effective, caps_permitted, caps_inheritable;
	u64 caps_effective_changed, caps_permitted_changed, caps_inheritable_changed;
	u32 namespace_uts, namespace_ipc, namespace_mnt, namespace_pid, namespace_pid_for_children, namespace_net, namespace_time, namespace_time_for_children, namespace_cgroup,
		namespace_user;
	u32 namespace_uts_host, namespace_ipc_host, namespace_mnt_host, namespace_pid_host, namespace_pid_for_children_host, namespace_net_host, namespace_time_host,
		namespace_time_for_children_host, namespace_cgroup_host, namespace_user_host;
	u32 namespace_changed;
	const struct test_path *comm, *cwd;
};

static __always_inline bool process_present(const struct process_value *value)
{
	return !value->absent;
}

static __always_inline bool process_has_tty(const struct process_value *value)
{
	return !value->tty_absent;
}

#define PROCESS_NUMBER(name)                                                              \
	static __always_inline u64 process_##name(const struct process_value *value)     \
	{                                                                                 \
		return value->name;                                                       \
	}

PROCESS_NUMBER(pid)
PROCESS_NUMBER(ns_pid)
PROCESS_NUMBER(uid)
PROCESS_NUMBER(gid)
PROCESS_NUMBER(euid)
PROCESS_NUMBER(egid)
PROCESS_NUMBER(auid)
PROCESS_NUMBER(tty)
PROCESS_NUMBER(caps_effective)
PROCESS_NUMBER(caps_permitted)
PROCESS_NUMBER(caps_inheritable)
PROCESS_NUMBER(caps_effective_changed)
PROCESS_NUMBER(caps_permitted_changed)
PROCESS_NUMBER(caps_inheritable_changed)
PROCESS_NUMBER(namespace_changed)

#define PROCESS_NAMESPACE(name) \
	PROCESS_NUMBER(name)    \
	PROCESS_NUMBER(name##_host)

PROCESS_NAMESPACE(namespace_uts)
PROCESS_NAMESPACE(namespace_ipc)
PROCESS_NAMESPACE(namespace_mnt)
PROCESS_NAMESPACE(namespace_pid)
PROCESS_NAMESPACE(namespace_pid_for_children)
PROCESS_NAMESPACE(namespace_net)
PROCESS_NAMESPACE(namespace_time)
PROCESS_NAMESPACE(namespace_time_for_children)
PROCESS_NAMESPACE(namespace_cgroup)
PROCESS_NAMESPACE(namespace_user)

static __always_inline const struct process_entry *process_entry(const struct process_value *value,
								 const enum generation generation)
{
	return value->entry;
}

#endif
