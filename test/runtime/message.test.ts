/** Texts of alerts: values that whoever is watched has chosen stay values. */
import { expect, test } from "vitest";
import type { Decision, HookRecord } from "../../runtime/events/decode.ts";
import { messageOf } from "../../runtime/events/message.ts";
import { NOBODY } from "../../runtime/events/throttle-watch.ts";
import type { ManifestTemplatePart } from "../../runtime/manifest.ts";

function decision(template: readonly ManifestTemplatePart[] | undefined, message?: string): Decision {
  return {
    rule: {
      id: "p/hook#1",
      policy: 0,
      hook: 0,
      tags: [],
      ...(template === undefined ? {} : { template }),
      ...(message === undefined ? {} : { message }),
      verdict: { kind: "allow" },
      post: true,
      posture: false,
      file: "p.policy",
      line: 1,
      column: 1,
    },
    policy: { name: "p", mode: "enforce", tags: [], message: "of the policy", file: "p.policy", line: 1 },
    enforced: true,
  };
}

function record(path: string): HookRecord {
  return {
    kind: "hook",
    head: { tgid: 7, tid: 7, time: 0n, startTime: 0n, uid: 0 },
    hook: { name: "hook", section: "kprobe", captures: [], result: false },
    decisions: [],
    captures: [
      {
        argument: 0,
        key: undefined,
        label: undefined,
        ofResult: false,
        value: { kind: "file", path, mode: 0o100644, flags: 2 },
      },
    ],
    result: undefined,
    stacks: { kernel: undefined, user: undefined },
    unresolved: false,
    denied: false,
    guard: false,
  };
}

const PATH = { kind: "capture", capture: 0, part: "path" } as const;

test("a text has the values of its event", () => {
  const template: readonly ManifestTemplatePart[] = [
    { kind: "process", level: 0, part: "exe" },
    { kind: "text", text: " touched " },
    PATH,
    { kind: "text", text: " as " },
    { kind: "process", level: 1, part: "uid" },
    { kind: "text", text: "/" },
    { kind: "process", level: 9, part: "exe" },
    { kind: "result" },
    { kind: "nothing" },
  ];
  const lineage = (level: number): typeof NOBODY | undefined =>
    level > 1 ? undefined : { ...NOBODY, binary: "/usr/bin/cat", uid: 33 };
  expect(messageOf(record("/etc/shadow"), decision(template), lineage)).toBe(
    "/usr/bin/cat touched /etc/shadow as 33/<none><none><none>",
  );
});

test("a hostile value is quoted, with nothing in it that steers a terminal", () => {
  const hostile = '/tmp/a"\n\u001b[31m\u202e touched /etc/shadow';
  const text = messageOf(record(hostile), decision([{ kind: "text", text: "read " }, PATH]), () => undefined);
  expect(text).toBe('read "/tmp/a\\"\\n\\x1b[31m\\u202e touched /etc/shadow"');
});

test("without a text of its own an alert has its block's message, else its policy's", () => {
  expect(messageOf(record("/a"), decision(undefined, "of the block"), () => undefined)).toBe("of the block");
  expect(messageOf(record("/a"), decision(undefined), () => undefined)).toBe("of the policy");
});
