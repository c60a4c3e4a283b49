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
};

static __always_inline bool process_present(const struct process_value *value)
{
	return !value->absent;
}

#define PROCESS_NUMBER(name)                                                              \
	static __always_inline u32 process_##name(const struct process_value *value)     \
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

static __always_inline const struct process_entry *process_entry(const struct process_value *value,
								 const enum generation generation)
{
	return value->entry;
}

#endif
