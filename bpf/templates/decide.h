/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What every decision does once it knows which rules hold: the first rule of each block decides, the
 * strictest verdict over blocks wins, every decision that is to be reported is noted.
 */
#ifndef POLICYC_DECIDE_H
#define POLICYC_DECIDE_H

#include "scratch.h"
#ifdef POLICYC_TEST_RUN
#include "test_run.h"
#endif

enum verdict {
	VERDICT_ALLOW = 0,
	VERDICT_DENY = 1,
	VERDICT_KILL = 2,
};

/* One rule, as the decision needs it. */
struct rule_entry {
	/* Rules of one block are neighbours and share this number. */
	u16 block;
	u16 policy;
	u8 verdict;
	u8 post;
	u8 errno;
	u8 signal;
#ifdef RULE_EFFECTS
	/* What its decision does besides: one bit for each effect that rules of the hook have. */
	u16 effects;
#endif
};

/* The strictest of the verdicts so far. */
struct outcome {
	u32 verdict;
	u32 errno;
	u32 signal;
	/* Block of the last rule that decided; ~0: none yet. */
	u32 block;
	/* Block of the last rule of a monitoring policy that was noted before. */
	u32 monitored;
#ifdef RULE_EFFECTS
	/* Of all rules that decided. */
	u32 effects;
#endif
};

/*
 * Position of the lowest set bit by its place in a de Bruijn sequence. Tables are global: libbpf gives
 * static ones in .rodata no offset, and the kernel then refuses the type information of the object.
 */
const u8 bit_positions[64] = {
	 0,  1, 48,  2, 57, 49, 28,  3, 61, 58, 50, 42, 38, 29, 17,  4,
	62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12,  5,
	63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
	46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19,  9, 13,  8,  7,  6,
};

/* The lowest set bit of a word that is not 0. clang 14 crashes on __builtin_ctzll for BPF. */
static __always_inline u64 lowest_bit(u64 word)
{
	u64 position = bit_positions[((word & -word) * 0x03f79d71b4cb0a89ULL) >> 58];

	/* clang knows more of the table than the verifier does: keep the bounds check that follows. */
	asm volatile("" : "+r"(position));
	return position;
}

/* Always 0, which the verifier does not know: memory that user space could write. */
volatile u64 unknown_zero;

/* No block has decided yet. The verifier does not know the numbers, so that it need not tell ways through rules apart. */
static __always_inline struct outcome nothing_decided(void)
{
	u32 none = ~(u32)unknown_zero;

	return (struct outcome){ .block = none, .monitored = none };
}

/*
 * Makes the verifier forget what it knows of `value`, so that branches which chose different constants
 * join again instead of each being followed to the end. `noise` is any value read from memory.
 */
static __always_inline u64 forget(u64 value, u64 noise)
{
	/* 64 bits: clang 14 crashes on 32-bit operands of BPF assembly. */
	u64 mixed = value ^ noise;

	asm volatile("" : "+r"(mixed));
	return mixed ^ noise;
}

/*
 * Puts a rule of the hook, number `index` in the bundle, into force. `scratch` is NULL when decisions nest
 * too deep: the verdict stands, its report is counted as lost. A guard only refuses: what it lets pass
 * reaches the hook itself, which reports it.
 */
static __always_inline void decide_rule(struct scratch *scratch, struct outcome *outcome,
					const struct rule_entry *rule, u32 index, const bool guard)
{
	u32 policy = rule->policy;
	u32 decision = index;
	u32 verdict = rule->verdict;

	if (rule->block == outcome->block)
		return;

	u32 *mode = bpf_map_lookup_elem(&modes, &policy);
	bool enforced = mode && *mode;

	/* What only monitors does not keep the rules of enforcing policies from deciding. */
	if (enforced)
		outcome->block = rule->block;
	else if (rule->block == outcome->monitored)
		return;
	else
		outcome->monitored = rule->block;

	if (guard && (!enforced || verdict == VERDICT_ALLOW))
		return;

	u64 *hit = bpf_map_lookup_elem(&hits, &index);

	if (hit)
		__sync_fetch_and_add(hit, 1);
#ifdef RULE_EFFECTS
	outcome->effects |= rule->effects;
#endif
	if (enforced) {
		decision |= DECISION_ENFORCED;
		if (verdict > outcome->verdict) {
			outcome->verdict = verdict;
			outcome->errno = rule->errno;
			outcome->signal = rule->signal;
		}
	}
#ifdef POLICYC_TEST_RUN
	test_run_note(decision, rule->post);
#endif
	if (!rule->post)
		return;
	if (!scratch) {
		count(COUNTER_LOST);
		count_lost_alert(index);
		return;
	}

	u64 count = bounded(scratch->decision_count, DECISION_MAX - 1);

	/* Right where the event record has them. */
	*record_decision(scratch, count) = decision;
	scratch->decision_count = count + 1;
}

/* What a decision carries from one live rule to the next. */
struct rule_walk {
	/* Live rules of one word that are still to be looked at. */
	u64 live;
	/* Number of the word's first rule in the hook. */
	u64 base;
	struct scratch *scratch;
	struct outcome outcome;
	bool guard;
};

/*
 * Takes the first live rule of the walk; gives back its number in the hook. `mask` covers the numbers of all rules:
 * the table has room for as many. Bounded by comparison, a number would be known where it is the bound; the verifier
 * would read that rule, and follow what comes of it by itself.
 */
static __always_inline u64 next_rule(struct rule_walk *walk, const u64 mask)
{
	/* A verifier that knew the live rules would follow every set of them to the end. */
	u64 live = walk->live ^ unknown_zero;
	u64 rule = walk->base + lowest_bit(live);

	walk->live = live & (live - 1);
	return rule & mask;
}

/* Rules up to which steps one after the other cost less than a call of bpf_loop. */
#define RULES_IN_PLACE 3

/*
 * Calls `step` for each of up to `count` live rules, in order of precedence. A few steps are written out. Kernels without
 * bpf_loop call `step`_function as often as there are rules. They refuse loops whose end falls into their beginning, as
 * clang may lay out a short one, and follow one that they take for ten times as long: 60 rules over 1 M instructions.
 */
#define FOR_LIVE_RULES(walk, count, step, generation)                          \
	do {                                                                   \
		if ((walk)->live == 0)                                         \
			break;                                                 \
		if ((count) <= RULES_IN_PLACE) {                               \
			(void)(step(0, walk) ||                                \
			       ((count) > 1 && step(1, walk)) ||               \
			       ((count) > 2 && step(2, walk)));                \
		} else if ((generation) >= GENERATION_6_1) {                   \
			bpf_loop(count, step##_function, walk, 0);             \
		} else {                                                       \
			_Pragma("clang loop unroll(full)")                     \
			for (u32 at = 0; at < (count); at++)                   \
				if (step##_function(at, walk))                 \
					break;                                 \
		}                                                              \
	} while (0)

/* The value that makes the kernel refuse, where its verifier can see that it is an error number. */
static __always_inline int refusal(u32 errno)
{
	s64 value = -(s64)errno;

	asm volatile("" : "+r"(value));
	if (value > 0 || value < -4095)
		value = -1;
	asm volatile("" : "+r"(value));
	return value;
}

#endif
