/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Texts of processes that they can change at any time: they are read when an event happens. */
#ifndef POLICYC_PROCESS_TEXT_H
#define POLICYC_PROCESS_TEXT_H

#include "task.h"
#include "text.h"

#ifdef POLICYC_TEST_RUN
#define PROCESS_TEXT(name)                                                                             \
	static __always_inline void process_##name##_read(const struct process_value *value,            \
							  struct scratch *scratch, struct path_text *text) \
	{                                                                                               \
		string_read((u64)value->name, scratch, text);                                           \
	}

PROCESS_TEXT(comm)
PROCESS_TEXT(cwd)
#else
/* The name of the thread that acts, or of the first thread of a process above. */
static __always_inline void process_comm_read(const struct process_value *value, struct scratch *scratch,
					      struct path_text *text)
{
	struct task_struct *task = process_thread(value);
	long bytes = 0;

	if (task)
		bytes = bpf_probe_read_kernel_str(scratch->record, sizeof(task->comm), task->comm);
	if (bytes > 0)
		text_hold(scratch, text, bytes - 1, PATH_PRESENT);
	else
		text_hold(scratch, text, 0, PATH_MISSING);
}

static __always_inline void process_cwd_read(const struct process_value *value, struct scratch *scratch,
					     struct path_text *text)
{
	struct task_struct *task = process_thread(value);

	task_text_missing(text);
	if (task)
		task_cwd(task, scratch, text);
}
#endif

#endif
