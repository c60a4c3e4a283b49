import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Policy, PolicyTree } from "../../parser/policy/tree.ts";
import type { Span } from "../../source/source.ts";
import { createSpan, spanText } from "../../source/source.ts";
import type { LintRule } from "../lint-rule.ts";
import { placedComparisons, rulesOf } from "../walk.ts";

/** Cyrillic, Greek and full-width letters that look like the ASCII letter at the same place of the other text. */
const lookalikes = {
  cyrillic: ["асԁеһіјӏмопԛгѕтԝхуѵАВСЕНІЈКМОРЅТХУ", "acdehijlmonqrstwxyvABCEHIJKMOPSTXY"],
  greek: ["αινορυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aivopuABEZHIKMNOPTYX"],
} as const;

const plainFor: ReadonlyMap<string, string> = new Map([
  ...Object.values(lookalikes).flatMap(([letters, plain]) =>
    Array.from(letters).map((letter, index): [string, string] => [letter, plain[index] ?? letter]),
  ),
  // Full-width forms stand at a fixed distance from ASCII.
  ...Array.from({ length: 94 }, (_, index): [string, string] => [
    String.fromCharCode(0xff01 + index),
    String.fromCharCode(0x21 + index),
  ]),
  ["\u2044", "/"],
  ["\u2215", "/"],
  ["\u2024", "."],
]);

/** A word in which ASCII letters stand beside letters that only look like them. */
const word = /[\p{L}\p{N}_\u2044\u2215\u2024\uff01-\uff5e]+/gu;

/** A letter of another script among ASCII letters: the name looks like one that it is not. */
export const confusableCharacter: LintRule = {
  code: "confusable-character",
  optional: false,
  check: ({ tree }) => spansOf(tree).flatMap((span) => findings(span)),
};

function findings(span: Span): readonly ReturnType<typeof diagnostic>[] {
  const written = spanText(span);
  if (!/[^\0-\x7f]/.test(written)) {
    return [];
  }
  return [...written.matchAll(word)].flatMap((match) => {
    const [text] = match;
    const plain = Array.from(text)
      .map((letter) => plainFor.get(letter) ?? letter)
      .join("");
    if (plain === text || !/^[\x20-\x7e]+$/.test(plain) || !/[A-Za-z0-9]/.test(text)) {
      return [];
    }
    const start = span.start + match.index;
    const place = createSpan(span.source, start, start + text.length);
    const letter = Array.from(text).find((candidate) => plainFor.has(candidate)) ?? "";
    const code = `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
    return [
      diagnostic(
        "confusable-character",
        place,
        `\`${text.slice(0, 40)}\` looks like \`${plain.slice(0, 40)}\`, but has ${code}`,
        {
          help: "write the ASCII letter; if the name has this one, write it as `\\u{…}`",
          fixes: [{ title: `write \`${plain}\``, safety: "unsafe", edits: [{ span: place, text: plain }] }],
        },
      ),
    ];
  });
}

/** Every name and text of the policies that is compared with something outside. */
function spansOf(tree: PolicyTree): readonly Span[] {
  const values = placedComparisons(tree).flatMap(({ comparison }) => [
    comparison.field.span,
    ...comparison.values.filter(({ kind }) => kind === "string" || kind === "word").map(({ span }) => span),
  ]);
  return [...tree.policies.flatMap(namesOf), ...values];
}

function namesOf(policy: Policy): readonly Span[] {
  const own = [policy.name.span, ...(policy.namespace === undefined ? [] : [policy.namespace.span])];
  const inBlocks = policy.blocks.flatMap((block) => [
    ...block.hooks.flatMap((hook) =>
      hook.kind === "event"
        ? [hook.span]
        : [hook.target.span, ...(hook.path === undefined ? [] : [hook.path.span])],
    ),
    ...rulesOf(block).flatMap(({ label }) => (label === undefined ? [] : [label.span])),
    ...(block.group === undefined ? [] : [block.group.span]),
  ]);
  return [...own, ...inBlocks];
}
