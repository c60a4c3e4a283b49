/** Codes about the policy language itself. */
import { type CatalogEntry, entry } from "./catalog-entry.ts";

export const languageCatalog = {
  // The policy language: text, names, statements.
  "policy-syntax": entry(
    "error",
    "the statement is malformed",
    "The statement does not fit the grammar of the policy language; the other statements were checked all the same. `docs/language.md` shows every form.",
  ),
  "policy-character": entry(
    "error",
    "a character that starts nothing",
    "Outside of texts in quotes and comments, a policy is made of words, numbers and the signs that the language knows.",
  ),
  "policy-quote": entry(
    "error",
    "the quote is not closed",
    "A text ends on the line on which it starts. A line break in it is written as `\\n`.",
  ),
  "policy-escape": entry(
    "error",
    "no such escape",
    "A backslash is followed by `n`, `r`, `t`, a quote, another backslash, or `u{…}` with a hexadecimal code point.",
  ),
  "policy-number": entry("error", "the number is too long", "No value in the kernel has more than 128 bits."),
  "policy-nesting": entry(
    "error",
    "the conditions are nested too deeply",
    "Nobody can review such a condition. Give its parts names with `define`, or use lists.",
  ),
  "unknown-name": entry(
    "error",
    "nothing has this name",
    "A bare name stands for a `let`, a `param` or a `define` of the policy or of its file. Texts are written in quotes.",
  ),
  "unused-name": entry(
    "warning",
    "the name is never used",
    "A list or a definition that no rule uses is often a rule that was forgotten. A name that starts with `_` is not reported.",
  ),
  "import-not-found": entry(
    "error",
    "the imported file can't be read",
    "`import` names a `.policy` file by its path from the folder of the importing file. Without it, names of the policy have no meaning.",
  ),
  "import-outside": entry(
    "error",
    "the import leaves the policies' folder",
    "A policy from elsewhere must not make the compiler read any file of the machine. Imports stay below the working directory or below the folder of the input, symbolic links included.",
  ),
  "import-cycle": entry(
    "error",
    "files import each other",
    "Each of them would need the names of the other first. Move what both need into a third file.",
  ),
  "duplicate-name": entry(
    "error",
    "the name is taken",
    "Two things of one name would make a rule's meaning depend on their order.",
  ),
  "cyclic-name": entry(
    "error",
    "the name is defined by itself",
    "A definition that needs its own value has none.",
  ),
  "wrong-kind-of-name": entry(
    "error",
    "the name stands for something else",
    "A `define` is a condition; a `let` or a `param` is a value. One can't stand for the other.",
  ),
  "definition-too-large": entry(
    "error",
    "the names expand to too much",
    "Names that use each other twice double at every step. Write the list or the condition once.",
  ),
  "duplicate-statement": entry(
    "error",
    "the statement can stand only once",
    "Two of them would contradict each other.",
  ),
  "misplaced-otherwise": entry(
    "error",
    "`otherwise` is the last rule of its block",
    "It decides when no other rule does, so no rule after it could ever be reached.",
  ),
  "invalid-limit": entry(
    "error",
    "the limit has no meaning",
    "`limit` says how many events of `alert` are posted: `alert, limit 10 per 1s then mute 30s per container`.",
  ),
  "invalid-template": entry(
    "error",
    "the text of an alert is not well formed",
    "`{field}` in the text of an alert stands for a value of the event, `{{` and `}}` for the braces themselves.",
  ),
  "wrong-number-of-values": entry(
    "error",
    "the operator takes one value",
    "`==` and `!=` compare with one value; `in` and `not in` take a list.",
  ),

  "conversion-loss": entry(
    "warning",
    "the other language can't say this",
    "What a language can't say is left out whole, a block with all its rules, so that no condition is dropped from a rule. The text does less than the policy; the report names every part.",
  ),
} as const satisfies Record<string, CatalogEntry>;
