/*
 * Operations that are functions and static points of this program, for policies that hook those. What they do to the
 * shared buffer tells how far they came.
 */

/* The kernel raises them while the places that they belong to are hooked. */
unsigned short function_counter __attribute__((section(".probes"), used));
unsigned short static_counter __attribute__((section(".probes"), used));

/* Where the static points of a file would be by its link; a moved file tells it by this. */
asm(".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"
    ".weak _.stapsdt.base\n"
    ".hidden _.stapsdt.base\n"
    "_.stapsdt.base: .space 1\n"
    ".size _.stapsdt.base, 1\n"
    ".popsection\n");

/* A static point "effects:NAME", with its arguments as the compiler keeps them. */
#define STATIC_POINT(name, counter, format, ...)                                                                       \
	asm volatile("990: nop\n"                                                                                      \
		     ".pushsection .note.stapsdt,\"\",\"note\"\n"                                                      \
		     ".balign 4\n"                                                                                     \
		     ".4byte 992f-991f, 994f-993f, 3\n"                                                                \
		     "991: .asciz \"stapsdt\"\n"                                                                       \
		     "992: .balign 4\n"                                                                                \
		     "993: .8byte 990b\n"                                                                              \
		     ".8byte _.stapsdt.base\n"                                                                         \
		     ".8byte " counter "\n"                                                                            \
		     ".asciz \"effects\"\n"                                                                            \
		     ".asciz \"" name "\"\n"                                                                           \
		     ".asciz \"" format "\"\n"                                                                         \
		     "994: .balign 4\n"                                                                                \
		     ".popsection\n" ::__VA_ARGS__)

#define SEPARATE __attribute__((noinline, noclone, used))

SEPARATE long probed_function(int number, const char *text, const char *bytes, unsigned long size)
{
	memcpy(shared->buffer, "ran", 3);
	return number + (long)size + (text == bytes);
}

SEPARATE int probed_sign(int number)
{
	memcpy(shared->buffer, "ran", 3);
	return -number;
}

SEPARATE const char *probed_text(const char *text)
{
	memcpy(shared->buffer, "ran", 3);
	return text;
}

SEPARATE const char *probed_counted(const char *text)
{
	memcpy(shared->buffer, "ran", 3);
	return text;
}

SEPARATE void probed_points(int number, const char *text, const short *numbers)
{
	STATIC_POINT("registers", "static_counter", "-4@%0 8@%1", "r"(number), "r"(text));
	STATIC_POINT("memory", "0", "-2@%0 -4@$-42", "m"(numbers[1]));
	memcpy(shared->buffer, "ran", 3);
}

/* "NUMBER/TEXT": the text comes after the slash. */
static const char *text_after_number(const char *target)
{
	const char *slash = strchr(target, '/');

	return slash ? slash + 1 : "";
}

static void probe_function(const char *target)
{
	const char *text = text_after_number(target);

	probed_function(atoi(target), text, text, strlen(text));
}

static void probe_sign(const char *target)
{
	probed_sign(atoi(target));
}

static void probe_text(const char *target)
{
	probed_text(target);
}

static void probe_counted(const char *target)
{
	probed_counted(target);
}

static void probe_points(const char *target)
{
	const short numbers[] = { 0, atoi(target) };

	probed_points(atoi(target), text_after_number(target), numbers);
}

/* Whether anything hooks the places that have a counter: an error of EBUSY when something does. */
static void probe_counters(const char *target)
{
	const volatile unsigned short *counter = strcmp(target, "static") ? &function_counter : &static_counter;

	if (*counter) {
		shared->error = EBUSY;
		_exit(1);
	}
}
