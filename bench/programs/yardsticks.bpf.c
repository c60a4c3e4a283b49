// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What generated programs are compared with: nothing at all, and what one would write by hand. */
#include "event.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("fexit/security_file_permission")
int BPF_PROG(empty, struct file *file, int mask, int result)
{
	return 0;
}

#define KEY_BYTES 64
#define TEXT_BYTES 256

struct prefix_key {
	u32 bits;
	char text[KEY_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 64);
	__type(key, struct prefix_key);
	__type(value, u32);
} prefixes SEC(".maps");

struct record {
	struct event_header header;
	u32 length;
	u32 mask;
	char text[TEXT_BYTES];
};

struct room {
	struct prefix_key key;
	struct record record;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct room);
} rooms SEC(".maps");

/* The whole path by bpf_d_path, one look into a trie of prefixes, an event when there is a hit. */
SEC("fexit/security_file_permission")
int BPF_PROG(by_hand, struct file *file, int mask, int result)
{
	u32 zero = 0;
	struct room *room = bpf_map_lookup_elem(&rooms, &zero);

	if (!room || mask != 4)
		return 0;

	long length = bpf_d_path(&file->f_path, room->record.text, sizeof(room->record.text));

	if (length <= 0)
		return 0;
	room->key.bits = (length < KEY_BYTES ? length : KEY_BYTES) * 8;
	__builtin_memcpy(room->key.text, room->record.text, KEY_BYTES);
	if (!bpf_map_lookup_elem(&prefixes, &room->key))
		return 0;
	room->record.length = length;
	room->record.mask = mask;
	event_header(&room->record.header, EVENT_HOOK, GENERATION_6_1);
	bpf_ringbuf_output(&events, &room->record, sizeof(room->record), BPF_RB_NO_WAKEUP);
	return 0;
}
