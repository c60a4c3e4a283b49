/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Refusals that are decided when a system call begins and take effect at the security hook that the call goes through:
 * the kernel lets no program make the call's own function fail.
 */
#ifndef POLICYC_REFUSAL_H
#define POLICYC_REFUSAL_H

#include "decide.h"
#include "namespace.h"

#define SIGKILL 9

struct refusal_key {
	u64 thread;
	/* Number of the hook that decided. */
	u32 hook;
	u32 reserved0;
};

/* One for each thread that is between the decision and the security hook; the oldest makes room. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct refusal_key);
	__type(value, u32);
} refusals SEC(".maps");

/* A call begins: what an earlier one left behind is void. */
static __always_inline void refusal_forget(const u32 hook)
{
	struct refusal_key key = { .thread = bpf_get_current_pid_tgid(), .hook = hook };

	bpf_map_delete_elem(&refusals, &key);
}

/* The call is to fail with `errno`. Without memory to say so, the process must not go on. */
static __always_inline void refusal_note(const u32 hook, u32 errno)
{
	struct refusal_key key = { .thread = bpf_get_current_pid_tgid(), .hook = hook };

	if (bpf_map_update_elem(&refusals, &key, &errno, BPF_ANY))
		bpf_send_signal(SIGKILL);
}

/* The errno that the current call is to fail with; 0: none. */
static __always_inline u32 refusal_noted(const u32 hook)
{
	struct refusal_key key = { .thread = bpf_get_current_pid_tgid(), .hook = hook };
	u32 *errno = bpf_map_lookup_elem(&refusals, &key);

	return errno ? *errno : 0;
}

#endif
