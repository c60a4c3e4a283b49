import ts from "typescript";
import { expect, test } from "vitest";
import { wallClock } from "../../runtime/events/clock.ts";
import { decodeRecord } from "../../runtime/events/decode.ts";
import { eventJson } from "../../runtime/events/json.ts";
import { observe } from "../../runtime/events/observed.ts";
import { createProcessTable } from "../../runtime/events/processes.ts";
import { jsonLine } from "../../runtime/events/quote.ts";
import type { Manifest, ManifestRule } from "../../runtime/manifest.ts";
import { eventTypes } from "../../src/types/event-types.ts";
import {
  execRecord,
  exitRecord,
  hookRecord,
  integerCapture,
  mapped,
  pathCapture,
  sockCapture,
} from "../runtime/records.ts";

const RULE: ManifestRule = {
  id: "files/security_file_permission#1",
  policy: 0,
  hook: 0,
  tags: [],
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
    { name: "net */ work", mode: "monitor", tags: [], file: "net.yaml", line: 1 },
  ],
  rules: [RULE, { ...RULE, id: "net/connect#1", policy: 1, hook: 1, verdict: { kind: "allow" } }],
  hooks: [
    {
      name: "security_file_permission",
      section: "kprobe",
      captures: [
        { argument: 0, type: { kind: "file" } },
        { argument: 1, type: { kind: "integer", bits: 32, signed: true }, label: "mask" },
      ],
      result: true,
    },
    {
      name: "tcp_connect*/",
      section: "lsm",
      captures: [{ argument: 0, type: { kind: "sock" } }],
      result: false,
    },
  ],
  limits: [],
  attachments: [],
  programs: [],
  maps: [],
  notes: [],
  digests: {},
};

/** The lines that the runtime prints for one process that starts, does both and is killed. */
function reported(): readonly string[] {
  const head = { tgid: 20, tid: 21, start_time: 2_000_000_000n, time: 2_500_000_000n };
  const address = { saddr: mapped(10, 0, 0, 1), daddr: mapped(1, 2, 3, 4) };
  const socket = { family: 2, type: 1, protocol: 6, state: 2, sport: 4000, dport: 443, ...address };
  const table = createProcessTable(() => undefined);
  return [
    execRecord(head, {}, "/bin/cat", ["a"], "/tmp"),
    hookRecord(
      { ...head, flags: 2, hook: 0, result: -1n },
      [[0, true]],
      pathCapture("/a", 0o100640),
      integerCapture(4n),
    ),
    hookRecord({ ...head, hook: 1 }, [[1, false]], sockCapture(socket)),
    exitRecord({ ...head, result: 9 }),
  ].flatMap((bytes) => {
    const record = decodeRecord(bytes, MANIFEST);
    if (record.kind === "malformed") {
      throw new Error(record.reason);
    }
    return observe(record, table).map((event) =>
      jsonLine(eventJson(event, { name: "n1", clock: wallClock(0n) })),
    );
  });
}

/** How many faults the type checker finds in each list of events under the declarations. */
function faults(declarations: string, lists: readonly (readonly string[])[]): readonly number[] {
  const options: ts.CompilerOptions = { strict: true, noEmit: true, types: [], lib: ["lib.es5.d.ts"] };
  const texts = lists.map(
    (events) => `${declarations}\nexport const events: readonly PolicyEvent[] = [${events.join(",\n")}];\n`,
  );
  const sources = texts.map((text, index) =>
    ts.createSourceFile(`events${index}.ts`, text, ts.ScriptTarget.ES2022),
  );
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, version) =>
    sources.find(({ fileName }) => fileName === name) ?? read(name, version);
  const names = sources.map(({ fileName }) => fileName);
  const program = ts.createProgram(names, options, host);
  return sources.map((source) => ts.getPreEmitDiagnostics(program, source).length);
}

test("the declarations fit what the runtime prints, and nothing else", () => {
  const events = reported();
  expect(events).toHaveLength(4);
  const otherPolicy = events.map((line) => line.replace('"policy_name":"files"', '"policy_name":"flies"'));
  const otherArgument = events.map((line) => line.replace('"file_arg"', '"path_arg"'));
  const [fitting, ...others] = faults(eventTypes(MANIFEST), [
    [...events, '{"lost":3}'],
    otherPolicy,
    otherArgument,
  ]);
  expect(fitting).toBe(0);
  expect(others.every((count) => count > 0)).toBe(true);
});
