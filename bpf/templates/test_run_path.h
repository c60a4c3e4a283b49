/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Test-run builds: paths that come out of a map; otherwise as in path.h, which includes this. */
#ifndef POLICYC_TEST_RUN_PATH_H
#define POLICYC_TEST_RUN_PATH_H

#include "test_run.h"

struct path_value {
	const struct test_path *path;
	u32 mode;
	u32 flags;
	u32 type;
};

static __always_inline u32 path_mode(const struct path_value *value)
{
	return value->mode;
}

static __always_inline u32 path_type(const struct path_value *value)
{
	return value->type;
}

static __always_inline u32 path_flags(const struct path_value *value)
{
	return value->flags;
}

static __always_inline void path_root(struct path_value *value, const enum generation generation)
{
}

/* Nothing is known of the ends of a path that can't be read whole: those are checked by its first read. */
static __always_inline void path_tail(const struct path_value *value, struct path_ends *ends)
{
	const struct test_path *path = value->path;
	u64 length = path->tail_length;
	u64 tail = 0;

	ends->status = path->status;
	ends->has_tail = path->status == PATH_PRESENT;
	bpf_probe_read_kernel(&tail, sizeof(tail),
			      (const u8 *)path->bytes + bounded(path->length, PATH_BYTES) - sizeof(u64));
	/* What lies before a short component is none of it. */
	if (length == 0)
		tail = 0;
	else if (length < sizeof(u64))
		tail &= ~0ULL << (64 - 8 * bounded(length, sizeof(u64)));
	ends->tail = tail;
}

static __always_inline void path_head(const struct path_value *value, struct path_ends *ends)
{
	const struct test_path *path = value->path;

	ends->status = path->status;
	ends->has_head = path->status == PATH_PRESENT && path->has_head;
	ends->head = path->head;
}

static __always_inline void path_read(const struct path_value *value, struct scratch *scratch,
				      struct path_text *text, const bool near)
{
	u64 length = bounded(value->path->length, PATH_BYTES);

	scratch->after_path[0] = 0;
	text->status = value->path->status;
	text->offset = PATH_BYTES - length;
	text->length = length;
	bpf_probe_read_kernel(&scratch->path[bounded(text->offset, PATH_BYTES)], length, value->path->bytes);
	if (text->status == PATH_UNRESOLVED)
		count(COUNTER_UNRESOLVED);
}

#endif
