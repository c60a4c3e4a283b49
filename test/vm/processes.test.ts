import { describe, expect, it } from "vitest";
import type { KernelName } from "../../src/vm/kernel-catalog.ts";
import { REPOSITORY, RUNTIME, compileForGuest, runInGuest } from "./guest.ts";

/** What JSON events say of a process. */
interface Told {
  readonly pid: number;
  readonly binary: string;
  readonly arguments?: string;
  readonly flags: string;
  readonly exec_id: string;
  readonly parent_exec_id?: string;
}

interface Event {
  readonly kind: string;
  readonly process: Told;
  readonly parent: Told | undefined;
}

const EVENTS = "/run/policyc/processes.events";
const SCRIPT = '#!/bin/sh\n(read key < /srv/vault/key; echo "$key")\n';

/** The newest and the oldest program that records processes. */
const kernels: readonly KernelName[] = ["5.10", "6.12"];

function bundleOfFiles(): string {
  return compileForGuest("enforcement/processes", [
    `${REPOSITORY}test/fixtures/enforcement/files/policy.yaml`,
  ]);
}

function parseEvents(text: string): readonly Event[] {
  const lines = text.split("\n").filter((line) => line.startsWith('{"process_'));
  return lines.flatMap((line) => {
    const event = JSON.parse(line) as Record<string, Omit<Event, "kind">>;
    return Object.entries(event)
      .filter(([kind]) => kind.startsWith("process_"))
      .map(([kind, told]): Event => ({ ...told, kind }));
  });
}

describe.each(kernels)("processes in events on kernel %s", (kernel) => {
  it("are named by the script that was run, and by their parent's image before they exec", async () => {
    const steps = await runInGuest(
      kernel,
      [
        {
          name: "run",
          argv: [
            ...[...RUNTIME, "run", bundleOfFiles(), "--output", "json", "--events-file", EVENTS, "--"],
            ...["/bin/sh", "-c", 'cd /srv; ./script "a b"; true'],
          ],
          timeoutSeconds: 200,
        },
        { name: "events", argv: ["cat", EVENTS] },
      ],
      {
        files: [
          { path: "/srv/script", mode: 0o755, content: Buffer.from(SCRIPT) },
          { path: "/srv/vault/key", mode: 0o644, content: Buffer.from("the key\n") },
        ],
      },
    );
    expect(steps[0]).toMatchObject({ exit: 0, stdout: "" });
    const events = parseEvents(steps[1]?.stdout ?? "");
    expect(events.map(({ kind }) => kind)).toEqual([
      ...["process_exec", "process_exec", "process_kprobe", "process_exit", "process_exit", "process_exit"],
    ]);
    const [shell, script, violation, violationEnd] = events;
    expect(shell?.process.arguments).toContain("./script");
    expect(script?.process).toMatchObject({ binary: "/srv/script", arguments: './script "a b"' });
    expect(script?.parent).toEqual(expect.objectContaining({ exec_id: shell?.process.exec_id }));
    expect(violation?.process).toMatchObject({ binary: "/srv/script", flags: "execve clone" });
    expect(violation?.process.pid).not.toBe(script?.process.pid);
    expect(violation?.process.parent_exec_id).toBe(script?.process.exec_id);
    expect(violation?.parent?.exec_id).toBe(script?.process.exec_id);
    expect(violationEnd?.process.exec_id).toBe(violation?.process.exec_id);
  }, 280_000);
});
