/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Static points of programs: where their arguments are depends on how the program was compiled. The runtime reads it
 * from the file's notes and puts it into a map, a row for each way in which the points of a hook have them.
 */
#ifndef POLICYC_STATIC_POINT_H
#define POLICYC_STATIC_POINT_H

#include "event.h"
#include "generation.h"

#ifndef STATIC_ROWS
#define STATIC_ROWS 1
#endif

#define STATIC_ARGUMENTS 12
/* In the place of a register. */
#define NO_REGISTER 0xffff

/* The value is `constant`, with what registers add to it; in memory: what is there. */
struct static_argument {
	u64 constant;
	/* Where the registers are in struct pt_regs. */
	u16 base;
	u16 index;
	/* Bits that the index is shifted by. */
	u8 shift;
	/* Bytes of the value: 1, 2, 4 or 8. */
	u8 bytes;
	u8 is_signed;
	u8 in_memory;
};

struct static_row {
	struct static_argument arguments[STATIC_ARGUMENTS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, STATIC_ROWS);
	__type(key, u32);
	__type(value, struct static_row);
} static_rows SEC(".maps");

/* The row of the point that was come to; kernels without cookies have one for all points of a hook. */
static __always_inline const struct static_row *static_row(struct pt_regs *registers, u32 first,
							   const enum generation generation)
{
	u32 row = generation == GENERATION_6_1 ? bpf_get_attach_cookie(registers) : first;

	return bpf_map_lookup_elem(&static_rows, &row);
}

static __always_inline u64 static_register(struct pt_regs *registers, u16 at)
{
	u64 value = 0;

	if (at <= sizeof(struct pt_regs) - sizeof(value))
		bpf_probe_read_kernel(&value, sizeof(value), (void *)registers + at);
	return value;
}

/* An argument, as wide as a register. One that can't be read, which is counted, is 0. */
static __always_inline u64 static_argument(struct pt_regs *registers, const struct static_row *row, const u32 number)
{
	const struct static_argument *argument = &row->arguments[number];
	u64 value = argument->constant + static_register(registers, argument->base) +
		    (static_register(registers, argument->index) << (argument->shift & 3));
	u64 bytes = argument->bytes;

	if (bytes < 1 || bytes > sizeof(value))
		return 0;
	if (argument->in_memory) {
		u64 address = value;

		value = 0;
		if (bpf_probe_read_user(&value, bytes, (void *)address))
			count(COUNTER_UNRESOLVED);
	}

	u32 unused = 64 - 8 * bytes;

	return argument->is_signed ? (u64)((s64)(value << unused) >> unused) : value << unused >> unused;
}

#endif
