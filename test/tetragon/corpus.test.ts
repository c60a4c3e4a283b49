import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { DiagnosticCode } from "../../src/diagnostics/catalog.ts";
import { lintText } from "./lint-text.ts";

const corpus = join(import.meta.dirname, "../../../shared/corpus/tetragon");

/** Findings that are true of a real policy: the compiler's own limits, and mistakes that the policy does have. */
const expected: ReadonlySet<DiagnosticCode> = new Set<DiagnosticCode>([
  "not-supported-yet",
  "skipped-document",
  "namespaced-without-namespace",
  "path-not-absolute",
  "ignored-key",
  "address-host-bits",
  // One policy overrides with `1`, which is no errno.
  "invalid-action-value",
  // Functions whose arguments only a kernel's BTF can tell.
  "prototype-unknown",
  "argument-type-widened",
  "argument-type-mismatch",
  "kill-after-effect",
  "unknown-hook",
  "hook-left-out",
  "refusal-incomplete",
  // One policy reports every system call.
  "unlimited-alert",
  "no-hooks",
  // One has the runtime resolve a name, which the operator must allow.
  "request-of-runtime",
  // `/lib` and `/lib64` in one list of prefixes.
  "redundant-value",
]);

test.skipIf(!existsSync(corpus))(
  "every policy of the corpus is read, and only true findings come",
  async () => {
    const paths = readdirSync(corpus, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".yaml"))
      .sort();
    expect(paths.length).toBeGreaterThanOrEqual(55);
    const outcomes = { compiles: 0, warns: 0, "needs what is not supported yet": 0, "is at fault": 0 };
    for (const path of paths) {
      const text = readFileSync(join(corpus, path), "utf8");
      const parameters = text.includes("${PODCIDR}")
        ? { PODCIDR: "10.0.0.0/8", SERVICECIDR: "10.96.0.0/12" }
        : undefined;
      const { diagnostics } = await lintText(text, parameters);
      const unexpected = diagnostics.filter(({ code }) => !expected.has(code));
      expect(unexpected.map(({ code, message }) => `${path}: ${code}: ${message}`)).toEqual([]);
      const errors = diagnostics.filter(({ severity }) => severity === "error");
      if (errors.length === 0) {
        outcomes[diagnostics.length === 0 ? "compiles" : "warns"] += 1;
      } else {
        const planned = errors.every(({ code }) => code === "not-supported-yet");
        outcomes[planned ? "needs what is not supported yet" : "is at fault"] += 1;
      }
    }
    console.log(`${paths.length} policies: ${JSON.stringify(outcomes)}`);
    expect(outcomes.compiles + outcomes.warns).toBeGreaterThan(4);
  },
);

test.runIf(!existsSync(corpus))("the corpus is not here: its policies are skipped", () => {
  console.log(`skipped: ${corpus} is absent`);
  expect(existsSync(corpus)).toBe(false);
});
