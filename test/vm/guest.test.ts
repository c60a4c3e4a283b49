import { describe, expect, it } from "vitest";
import { KERNEL_NAMES } from "../../src/vm/kernel-catalog.ts";
import { buildEffects, parseEffects } from "./effects.ts";
import { runInGuest } from "./guest.ts";

const SECRET = "only the guest has this\n";

describe.each(KERNEL_NAMES)("a guest with kernel %s", (kernel) => {
  it("runs steps on the host's root, changes nothing there, and stops nothing without a policy", async () => {
    const effects = buildEffects();
    const results = await runInGuest(
      kernel,
      [
        { name: "release", argv: ["uname", "-r"] },
        { name: "status", argv: ["sh", "-c", "echo out; echo err >&2; exit 7"] },
        { name: "killed", argv: ["sh", "-c", "kill -9 $$"] },
        { name: "slow", argv: ["sleep", "60"], timeoutSeconds: 1 },
        { name: "modules", argv: ["cat", "/sys/kernel/security/lsm"] },
        { name: "file", argv: ["cat", "/srv/guest only"] },
        { name: "modes", argv: ["stat", "-c", "%a %U", "/etc/shadow", "/etc/gshadow", "/etc/sudoers"] },
        {
          name: "effects",
          argv: [
            ...[effects, "read:/etc/shadow", "read-mapped:/etc/shadow", "sendfile:/etc/shadow"],
            ...["append:/etc/shadow", "truncate:/etc/gshadow", "create:/etc/policyc-guest"],
            ...["connect:198.51.100.7/443", "connect:2001:db8:1::1/443", "connect-udp:198.51.100.7/53"],
          ],
        },
      ],
      { files: [{ path: "/srv/guest only", mode: 0o600, content: Buffer.from(SECRET) }] },
    );
    const step = (name: string): (typeof results)[number] | undefined =>
      results.find((result) => result.name === name);
    expect(step("release")?.stdout).toMatch(new RegExp(`^${kernel.replace(".", "\\.")}\\.`));
    expect(step("status")).toMatchObject({ exit: 7, stdout: "out\n", stderr: "err\n" });
    expect(step("killed")?.exit).toBe(137);
    expect(step("slow")?.exit).toBe(137);
    expect(step("modules")?.stdout).toContain("bpf");
    expect(step("file")?.stdout).toBe(SECRET);
    expect(step("modes")?.stdout).toBe("640 root\n640 root\n440 root\n");
    const measured = parseEffects(step("effects")?.stdout ?? "");
    expect(measured.map(({ signal }) => signal)).toEqual(measured.map(() => 0));
    const reads = measured.slice(0, 3);
    expect(reads.every(({ bytes, size }) => bytes > 0 && bytes === size)).toBe(true);
    expect(measured.slice(3, 6).map(({ size }) => size)).toEqual([(reads[0]?.size ?? 0) + 12, 0, 12]);
    expect(measured.slice(6).map(({ syns }) => syns)).toEqual([1, 1, 0]);
  });
});
