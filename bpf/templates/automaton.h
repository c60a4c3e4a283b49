/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Walks of automata over a text in scratch memory; generated code has the tables and the step. */
#ifndef POLICYC_AUTOMATON_H
#define POLICYC_AUTOMATON_H

#include "generation.h"
#include "scratch.h"

/* How far a walk has come. */
struct text_walk {
	struct scratch *scratch;
	/* Index of the first byte in scratch->path. */
	u64 offset;
	u64 state;
};

/* Byte `index` of the text. It is not counted in `walk`: the verifier would follow the count to its end. */
static __always_inline u8 text_byte(const struct text_walk *walk, u32 index)
{
	u64 at = walk->offset + index;

	/* A mask and no comparison: the verifier would follow both of its outcomes for every byte. */
	asm volatile("" : "+r"(at));
	return walk->scratch->path[at & (PATH_BYTES - 1)];
}

#endif
