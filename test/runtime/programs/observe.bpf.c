// A program that reports processes without any policy: what the runtime's own tests load.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct header {
	__u32 size;
	__u8 kind, flags;
	__u16 hook;
	__u32 tgid, tid;
	__u64 time, start_time, result;
	__u16 decisions, reserved;
	__u32 uid;
};

struct hook_record {
	struct header head;
	__u32 decision, padding;
	__u64 argument;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} modes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

struct alert_counts {
	__u64 suppressed;
	__u64 lost;
	__u64 delivered;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct alert_counts);
} alerts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} chosen SEC(".maps");

SEC("raw_tp/sched_process_exec")
int on_exec(void *ctx)
{
	__u32 zero = 0, seven = 7;
	__u32 *mode = bpf_map_lookup_elem(&modes, &zero);
	__u32 *value = bpf_map_lookup_elem(&chosen, &seven);
	__u64 *hit = bpf_map_lookup_elem(&hits, &zero);
	struct alert_counts *counts = bpf_map_lookup_elem(&alerts, &zero);
	struct hook_record *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (!record) {
		__u64 *lost = bpf_map_lookup_elem(&counters, &zero);
		if (lost)
			*lost += 1;
		if (counts)
			counts->lost += 1;
		return 0;
	}
	__builtin_memset(record, 0, sizeof(*record));
	record->head.size = sizeof(*record);
	record->head.kind = 1;
	record->head.tgid = bpf_get_current_pid_tgid() >> 32;
	record->head.tid = bpf_get_current_pid_tgid();
	record->head.time = bpf_ktime_get_boot_ns();
	record->head.decisions = 1;
	record->head.uid = bpf_get_current_uid_gid();
	if (mode && *mode)
		record->decision = 1 << 24;
	record->argument = value ? *value : 0;
	if (hit)
		*hit += 1;
	if (counts)
		counts->delivered += 1;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("raw_tp/sched_process_fork")
int never_chosen(void *ctx)
{
	return 0;
}

#ifdef REFUSED
// Inlined line numbers keep the file of their function, so the function is the policy's as a whole.
#line 12 "walls.policy"
SEC("raw_tp/sched_process_exit")
int refused(void *ctx)
{
	__u32 zero = 0;
	__u32 *value = bpf_map_lookup_elem(&chosen, &zero);
	*value += 1;
	return 0;
}
#endif

char LICENSE[] SEC("license") = "GPL";
