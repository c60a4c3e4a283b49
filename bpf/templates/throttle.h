/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Limits on alerts: of those that a limit counts together, the first of each window are posted and the others
 * counted. Verdicts are final before this runs. What a limit means is written down in src/ir/limit.ts; this
 * code must come to the same on any number of processors. Bundles without limits don't include it.
 */
#ifndef POLICYC_THROTTLE_H
#define POLICYC_THROTTLE_H

/* Generated code defines how many limits the bundle has, and how many arguments they tell apart. */
#ifndef LIMIT_COUNT
#define LIMIT_COUNT 1
#endif
#ifndef LIMIT_ARGUMENTS
#define LIMIT_ARGUMENTS 1
#endif

#include "decide.h"
#include "event.h"

/* Keys that are remembered at once. Where there are more, the one that was idle longest begins anew. */
#define LIMIT_STATES 16384
/* Attempts to change a state that other processors change at the same time. */
#define LIMIT_ATTEMPTS 32

enum limit_scope {
	LIMIT_SCOPE_RULE = 0,
	LIMIT_SCOPE_CONTAINER = 1,
	LIMIT_SCOPE_PROCESS = 2,
	LIMIT_SCOPE_THREAD = 3,
};

/* A limit, in milliseconds. The runtime writes it, and may do so again at any time. */
struct limit_entry {
	/* 0: every alert is posted. */
	u32 count;
	/* enum limit_scope */
	u32 scope;
	u64 window;
	/* Silence after a window that had too many. */
	u64 mute;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LIMIT_COUNT);
	__type(key, u32);
	__type(value, struct limit_entry);
} limits SEC(".maps");

/* The limit of a rule: its number and one, or 0. */
struct rule_limit {
	u32 limit;
	/* Which of scratch->limited.hashes tell its alerts apart, as bits. */
	u32 arguments;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RULE_COUNT);
	__type(key, u32);
	__type(value, struct rule_limit);
} rule_limits SEC(".maps");

/* What is counted together. */
struct limit_key {
	u32 limit;
	/* Process or thread id. */
	u32 id;
	/* cgroup id, or when the process or thread started, so that a later one with its id is another. */
	u64 scope;
	u64 arguments;
};

struct limit_state {
	/* The window at work: when it began << 24 | LIMIT_THROTTLED | alerts posted in it. 0: none. */
	u64 window;
	/* How many try to change `window`, on kernels without compare-and-swap. */
	u64 attempts;
	/* All that were left out so far. */
	u64 suppressed;
	/* `suppressed` as the last closing notice knew it. */
	u64 told;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LIMIT_STATES);
	__type(key, struct limit_key);
	__type(value, struct limit_state);
} limit_states SEC(".maps");

/* Chosen by the runtime when it loads: whoever is watched can't look for arguments with equal hashes. */
struct limit_secret {
	u64 words[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct limit_secret);
} limit_secret SEC(".maps");

/* `window` of limit_state. 40 bits of milliseconds since boot are 34 years. */
#define LIMIT_BEGAN_SHIFT 24
#define LIMIT_THROTTLED (1ULL << 23)
#define LIMIT_COUNTED (LIMIT_THROTTLED - 1)

/* What becomes of an alert. */
enum limit_effect {
	LIMIT_POSTS = 1,
	/* It is the first that is left out. */
	LIMIT_STARTS = 2,
	/* It is the first after a window that had too many. */
	LIMIT_STOPS = 4,
};

/* The window after an alert at `now`, in milliseconds, and what becomes of the alert. */
static __always_inline u64 limit_next(u64 window, u64 now, const struct limit_entry *limit, u64 *effect)
{
	u64 counted = window & LIMIT_COUNTED;
	bool throttled = window & LIMIT_THROTTLED;
	/* Negative where another processor, a little later, was quicker. */
	s64 age = now - (window >> LIMIT_BEGAN_SHIFT);
	s64 length = limit->window + (throttled ? limit->mute : 0);

	if (!limit->count || !counted || age >= length) {
		*effect = LIMIT_POSTS | (throttled ? LIMIT_STOPS : 0);
		return limit->count ? now << LIMIT_BEGAN_SHIFT | 1 : 0;
	}
	if (throttled) {
		*effect = 0;
		return window;
	}
	if (counted < limit->count) {
		*effect = LIMIT_POSTS;
		return window + 1;
	}
	*effect = LIMIT_STARTS;
	return window | LIMIT_THROTTLED;
}

/* Puts `next` in place of `window`; whether nobody else had done so before. */
static __always_inline bool limit_swap(struct limit_state *state, u64 window, u64 next,
				       const enum generation generation)
{
	bool won = false;

	if (generation >= GENERATION_6_1)
		return __sync_val_compare_and_swap(&state->window, window, next) == window;
	/* 5.10 can only add. Who sees no attempt but its own is alone until it takes that back. */
	__sync_fetch_and_add(&state->attempts, 1);
	if (*(volatile u64 *)&state->attempts == 1 && *(volatile u64 *)&state->window == window) {
		*(volatile u64 *)&state->window = next;
		won = true;
	}
	__sync_fetch_and_add(&state->attempts, -1);
	return won;
}

#ifndef POLICYC_TEST_RUN
/* Milliseconds since boot. */
static __always_inline u64 limit_now(const struct scratch *scratch)
{
	return bpf_ktime_get_boot_ns() / 1000000;
}

/* The container that acts. cgroup ids are not used twice. */
static __always_inline u64 limit_container(const struct scratch *scratch)
{
	return bpf_get_current_cgroup_id();
}

static __always_inline u64 limit_start_time(const struct scratch *scratch, const bool of_process,
					    const enum generation generation)
{
	if (generation >= GENERATION_6_1) {
		struct task_struct *task = bpf_get_current_task_btf();

		return of_process ? task->group_leader->start_boottime : task->start_boottime;
	}

	struct task_struct *task = (void *)bpf_get_current_task();

	return of_process ? BPF_CORE_READ(task, group_leader, start_boottime) :
			    BPF_CORE_READ(task, start_boottime);
}
#else
/* Test-run builds: time is what the event says, and so is whose event it is. */
static __always_inline u64 limit_now(const struct scratch *scratch)
{
	return scratch->limited.test_time;
}

static __always_inline u64 limit_container(const struct scratch *scratch)
{
	return scratch->limited.test_scope;
}

static __always_inline u64 limit_start_time(const struct scratch *scratch, const bool of_process,
					    const enum generation generation)
{
	return scratch->limited.test_scope;
}
#endif

static __always_inline void limit_scope_of(const struct scratch *scratch, struct limit_key *key, u32 scope,
					   const enum generation generation)
{
	switch (scope) {
	case LIMIT_SCOPE_CONTAINER:
		key->scope = limit_container(scratch);
		break;
	case LIMIT_SCOPE_PROCESS:
		key->id = bpf_get_current_pid_tgid() >> 32;
		key->scope = limit_start_time(scratch, true, generation);
		break;
	case LIMIT_SCOPE_THREAD:
		key->id = (u32)bpf_get_current_pid_tgid();
		key->scope = limit_start_time(scratch, false, generation);
		break;
	}
}

/* Tells that throttling starts, or has stopped. */
static __always_inline void limit_notice(struct scratch *scratch, enum throttle_type type, u32 rule,
					 const struct limit_key *key, const struct limit_entry *limit, u64 window,
					 u64 suppressed, const enum generation generation)
{
	struct throttle_scratch *notice = &scratch->limited.notice;

	event_header(&notice->header, EVENT_THROTTLE, generation);
	notice->throttle.type = type;
	notice->throttle.rule = rule;
	notice->throttle.limit = key->limit;
	notice->throttle.count = limit->count;
	notice->throttle.window = limit->window;
	notice->throttle.mute = limit->mute;
	notice->throttle.scope_kind = limit->scope;
	notice->throttle.scope_id = key->id;
	notice->throttle.scope = key->scope;
	notice->throttle.arguments = key->arguments;
	notice->throttle.cgroup = bpf_get_current_cgroup_id();
	notice->throttle.began = window >> LIMIT_BEGAN_SHIFT;
	notice->throttle.suppressed = suppressed;
	event_send(notice, sizeof(*notice));
}

/* Whether an alert of the rule is posted. Where its state can't be had, it is, and that is counted. */
static __always_inline bool limit_posts(struct scratch *scratch, u32 rule, const struct rule_limit *of,
					const enum generation generation)
{
	struct limit_key key = { .limit = of->limit - 1 };
	struct limit_entry *limit = bpf_map_lookup_elem(&limits, &key.limit);

	if (!limit)
		return true;
	limit_scope_of(scratch, &key, limit->scope, generation);
	for (u32 at = 0; at < LIMIT_ARGUMENTS; at++)
		key.arguments ^= scratch->limited.hashes[at] & -(u64)(of->arguments >> at & 1);

	struct limit_state *state = bpf_map_lookup_elem(&limit_states, &key);

	if (!state) {
		struct limit_state none = {};

		if (!limit->count)
			return true;
		bpf_map_update_elem(&limit_states, &key, &none, BPF_NOEXIST);
		state = bpf_map_lookup_elem(&limit_states, &key);
	}
	if (!state) {
		count(COUNTER_UNLIMITED);
		return true;
	}

	u64 now = limit_now(scratch);
	u64 noise = *(volatile u64 *)&state->suppressed;
	u64 window = 0;
	u64 effect = 0;
	bool settled = false;

	for (u32 attempt = 0; attempt < LIMIT_ATTEMPTS; attempt++) {
		window = *(volatile u64 *)&state->window;

		u64 next = limit_next(window, now, limit, &effect);

		/* One way on for the verifier, instead of one for each outcome of each attempt. */
		effect = forget(effect, noise);
		next = forget(next, noise);
		settled = next == window || limit_swap(state, window, next, generation);
		if (settled)
			break;
	}
	if (!settled) {
		count(COUNTER_UNLIMITED);
		return true;
	}
	/* Of equal alerts there are too many kinds for notices: two for each pair would be more than no limit. */
	if (of->arguments)
		effect &= LIMIT_POSTS;
	if (effect & LIMIT_STOPS) {
		u64 suppressed = *(volatile u64 *)&state->suppressed;

		limit_notice(scratch, THROTTLE_STOP, rule, &key, limit, window, suppressed - state->told,
			     generation);
		state->told = suppressed;
	}
	if (effect & LIMIT_STARTS)
		limit_notice(scratch, THROTTLE_START, rule, &key, limit, window, 0, generation);
	if (effect & LIMIT_POSTS)
		return true;
	__sync_fetch_and_add(&state->suppressed, 1);
	return false;
}

/* Decision number `at` of the record under construction: marks it, or counts it as posted. */
static __always_inline int limit_decide(u32 level, u32 at, const enum generation generation)
{
	struct scratch *scratch = scratch_at(level);

	if (!scratch)
		return 0;

	u32 *decision = record_decision(scratch, at);
	u32 rule = *decision & DECISION_RULE;
	struct rule_limit *of = bpf_map_lookup_elem(&rule_limits, &rule);

	if (!of || !of->limit || limit_posts(scratch, rule, of, generation)) {
		scratch->limited.posted++;
		return 0;
	}

	struct alert_counts *counts = bpf_map_lookup_elem(&alerts, &rule);

	if (counts)
		__sync_fetch_and_add(&counts->suppressed, 1);
	*decision |= DECISION_SUPPRESSED;
	return 0;
}

/* Functions of their own: the verifier follows them once, however many decisions an event can have. */
__noinline int limit_decision(u32 level, u32 at)
{
	return limit_decide(level, at, GENERATION_6_1);
}

__noinline int limit_decision_5_10(u32 level, u32 at)
{
	return limit_decide(level, at, GENERATION_5_10);
}

static long limit_step(u32 at, u32 *level)
{
	limit_decision(*level, at);
	return 0;
}

/* Whether anything of the record is left to post. */
static __always_inline bool limit_decisions(struct scratch *scratch, const enum generation generation)
{
	u32 level = scratch->level;

	scratch->limited.posted = 0;
	if (generation >= GENERATION_6_1) {
		bpf_loop(bounded(scratch->decision_count, DECISION_MAX), limit_step, &level, 0);
	} else {
		for (u32 at = 0; at < DECISION_MAX; at++) {
			if (at >= scratch->decision_count)
				break;
			limit_decision_5_10(level, at);
		}
	}
	return scratch->limited.posted;
}

/* SipHash-1-3, see https://www.aumasson.jp/siphash/ */
struct limit_hash {
	u64 v0, v1, v2, v3;
};

static __always_inline u64 rotated(u64 word, const u32 bits)
{
	return word << bits | word >> (64 - bits);
}

static __always_inline void limit_hash_round(struct limit_hash *hash)
{
	hash->v0 += hash->v1;
	hash->v2 += hash->v3;
	hash->v1 = rotated(hash->v1, 13) ^ hash->v0;
	hash->v3 = rotated(hash->v3, 16) ^ hash->v2;
	hash->v0 = rotated(hash->v0, 32);
	hash->v2 += hash->v1;
	hash->v0 += hash->v3;
	hash->v1 = rotated(hash->v1, 17) ^ hash->v2;
	hash->v3 = rotated(hash->v3, 21) ^ hash->v0;
	hash->v2 = rotated(hash->v2, 32);
}

static __always_inline void limit_hash_word(struct limit_hash *hash, u64 word)
{
	hash->v3 ^= word;
	limit_hash_round(hash);
	hash->v0 ^= word;
}

/* A hash of bytes of a record under way. */
struct limit_hashing {
	struct limit_hash hash;
	const u64 *words;
};

/* Eight bytes of the record; there is room for them, so that nothing has to be compared in a loop. */
static __always_inline u64 limit_word(const struct limit_hashing *hashing, u32 at)
{
	return hashing->words[at & (2 * LIMIT_HASHED_BYTES / 8 - 1)];
}

static long limit_hash_step(u32 at, struct limit_hashing *hashing)
{
	limit_hash_word(&hashing->hash, limit_word(hashing, at));
	return 0;
}

static __always_inline int limit_hash_record(u32 level, u32 argument, u32 start, u32 length,
					     const enum generation generation)
{
	u32 zero = 0;
	struct limit_secret *secret = bpf_map_lookup_elem(&limit_secret, &zero);
	struct scratch *scratch = scratch_at(level);
	struct limit_hashing hashing;
	u64 place = start;

	/* The verifier has to see the comparison right before the use. */
	asm volatile("" : "+r"(place));
	if (!scratch || !secret || place > RECORD_BYTES)
		return 0;
	hashing.words = (const u64 *)&scratch->record[place];
	/* clang would take a record of bytes for one that lies anywhere, and read it byte by byte. */
	asm volatile("" : "+r"(hashing.words));
	hashing.hash.v0 = secret->words[0] ^ 0x736f6d6570736575ULL;
	hashing.hash.v1 = secret->words[1] ^ 0x646f72616e646f6dULL;
	hashing.hash.v2 = secret->words[0] ^ 0x6c7967656e657261ULL;
	hashing.hash.v3 = secret->words[1] ^ 0x7465646279746573ULL;

	u64 noise = secret->words[0];
	u64 bytes = length > LIMIT_HASHED_BYTES ? LIMIT_HASHED_BYTES : length;
	u64 words = bytes / 8;

	if (generation >= GENERATION_6_1) {
		bpf_loop(words, limit_hash_step, &hashing, 0);
	} else {
		for (u32 at = 0; at < LIMIT_HASHED_BYTES / 8; at++) {
			/* A verifier that remembered the comparison would follow what comes for each number. */
			if (at >= forget(words, noise))
				break;
			limit_hash_step(at, &hashing);
		}
	}

	u64 rest = bytes % 8;

	limit_hash_word(&hashing.hash, limit_word(&hashing, words) & ((1ULL << rest * 8) - 1));
	limit_hash_word(&hashing.hash, (u64)argument << 32 | bytes);
	hashing.hash.v2 ^= 0xff;
	for (u32 round = 0; round < 3; round++)
		limit_hash_round(&hashing.hash);
	scratch->limited.hashes[bounded(argument, LIMIT_ARGUMENTS - 1)] =
		hashing.hash.v0 ^ hashing.hash.v1 ^ hashing.hash.v2 ^ hashing.hash.v3;
	return 0;
}

__noinline int limit_hash_part(u32 level, u32 argument, u32 start, u32 length)
{
	return limit_hash_record(level, argument, start, length, GENERATION_6_1);
}

__noinline int limit_hash_part_5_10(u32 level, u32 argument, u32 start, u32 length)
{
	return limit_hash_record(level, argument, start, length, GENERATION_5_10);
}

/*
 * Takes `length` bytes of the record at `start` for argument number `argument` of those that tell alerts apart.
 * Two different values get one hash with a probability of 2^-64.
 */
static __always_inline void limit_hash_argument(const struct scratch *scratch, u32 argument, u64 start, u64 length,
						const enum generation generation)
{
	if (generation >= GENERATION_6_1)
		limit_hash_part(scratch->level, argument, start, length);
	else
		limit_hash_part_5_10(scratch->level, argument, start, length);
}

/* The same for a text of the record: a captured_path or captured_text at `start`, and its bytes. */
static __always_inline void limit_hash_text(const struct scratch *scratch, u32 argument, u64 start,
					    const enum generation generation)
{
	u32 length = *(const u32 *)&scratch->record[bounded(start, RECORD_BYTES - sizeof(u32))];

	limit_hash_argument(scratch, argument, start + sizeof(struct captured_text), length, generation);
}

_Static_assert(sizeof(struct captured_text) == sizeof(struct captured_path), "texts begin alike");

#endif
