/** The C struct that holds what the rules of a hook compare and its events carry. */
import type { IrHook } from "../ir/ir.ts";
import { elementAt } from "../source/invariant.ts";
import type { FieldType } from "../kernel/field.ts";
import type {
  ArgumentMapping,
  ArgumentType,
  AttachPoint,
  ProcessLevel,
  ProcessPart,
} from "../kernel/hook.ts";
import { type CWriter, cIdentifier, cWord } from "./c-writer.ts";
import { tellsStacks } from "./effects.ts";
import type { HookParts } from "./parts.ts";

/**
 * Name of a hook in C identifiers. Rules that compare the return value have a hook of their own beside
 * the one that refuses, under the same id.
 */
export function hookName(hook: IrHook): string {
  const seesResult = hook.attachments.some(({ alternatives }) =>
    alternatives.some((point) => point.seesResult),
  );
  return cIdentifier(hook.fact.id) + (seesResult ? "_return" : "");
}

/** Whether what the hook decides is put into force by programs of their own. */
export function refusesLater({ attachments }: IrHook): boolean {
  return attachments.some(({ kind }) => kind === "refusal");
}

/** Whether any rule of the hook is for certain workloads only. */
export function asksForScope(hook: IrHook): boolean {
  return hook.fields.some(({ source }) => source.kind === "scope");
}

/** Arguments of the hook that any field or capture needs, ascending. */
export function usedArguments(hook: IrHook): readonly number[] {
  const used = [
    ...hook.captures.map((capture) => capture.argument),
    ...hook.fields.flatMap(({ source }) => ("argument" in source ? [source.argument] : [])),
  ];
  return [...new Set(used)].sort((a, b) => a - b);
}

/** The processes that fields ask for, ascending. */
export function processLevels(hook: IrHook): readonly ProcessLevel[] {
  const levels = hook.fields.flatMap(({ source }) => (source.kind === "process" ? [source.level] : []));
  return [...new Set(levels)].sort((a, b) => (a === "any" ? 1 : b === "any" ? -1 : a - b));
}

/** The member of the values that stands for a process, or for all that one descends from. */
export function processMember(level: ProcessLevel): string {
  return level === "any" ? "lineage" : `process${level}`;
}

/** What a part of a process is called in C: `ns.pid` is another thing than `ns_pid`. */
export function processPartName(part: ProcessPart): string {
  return part.replace(/^ns\./, "namespace.").replaceAll(".", "_");
}

/** A C cast where a policy reads an argument as another integer type than the kernel's. */
export function integerCast(kernel: { readonly kind: string } | undefined, read: FieldType): string {
  const isSame = kernel === undefined || JSON.stringify(kernel) === JSON.stringify(read);
  return read.kind !== "integer" || isSame ? "" : `(${read.signed ? "s" : "u"}${read.bits})`;
}

/** Whether a field has no value at some attach point of the hook. */
export function absentField(hook: IrHook, field: number): boolean {
  // Where a decision is only carried out no field is read.
  return hook.attachments.some(
    ({ kind, alternatives }) =>
      kind !== "refusal" && alternatives.some((point) => isAbsent(hook, field, point)),
  );
}

/** Before a connection exists, only where it will go is known. */
const UNKNOWN_BEFORE_CONNECT: ReadonlySet<string> = new Set(["saddr", "sport", "state"]);

function isAbsent(hook: IrHook, field: number, point: AttachPoint): boolean {
  const { source } = elementAt(hook.fields, field);
  if (!("argument" in source)) {
    return false;
  }
  const { kind } = elementAt(point.argumentMappings, source.argument);
  const isTarget = kind === "connect-target" || kind === "message-target";
  return kind === "absent" || (isTarget && source.kind === "sock" && UNKNOWN_BEFORE_CONNECT.has(source.part));
}

/** Declares `struct HOOK_values`. */
export function writeValuesStruct(writer: CWriter, hook: IrHook): void {
  writer.line("/* What the rules compare and the events carry. */");
  writer.block(
    `struct ${hookName(hook)}_values {`,
    () => {
      for (const argument of usedArguments(hook)) {
        const fact = elementAt(hook.fact.arguments, argument);
        for (const member of members(hook, argument)) {
          writer.line(`${member}; /* ${fact.name} */`);
        }
      }
      for (const level of processLevels(hook)) {
        writer.line(`struct process_value ${processMember(level)};`);
      }
      if (asksForScope(hook)) {
        writer.line("struct scope_value scope;");
      }
      if (hook.fields.some((_, field) => absentField(hook, field))) {
        writer.line("u64 absent; /* fields that have no value here, as bits */");
      }
      if (tellsStacks(hook)) {
        writer.line("void *ctx;");
      }
      writer.line("s64 result;");
    },
    "};",
  );
}

function members(hook: IrHook, argument: number): readonly string[] {
  const { type } = elementAt(hook.fact.arguments, argument);
  switch (type.kind) {
    case "integer":
      return [`${type.signed ? "s" : "u"}${type.bits} arg${argument}`];
    case "file":
    case "path":
      return [`struct path_value arg${argument}`];
    case "sock":
      return [`struct sock_value arg${argument}`];
    case "text":
      return [`u64 arg${argument}`, ...(isSized(type) ? [`s64 arg${argument}_size`] : [])];
    case "object":
      return [`u64 arg${argument}`];
    case "opaque":
      return [];
  }
}

/** Fills `values` from the parameters of a program at `point`. Returns early where the filter says so. */
export function writeValuesFrom(
  writer: CWriter,
  { hook, scope }: Pick<HookParts, "hook" | "scope">,
  point: AttachPoint,
): void {
  if (point.filter?.kind === "fast-open-send") {
    const message = elementAt(point.parameters, point.filter.message).name;
    writer.line(`if (!(${message}->msg_flags & MSG_FASTOPEN))`);
    writer.line("\treturn 0;");
  }
  for (const level of processLevels(hook)) {
    // What a process descends from is in its own entry.
    writer.line(`values.${processMember(level)}.level = ${level === "any" ? 0 : level};`);
  }
  if (scope !== undefined) {
    writer.line(`values.scope.first = ${scope};`);
  }
  const absent = hook.fields.reduce(
    (mask, _, field) => (isAbsent(hook, field, point) ? mask | (1n << BigInt(field)) : mask),
    0n,
  );
  if (absent !== 0n) {
    writer.line(`values.absent = ${cWord(absent)};`);
  }
  for (const argument of usedArguments(hook)) {
    const { type } = elementAt(hook.fact.arguments, argument);
    writeArgument(writer, point, argument, readerOf(type), elementAt(point.argumentMappings, argument));
    const size = sizeExpression(point, type);
    if (size !== undefined) {
      writer.line(`values.arg${argument}_size = (s64)${size};`);
    }
  }
}

/** Whether a text's size comes from elsewhere. */
function isSized(type: ArgumentType): boolean {
  return type.kind === "text" && (type.form.kind === "buffer" || type.form.kind === "iovec");
}

/** C expression for the size of a buffer at a point; 0 where the point does not know it. */
function sizeExpression(point: AttachPoint, type: ArgumentType): string | undefined {
  if (type.kind !== "text" || (type.form.kind !== "buffer" && type.form.kind !== "iovec")) {
    return undefined;
  }
  const { size } = type.form;
  if (size?.kind === "constant") {
    return String(size.count);
  }
  const mapping = size === undefined ? undefined : point.argumentMappings[size.index];
  if (mapping?.kind === "register") {
    return `${elementAt(point.parameters, mapping.registers).name}->${mapping.register}`;
  }
  if (mapping?.kind === "static-argument") {
    return staticArgument(point, mapping);
  }
  return mapping?.kind === "parameter" ? elementAt(point.parameters, mapping.parameter).name : "0";
}

/** C expression for an argument of a static point; the program has looked up the row. */
function staticArgument(
  point: AttachPoint,
  { registers, argument }: Extract<ArgumentMapping, { kind: "static-argument" }>,
): string {
  return `static_argument(${elementAt(point.parameters, registers).name}, row, ${argument})`;
}

/** How an argument is read: by its type, or by what leads to it. */
function readerOf(type: ArgumentType): string {
  if (type.kind === "sock") {
    return type.through ?? "sock";
  }
  return type.kind === "text" && type.form.kind === "data_loc" ? "data_loc" : type.kind;
}

/** Leaves a security hook that an overlay has reached for the file below its own. */
function writeBackingTest(writer: CWriter, point: AttachPoint, kind: string, name: string): void {
  if (kind === "file" && (point.kind === "lsm" || point.target.startsWith("security_"))) {
    writer.line(`if (file_is_backing(${name}))`);
    writer.line("\treturn 0;");
  }
}

function writeArgument(
  writer: CWriter,
  point: AttachPoint,
  argument: number,
  kind: string,
  mapping: ArgumentMapping,
): void {
  const parameter = (index: number): string => elementAt(point.parameters, index).name;
  const value = `&values.arg${argument}`;
  switch (mapping.kind) {
    case "parameter":
      writeIfPresent(writer, point, mapping.parameter, () => {
        const { name, user, mayBeNull } = elementAt(point.parameters, mapping.parameter);
        const isAddress = kind === "text" && user !== undefined;
        writeBackingTest(writer, point, kind, name);
        writeParameter(writer, argument, kind, isAddress ? `user_address(${name})` : name);
        if (mayBeNull !== undefined) {
          writeFound(writer, argument, kind);
        }
      });
      return;
    case "file-path":
      writeParameter(writer, argument, "file-path", parameter(mapping.file));
      return;
    case "member":
      writeMember(writer, argument, kind, mapping, parameter(mapping.parameter));
      return;
    case "dentry": {
      const dentry = parameter(mapping.dentry);
      writer.line(`path_of(${value}, ${dentry}, ${parameter(mapping.directory)}->mnt);`);
      return;
    }
    case "socket":
      writer.line(`sock_of(${value}, ${parameter(mapping.socket)});`);
      return;
    case "addressed-socket": {
      const [socket, address, length] = [mapping.socket, mapping.address, mapping.length].map(parameter);
      const call = mapping.end === "destination" ? "sock_to" : "sock_at";
      writer.line(`${call}(${value}, ${socket}, ${address}, ${length});`);
      return;
    }
    case "sending-socket":
      writer.line(`sock_sending(${value}, ${parameter(mapping.socket)}, ${parameter(mapping.message)});`);
      return;
    case "register": {
      const register = `${parameter(mapping.registers)}->${mapping.register}`;
      // A caller must not have the kernel's memory read in its place.
      const isPointer = kind === "text" || kind === "sockaddr";
      writeParameter(writer, argument, kind, isPointer ? `user_address(${register})` : register);
      return;
    }
    case "static-argument": {
      const read = staticArgument(point, mapping);
      const isPointer = kind === "text" || kind === "sockaddr";
      writeParameter(writer, argument, kind, isPointer ? `user_address(${read})` : read);
      return;
    }
    case "current-tgid":
      writer.line(`values.arg${argument} = bpf_get_current_pid_tgid() >> 32;`);
      return;
    case "asked-namespaces":
      writer.line(`values.arg${argument} = namespaces_asked(generation);`);
      return;
    case "connect-target": {
      const [socket, address, length] = [mapping.socket, mapping.address, mapping.length].map(parameter);
      writeTarget(writer, argument, `${socket}, ${address}, ${length}`);
      return;
    }
    case "message-target": {
      const message = parameter(mapping.message);
      const socket = parameter(mapping.socket);
      writeTarget(writer, argument, `${socket}, ${message}->msg_name, ${message}->msg_namelen`);
      return;
    }
    case "result":
      writer.line(`sock_of_pointer(${value}, (u64)result);`);
      return;
    case "absent":
      return;
  }
}

/** What a pointer parameter leads to; where it leads nowhere, `values` stays without the argument. */
function writeMember(
  writer: CWriter,
  argument: number,
  kind: string,
  mapping: Extract<ArgumentMapping, { kind: "member" }>,
  parameter: string,
): void {
  const member = `${parameter}->${mapping.member}`;
  if (mapping.mayBeNull === undefined) {
    writeParameter(writer, argument, kind, member);
    return;
  }
  const target = `arg${argument}_target`;
  writer.line(`__auto_type ${target} = ${member};`);
  writer.line();
  writer.block(`if (${target}) {`, () => {
    writeParameter(writer, argument, kind, target);
    writeFound(writer, argument, kind);
  });
}

/**
 * A pointer that may be NULL is looked at as a number first, as some verifiers drop a plain check of it (see
 * CParameter.mayBeNull), and then checked plainly, as 7.2 demands. Where it is NULL, `values` stays without
 * the argument.
 */
function writeIfPresent(writer: CWriter, point: AttachPoint, index: number, write: () => void): void {
  const { name, mayBeNull } = elementAt(point.parameters, index);
  if (mayBeNull === undefined) {
    write();
    return;
  }
  writer.line(`u64 ${name}_address = 0;`);
  writer.line();
  writer.line(`bpf_probe_read_kernel(&${name}_address, sizeof(${name}_address), &ctx[${index}]);`);
  writer.block(`if (${name}_address && ${name}) {`, write);
}

function writeFound(writer: CWriter, argument: number, kind: string): void {
  if (kind === "file" || kind === "path") {
    writer.line(`path_found(&values.arg${argument});`);
  }
}

function writeTarget(writer: CWriter, argument: number, connection: string): void {
  writer.line(`if (!sock_connecting(&values.arg${argument}, ${connection}))`);
  writer.line("\treturn 0;");
}

function writeParameter(writer: CWriter, argument: number, kind: string, name: string): void {
  switch (kind) {
    case "integer":
      writer.line(`values.arg${argument} = ${name};`);
      break;
    case "file":
    case "file-path":
      writer.line(`path_of_file(&values.arg${argument}, ${name});`);
      break;
    case "path":
      writer.line(`path_of(&values.arg${argument}, ${name}->dentry, ${name}->mnt);`);
      break;
    case "sock":
      writer.line(`sock_read(&values.arg${argument}, ${name});`);
      break;
    case "data_loc":
      writer.line(`values.arg${argument} = (u64)ctx + (${name} & 0xffff);`);
      break;
    case "socket":
      writer.line(`sock_of_socket(&values.arg${argument}, (u64)${name});`);
      break;
    case "skb":
      writer.line(`sock_of_packet(&values.arg${argument}, (u64)${name});`);
      break;
    case "sockaddr":
      writer.line(`sock_of_address(&values.arg${argument}, (u64)${name});`);
      break;
    case "text":
    case "object":
      writer.line(`values.arg${argument} = (u64)${name};`);
      break;
  }
}
