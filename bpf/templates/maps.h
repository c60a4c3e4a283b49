/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The maps that every object has, and the counters in them. */
#ifndef POLICYC_MAPS_H
#define POLICYC_MAPS_H

#include "kernel_types.h"

/* Sizes that depend on the policies; generated code defines them before it includes this file. */
#ifndef POLICY_COUNT
#define POLICY_COUNT 1
#endif
#ifndef RULE_COUNT
#define RULE_COUNT 1
#endif
#ifndef EVENTS_BYTES
#define EVENTS_BYTES (1 << 20)
#endif

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, EVENTS_BYTES);
} events SEC(".maps");

enum counter {
	COUNTER_LOST = 0,
	COUNTER_UNRESOLVED = 1,
	COUNTER_SCRATCH_BUSY = 2,
	COUNTER_UNLIMITED = 3,
	COUNTER_COUNT = 4,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_COUNT);
	__type(key, u32);
	__type(value, u64);
} counters SEC(".maps");

/* 1: the policy enforces; 0: it only reports what it would have done. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, POLICY_COUNT);
	__type(key, u32);
	__type(value, u32);
} modes SEC(".maps");

/* How often each rule decided. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, RULE_COUNT);
	__type(key, u32);
	__type(value, u64);
} hits SEC(".maps");

/* What became of each rule's alerts. */
struct alert_counts {
	/* Left out by a limit. */
	u64 suppressed;
	/* Without room for their record. */
	u64 lost;
	/* Handed over. */
	u64 delivered;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, RULE_COUNT);
	__type(key, u32);
	__type(value, struct alert_counts);
} alerts SEC(".maps");

static __always_inline void count(enum counter counter)
{
	u32 key = counter;
	u64 *value = bpf_map_lookup_elem(&counters, &key);

	/* Another program on this CPU may count between load and store, so add atomically. */
	if (value)
		__sync_fetch_and_add(value, 1);
}

/* An alert of a rule is lost. */
static __always_inline void count_lost_alert(u32 rule)
{
	struct alert_counts *counts = bpf_map_lookup_elem(&alerts, &rule);

	if (counts)
		__sync_fetch_and_add(&counts->lost, 1);
}

#endif
