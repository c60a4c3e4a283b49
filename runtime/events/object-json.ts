/** Kernel objects in JSON events: each part in its place and form. */
import { BPF_COMMANDS, BPF_MAP_TYPES, BPF_PROGRAM_TYPES, CAPABILITIES, PERF_TYPES } from "../kernel-names.ts";
import type { ValueFormat } from "../manifest.ts";
import type { CapturedObject, CapturedPart, CapturedText } from "./decode.ts";
import { familyName, permissionText } from "./names.ts";

/** A part as events show it; undefined where it says nothing. */
export type PartJson = string | number | boolean | readonly string[] | undefined;

export type ObjectJson = PartJson | { readonly [name: string]: ObjectJson };

/** The value of an object; undefined for a NULL pointer. */
export function objectJson({ present, parts }: CapturedObject): ObjectJson {
  const [only] = parts;
  if (!present) {
    return undefined;
  }
  return parts.length === 1 && only?.json.length === 0
    ? partJson(only)
    : nested(
        parts.map((part) => ({ path: part.json, value: partJson(part) })),
        parts,
      );
}

interface Placed {
  readonly path: readonly string[];
  readonly value: PartJson;
}

function nested(placed: readonly Placed[], parts: readonly CapturedPart[]): ObjectJson {
  const names = [...new Set(placed.map(({ path: [name = ""] }) => name))];
  const entries = names.map((name): [string, ObjectJson] => {
    const own = placed.filter(({ path }) => path[0] === name);
    const [first] = own;
    return own.length === 1 && first?.path.length === 1
      ? [name, first.value]
      : [
          name,
          nested(
            own.map(({ path, value }) => ({ path: path.slice(1), value })),
            [],
          ),
        ];
  });
  const isCut = parts.some(({ value }) => typeof value !== "bigint" && value.status === "cut");
  return Object.fromEntries(isCut ? [...entries, ["flags", "unresolvedPathComponents"]] : entries);
}

function partJson({ format, value }: CapturedPart): PartJson {
  return typeof value === "bigint" ? numberJson(format, value) : textJson(value);
}

function textJson(text: CapturedText): PartJson {
  return text.bytes.length === 0 ? undefined : Buffer.from(text.bytes).toString("utf8");
}

function numberJson(format: ValueFormat, value: bigint): PartJson {
  const number = Number(value);
  switch (format) {
    case "text":
      return undefined;
    case "number":
      return number;
    case "number64":
      return value.toString();
    case "boolean":
      return value !== 0n;
    case "hex64":
      return value.toString(16).padStart(16, "0");
    case "mode":
      return number === 0 ? undefined : permissionText(number);
    case "family":
      return familyName(number);
    case "capability":
      return capabilityName(number);
    case "capability-list":
      return namesOfBits(value, capabilityName);
    case "securebits":
      return namesOfBits(value, (bit) => SECUREBITS[bit] ?? `SecBit${bit}`);
    case "taints":
      return namesOfBits(value, (bit) => TAINTS[bit] ?? `TAINT_${bit}`);
    case "bpf-map-type":
      return BPF_MAP_TYPES[number] ?? String(number);
    case "bpf-program-type":
      return BPF_PROGRAM_TYPES[number] ?? String(number);
    case "bpf-command":
      return BPF_COMMANDS[number] ?? String(number);
    case "perf-type":
      return PERF_TYPES[number] ?? String(number);
    case "system-call-abi":
      return value === 0n ? "x64" : "i386";
  }
}

/** As Tetragon's readers know it: one has no prefix. */
function capabilityName(number: number): string {
  const name = CAPABILITIES[number] ?? `CAP_${number}`;
  return name === "CAP_DAC_OVERRIDE" ? "DAC_OVERRIDE" : name;
}

function namesOfBits(bits: bigint, nameOf: (bit: number) => string): readonly string[] | undefined {
  const names = Array.from({ length: 64 }, (_, bit) => bit)
    .filter((bit) => (bits >> BigInt(bit)) & 1n)
    .map(nameOf);
  return names.length === 0 ? undefined : names;
}

/** `SECBIT_*` of linux/securebits.h. */
const SECUREBITS: readonly string[] = [
  "SecBitNoRoot",
  "SecBitNoRootLocked",
  "SecBitNoSetUidFixup",
  "SecBitNoSetUidFixupLocked",
  "SecBitKeepCaps",
  "SecBitKeepCapsLocked",
  "SecBitNoCapAmbientRaise",
  "SecBitNoCapAmbientRaiseLocked",
];

/** Taints that a module can have, by their bits of linux/panic.h. */
const TAINTS: Readonly<Record<number, string>> = {
  0: "TAINT_PROPRIETARY_MODULE",
  1: "TAINT_FORCED_MODULE",
  10: "TAINT_STAGING_MODULE",
  12: "TAINT_OUT_OF_TREE_MODULE",
  13: "TAINT_UNSIGNED_MODULE",
  15: "TAINT_KERNEL_LIVE_PATCH_MODULE",
  18: "TAINT_TEST_MODULE",
};
