import { expect, test } from "vitest";
import { wallClock } from "../../runtime/events/clock.ts";
import { decodeRecord } from "../../runtime/events/decode.ts";
import { eventJson } from "../../runtime/events/json.ts";
import { observe } from "../../runtime/events/observed.ts";
import { createProcessTable } from "../../runtime/events/processes.ts";
import { createStackNames } from "../../runtime/events/stack.ts";
import type { Manifest } from "../../runtime/manifest.ts";
import { readEvent } from "../vm/tetragon-event-schema.ts";
import { hookRecord } from "./records.ts";

const MANIFEST: Manifest = {
  format: 1,
  compiler: "policyc",
  policies: [{ name: "p", mode: "enforce", tags: [], file: "p.yaml", line: 1 }],
  rules: [
    {
      ...{ id: "p/udp_sendmsg#1", policy: 0, hook: 0, tags: [], verdict: { kind: "allow" }, post: true },
      ...{ stacks: ["kernel", "user"], posture: false, file: "p.yaml", line: 1, column: 1 },
    },
  ],
  hooks: [{ name: "udp_sendmsg", section: "kprobe", captures: [], result: false, stacks: true }],
  limits: [],
  attachments: [],
  programs: [],
  maps: [],
  notes: [],
  digests: {},
};

const SYMBOLS = [
  "ffffffff81000000 T _stext",
  "ffffffffc0100000 t bpf_prog_6deef7357e7b4530_p\t[bpf]",
  "ffffffff81500000 T udp_sendmsg",
  "ffffffff81600000 T __sys_sendto",
  "ffffffff81600100 d no_function",
].join("\n");
const MAPS = "55d000001000-55d000002000 r-xp 00001000 08:01 42                         /usr/bin/a b\n";

function stack(...addresses: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(8 + addresses.length * 8);
  bytes.writeBigInt64LE(BigInt(addresses.length * 8));
  addresses.forEach((address, index) => bytes.writeBigUInt64LE(address, 8 + index * 8));
  return bytes;
}

function told(...captures: readonly Buffer[]): unknown {
  const record = decodeRecord(hookRecord({ tgid: 7, tid: 7 }, [[0, true]], ...captures), MANIFEST);
  if (record.kind === "malformed") {
    return record.reason;
  }
  const read = (path: string): string | undefined =>
    path === "/proc/kallsyms" ? SYMBOLS : path === "/proc/7/maps" ? MAPS : undefined;
  const [event] = observe(
    record,
    createProcessTable(() => undefined),
  );
  return event && eventJson(event, { name: "n", clock: wallClock(0n), stackNames: createStackNames(read) });
}

const sound = (): unknown =>
  JSON.parse(
    JSON.stringify(
      told(
        stack(0xffffffffc0100010n, 0xffffffff81500005n, 0xffffffff81600040n, 0xffffffffa0000000n),
        stack(0x55d000001234n, 0x1n),
      ),
    ),
  );

test("stacks are told by symbols, modules and what is left, without the programs that look", () => {
  expect(sound()).toMatchObject({
    process_kprobe: {
      kernel_stack_trace: [
        { offset: "5", symbol: "udp_sendmsg" },
        { offset: "64", symbol: "__sys_sendto" },
        { address: "18446744072098938880" },
      ],
      user_stack_trace: [
        { address: String(0x55d000001234n), offset: "4660", module: "/usr/bin/a b" },
        { address: "1" },
      ],
    },
  });
});

test("a stack that is cut off or could not be had leaves the record whole, or refuses it", () => {
  expect(told(stack(1n).subarray(0, 8), stack())).toBe("the stacks do not fit");
  expect(told(stack())).toBe("the stacks do not fit");
  const failed = Buffer.alloc(8);
  failed.writeBigInt64LE(-14n);
  expect(JSON.parse(JSON.stringify(told(failed, failed)))).not.toHaveProperty(
    "process_kprobe.kernel_stack_trace",
  );
});

test("the reader of Tetragon's events takes what it knows, and nothing that lacks or adds a field", () => {
  expect(readEvent(sound())).toEqual([]);
  const { process_kprobe: body, ...envelope } = sound() as { process_kprobe: Record<string, unknown> };
  const { function_name: name, ...nameless } = body;
  expect(name).toBe("udp_sendmsg");
  expect(readEvent({ ...envelope, process_kprobe: nameless })).not.toEqual([]);
  expect(readEvent({ ...envelope, process_kprobe: { ...body, colour: "red" } })).not.toEqual([]);
  expect(readEvent({ ...envelope, process_kprobe: { ...body, action: "POST" } })).not.toEqual([]);
  expect(readEvent({ ...envelope, process_kprobe: { ...body, args: [{ size_arg: 5 }] } })).not.toEqual([]);
  expect(readEvent({ ...envelope, process_kprobe: { ...body, args: [{ label: "x" }] } })).not.toEqual([]);
  expect(readEvent({ process_kprobe: body })).not.toEqual([]);
});
