/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Test-run builds: paths that come out of a map; otherwise as in path.h, which includes this. */
#ifndef POLICYC_TEST_RUN_PATH_H
#define POLICYC_TEST_RUN_PATH_H

#include "test_run.h"

struct path_value {
	const struct test_path *path;
};

/* Knows nothing of the ends of a path that can't be read whole: those are checked by its first read. */
static __always_inline void path_ends(const struct path_value *value, struct path_ends *ends,
				      const bool want_head, const bool want_tail)
{
	const struct test_path *path = value->path;
	bool whole = path->status == PATH_PRESENT;

	ends->status = path->status;
	ends->head = path->head;
	ends->tail = 0;
	ends->tail_length = path->tail_length;
	ends->has_tail = want_tail && whole;
	ends->has_head = want_head && whole && path->has_head;
	if (ends->has_tail)
		bpf_probe_read_kernel(&ends->tail, sizeof(ends->tail),
				      (const u8 *)path->bytes + bounded(path->length, PATH_BYTES) - sizeof(u64));
}

static __always_inline void path_read(const struct path_value *value, struct scratch *scratch,
				      struct path_text *text, const enum generation generation)
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
