// SPDX-License-Identifier: Apache-2.0
/*
 * Loads BPF programs and counts what a loop over a file costs under them. Made for a guest whose clock counts
 * instructions: one nanosecond is one.
 *
 *   measure OBJECT PLAN FILE...
 *
 * OBJECT is a BPF object, or - for none. PLAN has lines `program NAME` (load and attach it), `optional NAME` (the
 * same, where the kernel has the function) and `map NAME KEY-HEX VALUE-HEX`. Prints one JSON object. Each FILE is opened, read (64 bytes) and closed; it is made
 * if it does not exist.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	/* Runs before anything is counted: caches of the kernel and of the emulator fill up. */
	WARM_UP = 300,
	/* A round is short beside the 4 million instructions between two timer interrupts. */
	SHORT_LOOP = 10,
	LONG_LOOP = 50,
	ROUNDS = 25,
	/* The least of some medians: now and then the kernel's own memory is in a dearer state for a while. */
	PASSES = 3,
	LINKS_MAX = 512,
};

static struct ring_buffer *ring;
static uint64_t records;

static void fail(const char *what, int error)
{
	fprintf(stderr, "measure: %s: %s\n", what, strerror(error < 0 ? -error : error));
	exit(1);
}

static uint64_t nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static int take_record(void *context, void *record, size_t size)
{
	(void)context, (void)record, (void)size;
	records++;
	return 0;
}

/* Frees the ring, so that a full one never makes an event look cheap. */
static void drain(void)
{
	if (ring)
		ring_buffer__consume(ring);
}

static void visit(const char *file)
{
	char bytes[64];
	int fd = open(file, O_RDONLY);

	if (fd < 0 || read(fd, bytes, sizeof(bytes)) != sizeof(bytes))
		fail(file, errno);
	close(fd);
}

static uint64_t visit_often(const char *file, int count)
{
	uint64_t start = nanoseconds();

	for (int i = 0; i < count; i++)
		visit(file);
	return nanoseconds() - start;
}

static void make(const char *file)
{
	static const char text[128] = "text";
	int fd = open(file, O_RDWR | O_CREAT | O_EXCL, 0644);

	if (fd < 0 && errno == EEXIST)
		return;
	if (fd < 0 || write(fd, text, sizeof(text)) != sizeof(text))
		fail(file, errno);
	close(fd);
}

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* The middle of some rounds, each the cost of one visit. */
static double count_pass(const char *file)
{
	double rounds[ROUNDS];

	for (int i = 0; i < WARM_UP; i++) {
		visit(file);
		drain();
	}
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t few, many;

		drain();
		few = visit_often(file, SHORT_LOOP);
		many = visit_often(file, LONG_LOOP);
		rounds[round] = ((double)many - (double)few) / (LONG_LOOP - SHORT_LOOP);
	}
	drain();
	qsort(rounds, ROUNDS, sizeof(rounds[0]), by_value);
	return rounds[ROUNDS / 2];
}

static void count_file(const char *file)
{
	double medians[PASSES];

	make(file);
	records = 0;
	for (int pass = 0; pass < PASSES; pass++)
		medians[pass] = count_pass(file);
	qsort(medians, PASSES, sizeof(medians[0]), by_value);
	printf("{\"file\":\"%s\",\"instructions\":%.3f,\"most\":%.3f,\"eventsPerIteration\":%.3f}", file,
	       medians[0], medians[PASSES - 1],
	       (double)records / (PASSES * (WARM_UP + ROUNDS * (SHORT_LOOP + LONG_LOOP))));
}

static uint64_t memory_of(int fd)
{
	char path[64], line[256];
	unsigned long long bytes = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "memlock: %llu", &bytes);
	if (file)
		fclose(file);
	return bytes;
}

static size_t from_hex(const char *hex, uint8_t *bytes, size_t room)
{
	size_t length = strlen(hex) / 2;

	if (length > room)
		fail("entry of the plan", E2BIG);
	for (size_t i = 0; i < length; i++) {
		unsigned int byte;

		sscanf(hex + 2 * i, "%2x", &byte);
		bytes[i] = byte;
	}
	return length;
}

/* Whether the kernel has the function that the program's section names. */
static bool has_target(const struct bpf_program *program)
{
	const char *target = strchr(bpf_program__section_name(program), '/');

	return target && libbpf_find_vmlinux_btf_id(target + 1, bpf_program__expected_attach_type(program)) > 0;
}

static void choose_programs(struct bpf_object *object, const char *plan)
{
	struct bpf_program *program;
	char line[4096], name[256];
	FILE *file = fopen(plan, "r");

	if (!file)
		fail(plan, errno);
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, false);
	while (fgets(line, sizeof(line), file)) {
		bool optional = sscanf(line, "optional %255s", name) == 1;

		if (!optional && sscanf(line, "program %255s", name) != 1)
			continue;
		program = bpf_object__find_program_by_name(object, name);
		if (!program)
			fail(name, ENOENT);
		if (!optional || has_target(program))
			bpf_program__set_autoload(program, true);
	}
	fclose(file);
}

static void fill_maps(struct bpf_object *object, const char *plan)
{
	char line[4096], name[256], key_hex[1200], value_hex[1200];
	uint8_t key[600], value[600];
	FILE *file = fopen(plan, "r");

	if (!file)
		fail(plan, errno);
	while (fgets(line, sizeof(line), file)) {
		struct bpf_map *map;

		if (sscanf(line, "map %255s %1199s %1199s", name, key_hex, value_hex) != 3)
			continue;
		map = bpf_object__find_map_by_name(object, name);
		if (!map)
			fail(name, ENOENT);
		from_hex(key_hex, key, sizeof(key));
		from_hex(value_hex, value, sizeof(value));
		if (bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY))
			fail(name, errno);
	}
	fclose(file);
}

static struct bpf_prog_info describe(struct bpf_program *program)
{
	struct bpf_prog_info facts = {};
	uint32_t size = sizeof(facts);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &facts, &size))
		fail(bpf_program__name(program), errno);
	return facts;
}

static void attach_all(struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		if (bpf_program__autoload(program) && !bpf_program__attach(program))
			fail(bpf_program__name(program), errno);
	}
}

static void print_programs(struct bpf_object *object)
{
	const char *separator = "";
	struct bpf_program *program;

	printf(",\"programs\":[");
	bpf_object__for_each_program(program, object) {
		struct bpf_prog_info facts;

		if (!bpf_program__autoload(program))
			continue;
		facts = describe(program);
		printf("%s{\"name\":\"%s\",\"section\":\"%s\",\"instructions\":%u,\"machineBytes\":%u,"
		       "\"verified\":%u,\"runs\":%llu,\"instructionsPerRun\":%.1f}",
		       separator, bpf_program__name(program), bpf_program__section_name(program),
		       facts.xlated_prog_len / 8, facts.jited_prog_len, facts.verified_insns,
		       (unsigned long long)facts.run_cnt,
		       facts.run_cnt ? (double)facts.run_time_ns / (double)facts.run_cnt : 0.0);
		separator = ",";
	}
	printf("]");
}

static void print_maps(struct bpf_object *object)
{
	const char *separator = "";
	struct bpf_map *map;

	printf(",\"maps\":[");
	bpf_object__for_each_map(map, object) {
		if (bpf_map__fd(map) < 0)
			continue;
		printf("%s{\"name\":\"%s\",\"entries\":%u,\"bytes\":%llu}", separator, bpf_map__name(map),
		       bpf_map__max_entries(map), (unsigned long long)memory_of(bpf_map__fd(map)));
		separator = ",";
	}
	printf("]");
}

/* The kernel's own count for each program, without what it costs to get there. */
static void run_with_statistics(char **files, int count)
{
	int statistics = bpf_enable_stats(BPF_STATS_RUN_TIME);

	for (int i = 0; i < count; i++)
		for (int round = 0; round < LONG_LOOP; round++) {
			visit(files[i]);
			drain();
		}
	close(statistics);
}

int main(int count, char **arguments)
{
	struct bpf_object *object = NULL;

	if (count < 3) {
		fprintf(stderr, "usage: measure OBJECT|- PLAN FILE...\n");
		return 2;
	}
	printf("{");
	if (strcmp(arguments[1], "-") != 0) {
		struct bpf_map *events;
		uint64_t start = nanoseconds();
		int error;

		object = bpf_object__open_file(arguments[1], NULL);
		if (!object)
			fail(arguments[1], errno);
		choose_programs(object, arguments[2]);
		error = bpf_object__load(object);
		if (error)
			fail("load", error);
		fill_maps(object, arguments[2]);
		attach_all(object);
		printf("\"loadNanoseconds\":%llu,", (unsigned long long)(nanoseconds() - start));
		events = bpf_object__find_map_by_name(object, "events");
		if (events)
			ring = ring_buffer__new(bpf_map__fd(events), take_record, NULL, NULL);
	}
	printf("\"files\":[");
	for (int i = 3; i < count; i++) {
		printf(i > 3 ? "," : "");
		count_file(arguments[i]);
	}
	printf("]");
	if (object) {
		run_with_statistics(arguments + 3, count - 3);
		print_programs(object);
		print_maps(object);
	}
	printf("}\n");
	return 0;
}
