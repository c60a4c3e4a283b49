import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compactLine } from "../../runtime/events/compact.ts";
import { rfc3339, wallClock } from "../../runtime/events/clock.ts";
import { addressText } from "../../runtime/events/address.ts";
import { decodeRecord } from "../../runtime/events/decode.ts";
import { eventJson } from "../../runtime/events/json.ts";
import { observe } from "../../runtime/events/observed.ts";
import { createProcessTable } from "../../runtime/events/processes.ts";
import { permissionText } from "../../runtime/events/names.ts";
import { jsonLine, shown } from "../../runtime/events/quote.ts";
import type { Manifest, ManifestCapture, ManifestRule } from "../../runtime/manifest.ts";
import {
  cloneRecord,
  execRecord,
  exitRecord,
  hookRecord,
  integerCapture,
  mapped,
  pathCapture,
  sockCapture,
} from "./records.ts";

const FILE: ManifestCapture = { argument: 0, type: { kind: "file" } };
const MASK: ManifestCapture = {
  argument: 1,
  type: { kind: "integer", bits: 32, signed: true },
  label: "mask",
};
const SOCK: ManifestCapture = { argument: 0, type: { kind: "sock" } };

const RULE: ManifestRule = {
  id: "files/security_file_permission#1",
  policy: 0,
  hook: 0,
  tags: ["r"],
  verdict: { kind: "kill", signal: 9, errno: 1 },
  post: true,
  posture: false,
  file: "files.yaml",
  line: 3,
  column: 1,
};

const MANIFEST: Manifest = {
  format: 1,
  compiler: "policyc",
  policies: [
    { name: "files", mode: "enforce", tags: ["p"], message: "hands off", file: "files.yaml", line: 1 },
  ],
  rules: [RULE, { ...RULE, id: "files/other#1", verdict: { kind: "allow" }, posture: true }],
  hooks: [
    { name: "security_file_permission", section: "kprobe", captures: [FILE, MASK], result: true },
    { name: "tcp_connect", section: "kprobe", captures: [SOCK], result: false },
  ],
  limits: [],
  attachments: [],
  programs: [],
  maps: [],
  notes: [],
  digests: {},
};

const SHELL = { tgid: 10, tid: 10, start_time: 1_000_000_000n, time: 1_500_000_000n };
const CAT = { tgid: 20, tid: 20, start_time: 2_000_000_000n, time: 2_500_000_000n };
const NODE = { name: "n1", clock: wallClock(0n) };

function observed(...records: readonly Buffer[]): ReturnType<typeof observe> {
  const table = createProcessTable(() => undefined);
  return records.flatMap((bytes) => {
    const record = decodeRecord(bytes, MANIFEST);
    if (record.kind === "malformed") {
      throw new Error(record.reason);
    }
    return observe(record, table);
  });
}

const STORY = [
  execRecord(SHELL, { auid: 0xffff_ffff }, "/bin/sh", ["-c", "cat a b"], "/"),
  execRecord(
    CAT,
    { parent_tgid: 10, parent_start_time: SHELL.start_time },
    "/bin/cat",
    ["/etc/shadow"],
    "/tmp",
  ),
  hookRecord(
    { ...CAT, flags: 2, hook: 0, result: -1n },
    [
      [0, true],
      [1, false],
    ],
    pathCapture("/etc/shadow", 0o100640),
    integerCapture(4n),
  ),
  exitRecord({ ...CAT, time: 3_000_000_000n, result: 9 }),
  exitRecord({ ...SHELL, time: 4_000_000_000n, result: 137 << 8 }),
] as const;

describe("compact lines", () => {
  test("tell start, violation and end", () => {
    const lines = observed(...STORY).map((event) => compactLine(event, { source: "n1", color: false }));
    expect(lines).toEqual([
      '🚀 process n1 /bin/sh -c "cat a b"',
      "🚀 process n1 /bin/cat /etc/shadow",
      "📚 read    n1 /bin/cat /etc/shadow",
      "📚 read    n1 /bin/cat /etc/shadow",
      "💥 exit    n1 /bin/cat /etc/shadow SIGKILL",
      '💥 exit    n1 /bin/sh -c "cat a b" 137',
    ]);
  });

  test("show both ends of a connection", () => {
    const socket = { family: 2, type: 1, protocol: 6, state: 2, sport: 4000, dport: 443 };
    const [, line] = observed(
      execRecord(SHELL, {}, "/bin/curl", [], "/"),
      hookRecord(
        { ...SHELL, hook: 1 },
        [[0, true]],
        sockCapture({ ...socket, saddr: mapped(10, 0, 0, 1), daddr: mapped(1, 2, 3, 4) }),
      ),
    ).map((event) => compactLine(event, { source: "n1", color: false }));
    expect(line).toBe("🔌 connect n1 /bin/curl tcp 10.0.0.1:4000 -> 1.2.3.4:443");
  });

  test("colour nothing but what was asked for, and never pass on control characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.array(fc.string({ unit: "binary" })), (path, args) => {
        const events = observed(
          execRecord(CAT, {}, path, args, path),
          hookRecord(CAT, [[0, true]], pathCapture(path, 0), integerCapture(2n)),
        );
        for (const event of events) {
          expect(compactLine(event, { source: "n1", color: false })).not.toMatch(
            /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
          );
          expect(jsonLine(eventJson(event, NODE))).not.toMatch(
            /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
          );
        }
      }),
    );
    expect(shown("a\u001b[31mb")).toBe('"a\\x1b[31mb"');
  });
});

describe("processes", () => {
  test("have their origin's image and their own parent until they exec", () => {
    const child = { tgid: 30, tid: 30, start_time: 3_000_000_000n, time: 3_100_000_000n };
    const lineage = {
      parent_tgid: SHELL.tgid,
      parent_start_time: SHELL.start_time,
      origin_tgid: CAT.tgid,
      origin_start_time: CAT.start_time,
    };
    const [, , violation, end] = observed(
      execRecord(SHELL, {}, "/bin/sh", [], "/"),
      execRecord(CAT, {}, "/bin/cat", ["a"], "/tmp"),
      cloneRecord(child, lineage),
      hookRecord({ ...child, hook: 0 }, [[0, true]], pathCapture("/a", 0), integerCapture(4n)),
      exitRecord(child),
    );
    expect(violation?.process).toMatchObject({ pid: 30, binary: "/bin/cat", arguments: ["a"], cwd: "/tmp" });
    expect(violation?.process.flags).toContain("clone");
    expect(violation?.process.startTime).toBe(child.start_time);
    expect(violation?.parent?.binary).toBe("/bin/sh");
    expect(end?.process).toEqual(violation?.process);
  });

  test("of an origin that nobody has heard of stay unknown", () => {
    const head = { tgid: 30, tid: 30, start_time: 3_000_000_000n };
    const [end] = observed(cloneRecord(head, { parent_tgid: 1, origin_tgid: 1 }), exitRecord(head));
    expect(end?.process).toMatchObject({ pid: 30, binary: undefined, flags: ["unknown", "clone"] });
  });

  test("that run a script are named by it, from their directory on", () => {
    const names = ["./run", "../run", "run", "/usr/run"].map(
      (name) => observed(execRecord(SHELL, { flags: 8 }, name, [], "/srv/job"))[0]?.process.binary,
    );
    expect(names).toEqual(["/srv/job/run", "/srv/run", "/srv/job/run", "/usr/run"]);
    expect(observed(execRecord(SHELL, {}, "memfd", [], "/srv"))[0]?.process.binary).toBe("memfd");
  });
});

describe("JSON events", () => {
  test("carry process, parent and decision", () => {
    const event = observed(...STORY)[2];
    expect(event && JSON.parse(jsonLine(eventJson(event, NODE)))).toEqual({
      process_kprobe: {
        process: {
          exec_id: Buffer.from("n1:2500000000:20").toString("base64"),
          pid: 20,
          uid: 0,
          cwd: "/tmp",
          binary: "/bin/cat",
          arguments: "/etc/shadow",
          flags: "execve",
          start_time: "1970-01-01T00:00:02.5Z",
          auid: 0,
          parent_exec_id: Buffer.from("n1:1500000000:10").toString("base64"),
          tid: 20,
        },
        parent: {
          exec_id: Buffer.from("n1:1500000000:10").toString("base64"),
          pid: 10,
          uid: 0,
          cwd: "/",
          binary: "/bin/sh",
          arguments: '-c "cat a b"',
          flags: "execve rootcwd",
          start_time: "1970-01-01T00:00:01.5Z",
          auid: 4294967295,
          tid: 10,
        },
        function_name: "security_file_permission",
        args: [
          { file_arg: { path: "/etc/shadow", permission: "-rw-r-----" } },
          { int_arg: 4, label: "mask" },
        ],
        return: { int_arg: -1 },
        action: "KPROBE_ACTION_SIGKILL",
        policy_name: "files",
        message: "hands off",
        tags: ["p", "r"],
        rule: "files/security_file_permission#1",
        rule_action: "KPROBE_ACTION_SIGKILL",
        mode: "enforce",
        denied: true,
      },
      node_name: "n1",
      time: "1970-01-01T00:00:02.5Z",
    });
  });

  test("tell how a process ended", () => {
    const ends = observed(...STORY)
      .slice(4)
      .map((event) => JSON.stringify(eventJson(event, NODE)));
    expect(ends[0]).toContain('"signal":"SIGKILL"');
    expect(ends[0]).not.toContain('"status"');
    expect(ends[1]).toContain('"status":137');
    expect(ends[1]).not.toContain('"signal"');
  });

  test("report what monitor mode did not do as POST", () => {
    const [event] = observed(hookRecord(CAT, [[0, false]], pathCapture("/x", 0), integerCapture(4n)));
    const text = event && JSON.stringify(eventJson(event, NODE));
    expect(text).toContain('"action":"KPROBE_ACTION_POST"');
    expect(text).toContain('"rule_action":"KPROBE_ACTION_SIGKILL","mode":"monitor"');
  });
});

describe("records", () => {
  test("that do not fit are refused, and never throw", () => {
    fc.assert(
      fc.property(fc.constantFrom(...STORY), fc.nat(), fc.nat(255), fc.nat(), (story, at, byte, length) => {
        const bytes = Buffer.from(story.subarray(0, length % (story.length + 1)));
        if (bytes.length > 0) {
          bytes[at % bytes.length] = byte;
        }
        const record = decodeRecord(bytes, MANIFEST);
        if (record.kind !== "malformed") {
          observe(
            record,
            createProcessTable(() => undefined),
          ).forEach((event) => eventJson(event, NODE));
        }
      }),
    );
  });

  test("cut short anywhere are malformed", () => {
    for (const story of STORY) {
      for (let length = 0; length < story.length; length++) {
        expect(decodeRecord(story.subarray(0, length), MANIFEST).kind).toBe("malformed");
      }
    }
  });

  test("name rules and hooks that exist", () => {
    const captures = [pathCapture("/x", 0), integerCapture(4n)];
    expect(decodeRecord(hookRecord({ hook: 2 }, [[0, true]], ...captures), MANIFEST)).toEqual({
      kind: "malformed",
      reason: "unknown hook 2",
    });
    expect(decodeRecord(hookRecord({ hook: 0 }, [[2, true]], ...captures), MANIFEST)).toEqual({
      kind: "malformed",
      reason: "unknown rule 2",
    });
  });
});

describe("the process table", () => {
  test("stays within its bounds and forgets the exited first", () => {
    const table = createProcessTable(() => undefined, 3);
    const key = (tgid: number): { tgid: number; tid: number; start_time: bigint; time: bigint } => ({
      tgid,
      tid: tgid,
      start_time: BigInt(tgid) * 1_000_000_000n,
      time: 5n,
    });
    const tell = (bytes: Buffer): void => {
      const record = decodeRecord(bytes, MANIFEST);
      if (record.kind !== "malformed") {
        observe(record, table);
      }
    };
    for (const tgid of [1, 2, 3]) {
      tell(execRecord(key(tgid), {}, `/bin/${tgid}`, [], "/"));
    }
    tell(exitRecord(key(2)));
    tell(execRecord(key(4), {}, "/bin/4", [], "/"));
    const binary = (tgid: number): string | undefined =>
      table.lookup({ tgid, tid: tgid, time: 0n, startTime: BigInt(tgid) * 1_000_000_000n, uid: 0 }).binary;
    expect([1, 2, 3, 4].map(binary)).toEqual(["/bin/1", undefined, "/bin/3", "/bin/4"]);
    expect(table.size()).toBe(3);
  });
});

test("addresses, permissions and times have their usual texts", () => {
  expect(addressText(10, Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]))).toBe(
    "2001:db8::1",
  );
  expect(addressText(10, new Uint8Array(16))).toBe("::");
  expect(addressText(10, mapped(1, 2, 3, 4))).toBe("::ffff:1.2.3.4");
  expect(permissionText(0o104755)).toBe("-rwsr-xr-x");
  expect(permissionText(0o041777)).toBe("drwxrwxrwt");
  expect(rfc3339(1_500_000_000_000_000_120n)).toBe("2017-07-14T02:40:00.00000012Z");
});
