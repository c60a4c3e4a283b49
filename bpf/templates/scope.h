/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Which rules are for the workload that acts. The runtime decides that once for each cgroup and writes it as the
 * number of a row of bits; here a cgroup is looked up. A new cgroup takes what its parent has, or, where its name
 * is a container's, the row of containers that nobody has identified yet.
 */
#ifndef POLICYC_SCOPE_H
#define POLICYC_SCOPE_H

#include "maps.h"

/* 64-bit words of a row: those of every hook with rules for certain workloads, one after the other. */
#ifndef SCOPE_WORDS
#define SCOPE_WORDS 1
#endif

#ifdef POLICYC_TEST_RUN
/* Test-run builds: a row that comes out of a map. */
struct scope_value {
	const u64 *words;
};

static __always_inline const u64 *scope_words(const struct scope_value *value)
{
	return value->words;
}
#else

/* Different combinations of policies that workloads can have. */
#define SCOPE_ROWS 1024
/* Cgroups that have a row of their own; others take that of the nearest ancestor. */
#define SCOPE_CGROUPS 16384
/* Ancestors that are looked at. */
#define SCOPE_ANCESTORS 64

/* Rows that are always there; runtime/manifest.ts has the same numbers. */
enum scope_row_number {
	/* A container that nobody has identified. Also what a cgroup has of which nothing is known. */
	SCOPE_UNIDENTIFIED = 0,
	SCOPE_HOST = 1,
};

struct scope_row {
	u64 words[SCOPE_WORDS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SCOPE_ROWS);
	__type(key, u32);
	__type(value, struct scope_row);
} scope_rows SEC(".maps");

/* By the id of the cgroup in the hierarchy of version 2. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SCOPE_CGROUPS);
	__type(key, u64);
	__type(value, u32);
} scope_cgroups SEC(".maps");

/* How often something happened that the runtime looks for. */
enum scope_count {
	SCOPE_CHANGED = 0,
	SCOPE_FULL = 1,
	SCOPE_COUNTS = 2,
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SCOPE_COUNTS);
	__type(key, u32);
	__type(value, u64);
} scope_counts SEC(".maps");

static __always_inline void scope_count(u32 count)
{
	u64 *value = bpf_map_lookup_elem(&scope_counts, &count);

	if (value)
		__sync_fetch_and_add(value, 1);
}

static __always_inline u64 cgroup_id(struct cgroup *cgroup)
{
	return BPF_CORE_READ(cgroup, kn, id);
}

/* The row of the nearest ancestor that has one: for a cgroup that found no room. */
static __noinline u32 scope_of_ancestors(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);

	for (u32 step = 0; step < SCOPE_ANCESTORS && cgroup; step++) {
		cgroup = BPF_CORE_READ(cgroup, self.parent, cgroup);

		u64 id = cgroup_id(cgroup);
		u32 *row = bpf_map_lookup_elem(&scope_cgroups, &id);

		if (row)
			return *row;
	}
	return SCOPE_UNIDENTIFIED;
}

/* Where a hook's words are in a row. Always a constant. */
struct scope_value {
	u32 first;
};

/* The words of a hook for the task that is running. */
static __always_inline const u64 *scope_words(const struct scope_value *value)
{
	u64 id = bpf_get_current_cgroup_id();
	u32 *own = bpf_map_lookup_elem(&scope_cgroups, &id);
	u32 number = own ? *own : scope_of_ancestors();
	struct scope_row *row = bpf_map_lookup_elem(&scope_rows, &number);

	return row ? &row->words[value->first] : NULL;
}

/* Hexadecimal digits of a container's id, in the names that engines give to cgroups. */
#define CONTAINER_ID_DIGITS 64
#define CGROUP_NAME_BYTES 128
#define SCOPE_SUFFIX ".scope"

static __always_inline bool starts_with(const char *name, const char *start, const u32 length)
{
	for (u32 at = 0; at < length; at++)
		if (name[at] != start[at])
			return false;
	return true;
}

#define STARTS_WITH(name, start) starts_with(name, start, sizeof(start) - 1)
/* With the NUL at the end. */
#define IS_NAME(name, whole) starts_with(name, whole, sizeof(whole))

/* Whether a name of `length` bytes ends with a container's id, or with one and systemd's suffix. */
static __always_inline bool ends_with_id(const char *name, u64 length)
{
	const u64 suffix = sizeof(SCOPE_SUFFIX) - 1;
	char end[sizeof(SCOPE_SUFFIX)] = {};
	char id[CONTAINER_ID_DIGITS] = {};

	if (length < CONTAINER_ID_DIGITS)
		return false;
	bpf_probe_read_kernel(end, suffix, name + length - suffix);
	if (STARTS_WITH(end, SCOPE_SUFFIX))
		length -= suffix;
	if (length < CONTAINER_ID_DIGITS)
		return false;
	bpf_probe_read_kernel(id, sizeof(id), name + length - CONTAINER_ID_DIGITS);
	for (u32 at = 0; at < CONTAINER_ID_DIGITS; at++) {
		u8 digit = id[at] - '0';
		u8 letter = id[at] - 'a';

		if (digit > 9 && letter > 5)
			return false;
	}
	return true;
}

/* Whether everything below a cgroup of this name is in containers, or the cgroup is one. */
static __noinline u32 is_container_name(struct kernfs_node *node)
{
	const char *name = BPF_CORE_READ(node, name);
	char start[CGROUP_NAME_BYTES] = {};
	long length = bpf_probe_read_kernel_str(start, sizeof(start), name);

	if (IS_NAME(start, "kubepods") || IS_NAME(start, "kubepods.slice") || IS_NAME(start, "docker") ||
	    IS_NAME(start, "libpod_parent") || STARTS_WITH(start, "lxc.payload."))
		return 1;
	/* What an engine runs beside each container. */
	if (STARTS_WITH(start, "crio-conmon-") || STARTS_WITH(start, "libpod-conmon-"))
		return 0;
	return length > 0 && ends_with_id(name, length - 1);
}

/* Only the hierarchy of version 2 has this number. */
static __always_inline bool is_unified(struct cgroup *cgroup)
{
	return BPF_CORE_READ(cgroup, root, hierarchy_id) == 0;
}

/* Before anything can be put into it. */
SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(scope_mkdir, struct cgroup *cgroup, const char *path)
{
	if (!is_unified(cgroup))
		return 0;

	struct cgroup *parent = BPF_CORE_READ(cgroup, self.parent, cgroup);
	u64 id = cgroup_id(cgroup);
	u64 parent_id = cgroup_id(parent);
	u32 *inherited = bpf_map_lookup_elem(&scope_cgroups, &parent_id);

	scope_count(SCOPE_CHANGED);
	/* Its ancestors are looked at instead. */
	if (!inherited)
		return 0;

	u32 row = *inherited;

	if (row == SCOPE_HOST && is_container_name(BPF_CORE_READ(cgroup, kn)))
		row = SCOPE_UNIDENTIFIED;
	if (bpf_map_update_elem(&scope_cgroups, &id, &row, BPF_NOEXIST))
		scope_count(SCOPE_FULL);
	return 0;
}

/* Nothing is left in it. */
SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(scope_rmdir, struct cgroup *cgroup, const char *path)
{
	if (!is_unified(cgroup))
		return 0;

	u64 id = cgroup_id(cgroup);

	bpf_map_delete_elem(&scope_cgroups, &id);
	scope_count(SCOPE_CHANGED);
	return 0;
}
#endif

#endif
