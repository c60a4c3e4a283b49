/** C that walks the lists of a process: its arguments, its environment. */
import { FIRST_ARGUMENT, LATER_ARGUMENTS } from "../ir/element-test.ts";
import type { ProcessList } from "../kernel/hook.ts";
import type { CWriter } from "./c-writer.ts";
import type { AutomatonMatcher } from "./matcher.ts";
import { paddedCells } from "./table-code.ts";

/** Sizes that the template of lists needs. */
export function writeListSizes(writer: CWriter): void {
  writer.line("#define EXEC_LISTS 1");
  writer.line(`#define LATER_ARGUMENTS ${LATER_ARGUMENTS}`);
  writer.line(`/* The first argument's byte is ${FIRST_ARGUMENT}. */`);
}

/** Writes `NAME_walk`, which notes the comparisons that hold for any text of a list; false: it was not seen whole. */
export function writeListWalk(
  writer: CWriter,
  name: string,
  part: ProcessList,
  matcher: AutomatonMatcher,
): void {
  writeBegin(writer, name, part, matcher);
  writeEnd(writer, name, matcher);
  writeStep(writer, name, matcher);
  writeChunks(writer, name);
  writer.line("static __always_inline bool");
  writer.line(`${name}_walk(struct list_walk *walk, struct task_struct *task, u32 level, const bool whole,`);
  writer.line("\t\t const bool of_other, const enum generation generation)");
  writer.line("{");
  writer.block("", () => {
    writer.line("struct list_loop loop = { .walk = walk, .task = task };");
    writer.line();
    writer.line("walk->number = 0;");
    writer.line("walk->last = 0;");
    writer.line(`${name}_begin(walk);`);
    writer.block(
      "if (generation >= GENERATION_6_1) {",
      () => {
        writer.line(`bpf_loop(LIST_CHUNKS, of_other ? ${name}_chunk_of_other : ${name}_chunk, &loop, 0);`);
      },
      "} else {",
    );
    writer.block("", () => {
      writer.line("for (u32 number = 0; number < LIST_CHUNKS; number++)");
      writer.line(`\tif (!${name}_chunk_5_10(level))`);
      writer.line("\t\tbreak;");
    });
    writer.line("if (walk->left || !whole)");
    writer.line("\treturn false;");
    writer.line("if (walk->last)");
    writer.line(`\t${name}_end(walk);`);
    writer.line("return true;");
  });
  writer.line();
}

/** In front of an argument stands its number. */
function writeBegin(writer: CWriter, name: string, part: ProcessList, { automaton }: AutomatonMatcher): void {
  const cells = paddedCells(automaton).length;
  writer.line(`static __always_inline void ${name}_begin(struct list_walk *walk)`);
  writer.line("{");
  writer.block("", () => {
    writer.line(
      part === "args"
        ? `walk->state = ${name}_next[${name}_bytes[argument_byte(walk->number)] & ${cells - 1}];`
        : "walk->state = 0;",
    );
  });
  writer.line();
}

function writeEnd(writer: CWriter, name: string, { classes, vectors }: AutomatonMatcher): void {
  writer.line("/* A text has ended. */");
  writer.line(`static __always_inline void ${name}_end(struct list_walk *walk)`);
  writer.line("{");
  writer.block("", () => {
    writer.line(`u64 class = ${name}_classes[bounded(walk->state, ${classes.length - 1})];`);
    writer.line();
    writer.line(`class = bounded(class, ${vectors.length - 1});`);
    writer.line("for (u32 word = 0; word < EXEC_WORDS; word++)");
    writer.line(`\twalk->found.holds[word] |= ${name}_lineage[class][word];`);
    writer.line("walk->number++;");
    writer.line(`${name}_begin(walk);`);
  });
  writer.line();
}

function writeStep(writer: CWriter, name: string, { automaton }: AutomatonMatcher): void {
  const cells = paddedCells(automaton).length;
  writer.line("/* One byte further. */");
  writer.line(`static long ${name}_step(u32 index, struct list_loop *loop)`);
  writer.line("{");
  writer.block("", () => {
    writer.line("struct list_walk *walk = loop->walk;");
    writer.line("u8 byte = list_byte(walk, index);");
    writer.line();
    writer.block("if (!byte) {", () => {
      writer.line(`${name}_end(walk);`);
      writer.line("return 0;");
    });
    writer.line();
    writer.line(`u64 cell = walk->state * ${automaton.classCount} + ${name}_bytes[byte];`);
    writer.line();
    writer.line(`walk->state = ${name}_next[cell & ${cells - 1}];`);
    writer.line("return 0;");
  });
  writer.line();
}

/** What is read at once, by those that act and by those that look at others; without bpf_loop only the former. */
function writeChunks(writer: CWriter, name: string): void {
  for (const [suffix, ofOther] of [
    ["chunk", false],
    ["chunk_of_other", true],
  ] as const) {
    writer.line(`static long ${name}_${suffix}(u32 number, struct list_loop *loop)`);
    writer.line("{");
    writer.block("", () => {
      writer.line(`u64 size = list_next(loop, ${ofOther});`);
      writer.line();
      writer.line("if (!size)");
      writer.line("\treturn 1;");
      writer.line(`bpf_loop(size, ${name}_step, loop, 0);`);
      writer.line("return 0;");
    });
    writer.line();
  }
  writer.line(`__noinline int ${name}_chunk_5_10(u32 level)`);
  writer.line("{");
  writer.block("", () => {
    writer.line("struct scratch *scratch = scratch_at(level);");
    writer.line();
    writer.line("if (!scratch)");
    writer.line("\treturn 0;");
    writer.line();
    writer.line("struct list_loop loop = { .walk = &scratch->list };");
    writer.line("u64 size = list_next(&loop, false);");
    writer.line();
    writer.line("for (u32 index = 0; index < LIST_CHUNK && index < size; index++)");
    writer.line(`\t${name}_step(index, &loop);`);
    writer.line("return size;");
  });
  writer.line();
}
