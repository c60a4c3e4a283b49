import { describe, expect, test } from "vitest";
import {
  evaluate,
  type FieldValue,
  type HookEvent,
  trailOf,
  type Truth,
  truthOf,
} from "../../src/ir/evaluate.ts";
import type { Bool } from "../../src/ir/ir.ts";
import { ADDRESS, ALLOW, DENY, FALSE, KILL, PATH, SIGNED, TRUE, UNSIGNED } from "./conditions-by-hand.ts";
import {
  and,
  atom,
  bits,
  event,
  hookOf,
  network,
  networks,
  not,
  or,
  policiesOf,
} from "./conditions-by-hand.ts";
import { range, rule, text } from "./conditions-by-hand.ts";

const ANY_HOOK = hookOf([]);
const MISSING = { kind: "missing" } as const;
const UNRESOLVED = { kind: "unresolved" } as const;

function truth(condition: Bool, happening: HookEvent): Truth {
  return truthOf(condition, ANY_HOOK, happening);
}

describe("text", () => {
  test.each([
    ["exact", "/etc/passwd", "/etc/passwd", "true"],
    ["exact", "/etc/passwd", "/etc/passwd2", "false"],
    ["exact", "/etc/passwd", "/etc/passw", "false"],
    ["exact", "", "", "true"],
    ["exact", "", "/", "false"],
    ["prefix", "/etc", "/etc", "true"],
    ["prefix", "/etc", "/etcetera", "true"],
    ["prefix", "/etc/", "/etc", "false"],
    ["prefix", "", "", "true"],
    ["prefix", "/etc", "/ETC", "false"],
    ["suffix", ".ssh/id", "/root/.ssh/id", "true"],
    ["suffix", "id", "id", "true"],
    ["suffix", "xid", "id", "false"],
    ["suffix", "", "/anything", "true"],
  ] as const)("%s %j of %j is %s", (match, wanted, path, expected) => {
    expect(truth(text(match, wanted), event({ path }))).toBe(expected);
  });

  test("bytes count, not characters", () => {
    const half = Buffer.from("é").subarray(0, 1);
    expect(truth(text("prefix", "é"), event({ path: half }))).toBe("false");
    expect(truth(text("exact", "é"), event({ path: Buffer.from([0xc3, 0xa9]) }))).toBe("true");
    expect(truth(text("exact", "é"), event({ path: "e\u0301" }))).toBe("false");
  });

  test("alternatives are ORed and none never holds", () => {
    expect(truth(text("exact", "/a", "/b"), event({ path: "/b" }))).toBe("true");
    expect(truth(text("prefix"), event({ path: "/b" }))).toBe("false");
  });
});

describe("a field of several processes", () => {
  const several = (...values: FieldValue[]): HookEvent => event({ path: { kind: "several", values } });
  const is = (path: string): FieldValue => ({ kind: "text", bytes: Buffer.from(path) });
  const shell = text("exact", "/bin/sh");

  test.each([
    ["none of them", several(), "false"],
    ["one that passes", several(is("/bin/ls"), is("/bin/sh")), "true"],
    ["only others", several(is("/bin/ls"), MISSING), "false"],
    ["one that is not known", several(is("/bin/ls"), UNRESOLVED), "unknown"],
    ["one that passes and one that is not known", several(UNRESOLVED, is("/bin/sh")), "true"],
  ] as const)("with %s is %s", (_, happening, expected) => {
    expect(truth(shell, happening)).toBe(expected);
  });

  test("is negated as a whole", () => {
    expect(truth(not(shell), several(is("/bin/ls"), is("/bin/sh")))).toBe("false");
    expect(truth(not(shell), several(is("/bin/ls")))).toBe("true");
  });
});

describe("integers", () => {
  test("ranges take in both ends", () => {
    const condition = range(SIGNED, -2n, 3n);
    const held = [-3n, -2n, 0n, 3n, 4n].map((signed) => truth(condition, event({ signed })));
    expect(held).toEqual(["false", "true", "true", "true", "false"]);
  });

  test("a value is read in the width and signedness of its field", () => {
    expect(truth(range(SIGNED, -1n, -1n), event({ signed: 0xffff_ffffn }))).toBe("true");
    expect(truth(range(UNSIGNED, (1n << 64n) - 1n, (1n << 64n) - 1n), event({ unsigned: -1n }))).toBe("true");
    expect(truth(range(UNSIGNED, 1n << 63n, (1n << 64n) - 1n), event({ unsigned: 1n << 63n }))).toBe("true");
  });

  test("any bit of a mask, or every bit", () => {
    expect(truth(bits(UNSIGNED, false, 0b110n), event({ unsigned: 0b011n }))).toBe("true");
    expect(truth(bits(UNSIGNED, true, 0b110n), event({ unsigned: 0b011n }))).toBe("false");
    expect(truth(bits(UNSIGNED, true, 0b110n), event({ unsigned: 0b111n }))).toBe("true");
    expect(truth(bits(UNSIGNED, true, 0b1000n, 0b1n), event({ unsigned: 0b111n }))).toBe("true");
  });

  test("masks look at the two's complement", () => {
    expect(truth(bits(SIGNED, true, -0x8000_0000n), event({ signed: -1n }))).toBe("true");
    expect(truth(bits(SIGNED, true, 0x8000_0000n), event({ signed: -1n }))).toBe("true");
    expect(truth(bits(SIGNED, false, 0x8000_0000n), event({ signed: 1n }))).toBe("false");
  });

  test("a mask without bits has every one of its bits in any value and none of them", () => {
    expect(truth(bits(SIGNED, true, 0n), event({ signed: 5n }))).toBe("true");
    expect(truth(bits(SIGNED, false, 0n), event({ signed: 5n }))).toBe("false");
  });
});

describe("networks", () => {
  const v4 = (hex: string): string => `00000000000000000000ffff${hex}`;

  test.each([
    [network(v4("0a000000"), 104), v4("0affffff"), "true"],
    [network(v4("0a000000"), 104), v4("0b000000"), "false"],
    [network(v4("0a000000"), 104), `${"0".repeat(24)}0a000001`, "false"],
    [network(v4("0a000080"), 121), v4("0a00007f"), "false"],
    [network(v4("0a0000ff"), 121), v4("0a000080"), "true"],
    [network("20010db8", 32), "20010db8ffff", "true"],
    [network("20010db8", 32), "20010db9", "false"],
    [network("ffff", 0), "20010db9", "true"],
    [network("", 0), v4("7f000001"), "true"],
    [network("20010db8", 128), "20010db8", "true"],
    [network("20010db8", 128), "20010db8000000000000000000000001", "false"],
  ] as const)("%o has %s: %s", (wanted, address, expected) => {
    expect(truth(networks(wanted), event({ address }))).toBe(expected);
  });
});

describe("values that are not there", () => {
  test("a missing value makes an atom false before negation", () => {
    const anywhere = text("prefix", "");
    expect(truth(anywhere, event({ path: MISSING }))).toBe("false");
    expect(truth(not(anywhere), event({ path: MISSING }))).toBe("true");
    expect(truth(not(networks(network("", 0))), event({ address: MISSING }))).toBe("true");
    expect(truth(range(SIGNED, 0n, 0n), event({ signed: MISSING }))).toBe("false");
  });

  test.each([
    [text("prefix", ""), "unknown"],
    [not(text("exact", "/a")), "unknown"],
    [and(text("exact", "/a"), FALSE), "false"],
    [and(text("exact", "/a"), TRUE), "unknown"],
    [and(FALSE, text("exact", "/a")), "false"],
    [or(text("exact", "/a"), TRUE), "true"],
    [or(FALSE, text("exact", "/a")), "unknown"],
    [or(text("exact", "/a"), not(text("exact", "/a"))), "unknown"],
    [not(and(text("exact", "/a"), range(SIGNED, 1n, 1n))), "true"],
  ] as const)("an unresolved value leaves only what does not depend on it: %o", (condition, expected) => {
    expect(truth(condition, event({ path: UNRESOLVED }))).toBe(expected);
  });

  test("a rule states what it is worth when its condition is unknown", () => {
    const condition = text("exact", "/a");
    const refusing = rule(condition, { id: "refuses", onUnresolved: "match" });
    const allowing = rule(condition, { id: "allows", onUnresolved: "no-match", verdict: ALLOW });
    const hook = hookOf([allowing, refusing]);
    const { decisions } = evaluate(hook, policiesOf(hook), event({ path: UNRESOLVED }));
    expect(decisions).toMatchObject([{ id: "refuses", rule: 1, because: "unresolved" }]);
  });

  test("empty conjunctions are true, empty disjunctions false", () => {
    expect(truth(and(), event({}))).toBe("true");
    expect(truth(or(), event({}))).toBe("false");
  });
});

describe("blocks", () => {
  test("the first rule that holds decides, and rules are counted through all blocks", () => {
    const hook = hookOf(
      [rule(FALSE), rule(TRUE, { id: "first" }), rule(TRUE)],
      [rule(FALSE)],
      [rule(FALSE), rule(TRUE, { id: "second" })],
    );
    const { decisions } = evaluate(hook, policiesOf(hook), event({}));
    expect(decisions).toMatchObject([
      { block: 0, rule: 1, id: "first", because: "condition" },
      { block: 2, rule: 5, id: "second" },
    ]);
  });

  test("an allow ends its own block only", () => {
    const hook = hookOf([rule(TRUE, { verdict: ALLOW }), rule(TRUE)], [rule(TRUE, { verdict: DENY })]);
    expect(evaluate(hook, policiesOf(hook), event({})).verdict).toEqual(DENY);
  });

  test("kill is stricter than deny, and of equals the first counts", () => {
    const other = { kind: "deny", errno: 30 } as const;
    const killed = hookOf([rule(TRUE)], [rule(TRUE, { verdict: KILL })], [rule(TRUE)]);
    const denied = hookOf([rule(TRUE, { verdict: ALLOW })], [rule(TRUE, { verdict: other })], [rule(TRUE)]);
    expect(evaluate(killed, policiesOf(killed), event({})).verdict).toEqual(KILL);
    expect(evaluate(denied, policiesOf(denied), event({})).verdict).toEqual(other);
  });

  test("a monitoring policy decides but does not enforce", () => {
    const hook = hookOf([rule(TRUE, { verdict: KILL, post: true })], [rule(TRUE)]);
    const evaluation = evaluate(hook, policiesOf(hook, "monitor"), event({}));
    expect(evaluation.decisions).toMatchObject([{ enforced: false, verdict: KILL }, { enforced: true }]);
    expect(evaluation.verdict).toEqual(DENY);
    expect(evaluation.posts).toMatchObject([{ block: 0 }]);
  });

  test("no rule, no decision", () => {
    const hook = hookOf([rule(FALSE)], []);
    expect(evaluate(hook, policiesOf(hook), event({}))).toEqual({
      decisions: [],
      verdict: ALLOW,
      posts: [],
    });
  });
});

describe("trail", () => {
  test("shows every rule that was looked at, with all its atoms", () => {
    const secret = text("prefix", "/etc");
    const reading = bits(UNSIGNED, true, 4n);
    const hook = hookOf([
      rule(and(reading, secret), { id: "a" }),
      rule(secret, { id: "b" }),
      rule(TRUE, { id: "c" }),
    ]);
    const trail = trailOf(hook, event({ path: "/etc/shadow", unsigned: 2n }));
    expect(trail).toMatchObject([
      {
        rule: 0,
        id: "a",
        outcome: "false",
        decided: false,
        atoms: [
          { outcome: "false", value: { kind: "integer", value: 2n }, atom: reading },
          { outcome: "true", atom: secret },
        ],
      },
      { rule: 1, id: "b", outcome: "true", decided: true, atoms: [{ outcome: "true" }] },
    ]);
  });

  test("shows the unknown", () => {
    const hook = hookOf([rule(text("exact", "/a"), { onUnresolved: "match" })]);
    expect(trailOf(hook, event({ path: UNRESOLVED }))).toMatchObject([
      { outcome: "unknown", decided: true, atoms: [{ outcome: "unknown", value: UNRESOLVED }] },
    ]);
  });
});

test("an event that does not fit its hook is a bug of the caller", () => {
  const hook = hookOf([rule(range(PATH, 0n, 1n))]);
  expect(() => evaluate(hook, policiesOf(hook), { values: [] })).toThrow("one value for each field");
  expect(() => truth(networks(), event({ address: { kind: "integer", value: 1n } }))).toThrow(
    "not of its type",
  );
  expect(truth(atom(ADDRESS, { kind: "ranges", ranges: [] }), event({ address: "00" }))).toBe("false");
});
