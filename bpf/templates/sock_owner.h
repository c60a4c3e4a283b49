/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Whose a socket is: events about it are told of its process, also where another one works for it. */
#ifndef POLICYC_SOCK_OWNER_H
#define POLICYC_SOCK_OWNER_H

#include "event.h"

struct sock_owner {
	u32 tgid;
	u32 tid;
	u32 uid;
	u32 reserved0;
	u64 start_time;
};

/* By the address of the struct sock; the oldest makes room. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32000);
	__type(key, u64);
	__type(value, struct sock_owner);
} sock_owners SEC(".maps");

/* From now on the socket is that of the process that is running. */
static __always_inline void sock_track(u64 sock, const enum generation generation)
{
	struct event_header header = {};

	if (!sock)
		return;
	event_header(&header, EVENT_HOOK, generation);

	struct sock_owner owner = {
		.tgid = header.tgid,
		.tid = header.tid,
		.uid = header.uid,
		.start_time = header.start_time,
	};

	bpf_map_update_elem(&sock_owners, &sock, &owner, BPF_ANY);
}

static __always_inline void sock_untrack(u64 sock)
{
	bpf_map_delete_elem(&sock_owners, &sock);
}

/* Has the record be about the process that the socket is of, where that is known. */
static __always_inline void event_owner(struct event_header *header, u64 sock)
{
	struct sock_owner *owner = bpf_map_lookup_elem(&sock_owners, &sock);

	if (!owner)
		return;
	header->tgid = owner->tgid;
	header->tid = owner->tid;
	header->uid = owner->uid;
	header->start_time = owner->start_time;
}

#endif
