import { beforeAll, describe, expect, it } from "vitest";
import type { StepResult } from "../../src/vm/guest-job.ts";
import {
  type Container,
  containerFiles,
  execInContainer,
  prepareContainers,
  removeContainer,
  runContainer,
  shell,
  startContainer,
} from "./container.ts";
import { buildEffects, parseEffects } from "./effects.ts";
import { runInGuest } from "./guest.ts";

const web: Container = {
  id: "web",
  cgroup: "/kubepods/pod1/web",
  files: { "/etc/secret": "of web\n" },
};
const once: Container = {
  id: "once",
  cgroup: "/machine/once",
  args: ["/bin/effects", "read:/etc/secret", "create:/tmp/made", "connect:203.0.113.7/80"],
  files: { "/etc/secret": "of the other\n" },
  shares: ["pid"],
};

const SHOW = "cat /etc/secret; cat /proc/self/cgroup; ls /proc/self/ns >/dev/null && cat /proc/1/comm";

describe("containers in a guest", () => {
  let results: readonly StepResult[] = [];
  const step = (name: string): StepResult => {
    const found = results.find((result) => result.name === name);
    if (found === undefined) {
      throw new Error(`no step ${name}`);
    }
    return found;
  };

  beforeAll(async () => {
    const effects = buildEffects();
    const members = "cat /sys/fs/cgroup/kubepods/pod1/web/cgroup.procs | wc -l";
    results = await runInGuest(
      "6.1",
      [
        { name: "prepare", argv: shell(prepareContainers([web, once], [effects])) },
        { name: "start", argv: startContainer(web) },
        { name: "members", argv: shell(members) },
        { name: "exec", argv: execInContainer(web, ["/bin/sh", "-c", SHOW]) },
        { name: "run", argv: runContainer(once), timeoutSeconds: 60 },
        { name: "remove", argv: removeContainer(web) },
        { name: "removed", argv: shell("ls /sys/fs/cgroup/kubepods/pod1") },
      ],
      { files: containerFiles([web, once]) },
    );
  }, 300_000);

  it("have their own root, cgroup and namespaces", () => {
    expect(step("prepare")).toMatchObject({ exit: 0, stderr: "" });
    expect(step("start")).toMatchObject({ exit: 0 });
    expect(step("members").stdout).toBe("1\n");
    expect(step("exec").stdout).toBe("of web\n0::/\nsleep\n");
  });

  it("run a first process and give its effects", () => {
    expect(step("run")).toMatchObject({ exit: 0, stderr: "" });
    const [read, create, connect] = parseEffects(step("run").stdout);
    expect(read).toMatchObject({ error: 0, signal: 0, bytes: "of the other\n".length });
    expect(create).toMatchObject({ error: 0, size: 12 });
    expect(connect?.syns).toBeGreaterThan(0);
  });

  it("leave nothing when removed", () => {
    expect(step("remove")).toMatchObject({ exit: 0 });
    expect(step("removed").stdout).not.toContain("web");
  });
});
