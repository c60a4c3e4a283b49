import { describe, expect, it } from "vitest";
import { CAPTURED_TEXT, TEXT_STATUS } from "../../runtime/event-layout.ts";
import { decodeRecord } from "../../runtime/events/decode.ts";
import { eventJson } from "../../runtime/events/json.ts";
import { observe } from "../../runtime/events/observed.ts";
import { createProcessTable } from "../../runtime/events/processes.ts";
import { wallClock } from "../../runtime/events/clock.ts";
import type { Manifest, ManifestCapture } from "../../runtime/manifest.ts";
import { hookRecord, struct } from "./records.ts";

function manifestOf(captures: readonly ManifestCapture[]): Manifest {
  return {
    format: 1,
    compiler: "policyc",
    policies: [{ name: "p", mode: "enforce", tags: [], file: "p.yaml", line: 1 }],
    rules: [
      {
        id: "p/hook#1",
        policy: 0,
        hook: 0,
        tags: [],
        verdict: { kind: "allow" },
        post: true,
        posture: false,
        file: "p.yaml",
        line: 1,
        column: 1,
      },
    ],
    hooks: [{ name: "hook", section: "kprobe", captures, result: false }],
    limits: [],
    attachments: [],
    programs: [],
    maps: [],
    notes: [],
    digests: {},
  };
}

/** The `args` of the event that a record with these captures is. */
function argsOf(captures: readonly ManifestCapture[], ...parts: readonly Buffer[]): unknown {
  const record = decodeRecord(hookRecord({ tgid: 1, tid: 1 }, [[0, true]], ...parts), manifestOf(captures));
  if (record.kind === "malformed") {
    return record.reason;
  }
  const [event] = observe(
    record,
    createProcessTable(() => undefined),
  );
  const json = event && eventJson(event, { name: "n", clock: wallClock(0n) });
  return (JSON.parse(JSON.stringify(json)) as { process_kprobe: { args: unknown } }).process_kprobe.args;
}

function textCapture(text: Buffer, status: keyof typeof TEXT_STATUS, size = text.length): Buffer {
  const padding = Buffer.alloc((8 - (text.length % 8)) % 8);
  return Buffer.concat([
    struct(CAPTURED_TEXT, { length: text.length, status: TEXT_STATUS[status], size }),
    text,
    padding,
  ]);
}

const TEXT: ManifestCapture = { argument: 0, type: { kind: "text", binary: false } };
const BYTES: ManifestCapture = { argument: 1, type: { kind: "text", binary: true }, label: "data" };

describe("texts in events", () => {
  it("are strings, and base64 where they may hold any bytes", () => {
    expect(
      argsOf(
        [TEXT, BYTES],
        textCapture(Buffer.from("tmpfs"), "whole"),
        textCapture(Buffer.of(0, 255), "whole"),
      ),
    ).toEqual([{ string_arg: "tmpfs" }, { bytes_arg: "AP8=", label: "data" }]);
  });

  it("say what of them is missing", () => {
    expect(argsOf([TEXT], textCapture(Buffer.from("begin"), "cut", 9000))).toEqual([
      { truncated_bytes_arg: { bytes_arg: "YmVnaW4=", orig_size: "9000" } },
    ]);
    expect(argsOf([TEXT], textCapture(Buffer.of(), "unreadable"))).toEqual([
      { error_arg: { message: "Bad address for basic type" } },
    ]);
    expect(argsOf([TEXT], textCapture(Buffer.of(), "missing"))).toEqual([{ string_arg: "" }]);
  });

  it("that do not fit their record are refused whole", () => {
    const text = textCapture(Buffer.from("tmpfs"), "whole");
    expect(argsOf([TEXT], text.subarray(0, 16))).toBe("argument 0 does not fit");
    text.writeUInt32LE(77, 4);
    expect(argsOf([TEXT], text)).toBe("argument 0 does not fit");
  });
});

function numbers(...values: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  values.forEach((value, index) => bytes.writeBigUInt64LE(value, index * 8));
  return bytes;
}

describe("kernel objects in events", () => {
  const MAP: ManifestCapture = {
    argument: 0,
    key: "bpf_map_arg",
    type: {
      kind: "object",
      parts: [
        { json: ["MapType"], format: "bpf-map-type" },
        { json: ["KeySize"], format: "number" },
        { json: ["MapName"], format: "text" },
      ],
    },
  };

  it("have each part in its place and form", () => {
    expect(argsOf([MAP], numbers(1n, 2n, 8n), textCapture(Buffer.from("counts"), "whole"))).toEqual([
      { bpf_map_arg: { MapType: "BPF_MAP_TYPE_ARRAY", KeySize: 8, MapName: "counts" } },
    ]);
  });

  it("nest what belongs together, and name bits", () => {
    const cred: ManifestCapture = {
      argument: 0,
      key: "process_credentials_arg",
      type: {
        kind: "object",
        parts: [
          { json: ["uid"], format: "number" },
          { json: ["caps", "effective"], format: "capability-list" },
          { json: ["user_ns", "ns", "inum"], format: "number" },
        ],
      },
    };
    expect(argsOf([cred], numbers(1n, 7n, 0x200002n, 4026531837n))).toEqual([
      {
        process_credentials_arg: {
          uid: 7,
          caps: { effective: ["DAC_OVERRIDE", "CAP_SYS_ADMIN"] },
          user_ns: { ns: { inum: 4026531837 } },
        },
      },
    ]);
  });

  it("are their only part where that has no name", () => {
    const caps: ManifestCapture = {
      argument: 0,
      key: "cap_effective_arg",
      type: { kind: "object", parts: [{ json: [], format: "hex64" }] },
    };
    expect(argsOf([caps], numbers(1n, 0x1ffn))).toEqual([{ cap_effective_arg: "00000000000001ff" }]);
  });

  it("that are not there are errors, and records without room are refused", () => {
    const nothing = textCapture(Buffer.of(), "missing");
    expect(argsOf([MAP], numbers(0n, 0n, 0n), nothing)).toEqual([
      { error_arg: { message: "Bad address for basic type" } },
    ]);
    expect(argsOf([MAP], numbers(1n, 2n))).toBe("argument 0 does not fit");
  });
});
