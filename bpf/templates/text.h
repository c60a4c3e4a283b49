/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Texts that arguments point to, in memory of the kernel or of the process. A text of up to PATH_BYTES bytes is
 * read whole; of a longer one the beginning is read and the outcome is PATH_UNRESOLVED.
 */
#ifndef POLICYC_TEXT_H
#define POLICYC_TEXT_H

#include "event.h"

/* Bytes that a text needs in memory: it, its NUL, and one more that tells a longer text. */
#define TEXT_ROOM (PATH_BYTES + 8)

/* The upper half of the addresses is the kernel's. */
static __always_inline bool is_kernel_address(u64 address)
{
	return (s64)address < 0;
}

/* An address that a system call was given: one of the kernel's becomes one that can't be read. */
static __always_inline u64 user_address(u64 address)
{
	return is_kernel_address(address) ? 1 : address;
}

/* Reads the text at `address`, up to its NUL, into `to`, which has TEXT_ROOM bytes; gives back its length. */
static __always_inline u64 string_fetch(u8 *to, u64 address, u32 *status)
{
	s64 bytes;

	*status = PATH_MISSING;
	if (!address)
		return 0;
	if (is_kernel_address(address))
		bytes = bpf_probe_read_kernel_str(to, PATH_BYTES + 2, (void *)address);
	else
		bytes = bpf_probe_read_user_str(to, PATH_BYTES + 2, (void *)address);
	if (bytes <= 0) {
		*status = PATH_UNREADABLE;
		return 0;
	}
	*status = bytes > PATH_BYTES + 1 ? PATH_UNRESOLVED : PATH_PRESENT;
	return bounded(bytes - 1, PATH_BYTES);
}

/* Bytes of memory at `address`, in the kernel or in the process; 0 when all of them were read. */
static __always_inline long memory_fetch(u8 *to, u64 bytes, u64 address)
{
	if (is_kernel_address(address))
		return bpf_probe_read_kernel(to, bytes, (void *)address);
	return bpf_probe_read_user(to, bytes, (void *)address);
}

/* Reads a buffer of `size` bytes, or the beginning of a longer one. */
static __always_inline u64 buffer_fetch(u8 *to, u64 address, s64 size, u32 *status)
{
	u64 length = bounded(size < 0 ? 0 : size, PATH_BYTES);

	*status = PATH_MISSING;
	if (!address)
		return 0;
	*status = size > PATH_BYTES ? PATH_UNRESOLVED : PATH_PRESENT;
	if (memory_fetch(to, length, address)) {
		*status = PATH_UNREADABLE;
		return 0;
	}
	return length;
}

/* Parts of an iovec that are read; what lies behind them makes the text one that is not whole. */
#define IOVEC_PARTS 8

struct iovec_view {
	u64 base;
	u64 length;
};

/* Reads the parts of an iovec, one after the other. */
static __always_inline u64 iovec_fetch(u8 *to, u64 address, s64 parts, u32 *status)
{
	u64 at = 0;

	*status = PATH_MISSING;
	if (!address)
		return 0;
	*status = parts > IOVEC_PARTS ? PATH_UNRESOLVED : PATH_PRESENT;
#pragma clang loop unroll(disable)
	for (u32 part = 0; part < IOVEC_PARTS; part++) {
		struct iovec_view view = {};

		if (part >= parts)
			break;
		if (memory_fetch((u8 *)&view, sizeof(view), address + part * sizeof(view))) {
			*status = PATH_UNREADABLE;
			return 0;
		}

		u64 start = bounded(at, PATH_BYTES);
		u64 length = bounded(view.length, PATH_BYTES - start);

		/* The verifier has to see both bounds at once. */
		length = bounded(length, PATH_BYTES);
		if (view.length > length)
			*status = PATH_UNRESOLVED;
		/* What the process says of its memory must not lead into the kernel's. */
		u64 base = is_kernel_address(address) ? view.base : user_address(view.base);

		if (memory_fetch(&to[start], length, base)) {
			*status = PATH_UNREADABLE;
			return 0;
		}
		at = start + length;
	}
	return bounded(at, PATH_BYTES);
}

/* Puts the text in `scratch->record` to the end of the path's place, as paths lie there. */
static __always_inline void text_hold(struct scratch *scratch, struct path_text *text, u64 length, u32 status)
{
	u64 size = bounded(length, PATH_BYTES);

	text->status = status;
	text->length = size;
	text->offset = PATH_BYTES - size;
	scratch->after_path[0] = 0;
	bpf_probe_read_kernel(&scratch->path[bounded(text->offset, PATH_BYTES)], size, scratch->record);
	if (status >= PATH_UNRESOLVED)
		count(COUNTER_UNRESOLVED);
}

#ifdef POLICYC_TEST_RUN
/* `address` is that of a struct test_path. */
static __always_inline void string_read(u64 address, struct scratch *scratch, struct path_text *text)
{
	const struct test_path *from = (void *)address;
	u32 status = 0, length = 0;

	bpf_probe_read_kernel(&status, sizeof(status), &from->status);
	bpf_probe_read_kernel(&length, sizeof(length), &from->length);

	u64 size = bounded(length, PATH_BYTES);

	bpf_probe_read_kernel(scratch->record, size, from->bytes);
	text_hold(scratch, text, size, status);
}
#define buffer_read(address, size, scratch, text) string_read(address, scratch, text)
#define iovec_read(address, parts, scratch, text) string_read(address, scratch, text)
#else
/* The same for a buffer, and for the parts of an iovec. */
static __always_inline void buffer_read(u64 address, s64 size, struct scratch *scratch, struct path_text *text)
{
	u32 status;
	u64 length = buffer_fetch(scratch->record, address, size, &status);

	text_hold(scratch, text, length, status);
}

static __always_inline void iovec_read(u64 address, s64 parts, struct scratch *scratch, struct path_text *text)
{
	u32 status;
	u64 length = iovec_fetch(scratch->record, address, parts, &status);

	text_hold(scratch, text, length, status);
}

/* Reads the text into scratch memory. Its record must not hold anything yet. */
static __always_inline void string_read(u64 address, struct scratch *scratch, struct path_text *text)
{
	u32 status;
	u64 length = string_fetch(scratch->record, address, &status);

	text_hold(scratch, text, length, status);
}
#endif

/* The name in a struct filename. */
static __always_inline u64 filename_text(u64 filename)
{
	return filename ? (u64)BPF_CORE_READ((struct filename *)filename, name) : 0;
}

/* Begins a text of the record at `at`; gives back where its bytes go. */
static __always_inline u64 text_start(u64 at)
{
	return bounded(at, RECORD_BYTES - sizeof(struct captured_text) - TEXT_ROOM);
}

/* Ends a text whose bytes are in the record; gives back where the next part goes. */
static __always_inline u64 text_end(struct scratch *scratch, u64 start, u64 length, u32 status, u64 size)
{
	struct captured_text *captured = (void *)&scratch->record[start];

	captured->length = length;
	captured->status = status;
	captured->size = size;
#ifdef LIMIT_COUNT
	/* What fills up its last eight bytes must not tell equal alerts apart. */
	u64 last = bounded(length, PATH_BYTES) & ~7ULL;

	*(u64 *)&scratch->record[start + sizeof(*captured) + last] &= (1ULL << (length & 7) * 8) - 1;
#endif
	return start + sizeof(*captured) + ((length + 7) & ~7ULL);
}

/* Puts a text that lies in `memory` into the record at `at`. */
static __always_inline u64 text_capture(struct scratch *scratch, struct scratch *memory, u64 at,
					const struct path_text *text, u64 size)
{
	u64 start = text_start(at);
	u64 length = bounded(text->length, PATH_BYTES);

	bpf_probe_read_kernel(&scratch->record[start + sizeof(struct captured_text)], length,
			      &memory->path[bounded(text->offset, PATH_BYTES)]);
	return text_end(scratch, start, length, text->status, size);
}

static __always_inline u64 buffer_capture(struct scratch *scratch, u64 at, u64 address, s64 size)
{
	u64 start = text_start(at);
	u32 status;
	u64 length = buffer_fetch(&scratch->record[start + sizeof(struct captured_text)], address, size, &status);

	if (status >= PATH_UNRESOLVED)
		count(COUNTER_UNRESOLVED);
	return text_end(scratch, start, length, status, size);
}

/* In the place of a text for which there was no memory. */
static __always_inline u64 text_missing(struct scratch *scratch, u64 at)
{
	return text_end(scratch, text_start(at), 0, PATH_UNREADABLE, 0);
}

/* Reads a text right into the record at `at`. */
static __always_inline u64 string_capture(struct scratch *scratch, u64 at, u64 address)
{
	u64 start = text_start(at);
	u32 status;
	u64 length = string_fetch(&scratch->record[start + sizeof(struct captured_text)], address, &status);

	if (status >= PATH_UNRESOLVED)
		count(COUNTER_UNRESOLVED);
	return text_end(scratch, start, length, status, length);
}

#endif
