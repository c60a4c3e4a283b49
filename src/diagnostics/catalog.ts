import type { Severity } from "./diagnostic.ts";

/** What is always true of a diagnostic code. `why` is what `policyc explain CODE` prints. */
interface CatalogEntry {
  readonly severity: Severity;
  /** One line: the fault in general. */
  readonly summary: string;
  /** Why it is a fault and how to mend it. */
  readonly why: string;
}

function entry(severity: Severity, summary: string, why: string): CatalogEntry {
  return { severity, summary, why };
}

/** Every code that policyc can report, grouped by the stage that reports it. */
export const catalog = {
  // Inputs: what was asked to be read.
  "input-not-readable": entry(
    "error",
    "an input cannot be read",
    "The file or directory does not exist, or this user may not read it.",
  ),
  "not-utf8": entry(
    "error",
    "the file is no UTF-8 text",
    "Policies are UTF-8 texts. A file in another encoding would be read as something that its author did not write.",
  ),
  "unknown-language": entry(
    "error",
    "nothing tells which language the text is in",
    "The language follows from the file's ending or from the apiVersion and kind inside. Say it with `--language`.",
  ),
  "unset-parameter": entry(
    "error",
    "a parameter has no value",
    "A text with an open `${NAME}` is no policy yet. Give the value with `--set NAME=VALUE`.",
  ),
  "unused-parameter": entry(
    "warning",
    "no input uses a parameter",
    "A value that nothing asks for is often a slip in its name.",
  ),

  // Text: characters that hide what a policy says.
  "bidirectional-character": entry(
    "error",
    "a character changes the order in which text is shown",
    "With bidirectional controls a policy can show one thing to its reviewer and say another to the compiler.",
  ),
  "invisible-character": entry(
    "error",
    "a character that nobody can see",
    "Two names or paths that look the same can differ by it, so a rule may never match what it seems to name.",
  ),
  "control-character": entry(
    "error",
    "a control character in the text",
    "Control characters come from binary files or broken tools and have no meaning in a policy.",
  ),

  "more-findings": entry(
    "info",
    "more findings than are shown",
    "The same slip repeated over a file tells nothing new. Mend the first ones and run again.",
  ),

  // YAML: the text as YAML.
  "yaml-syntax": entry(
    "error",
    "the YAML is malformed",
    "The file could not be read as YAML, so no policy in it is known.",
  ),
  "yaml-tab": entry(
    "error",
    "a tab in the indentation",
    "YAML allows only spaces there, because tabs have no agreed width.",
  ),
  "yaml-duplicate-key": entry(
    "error",
    "a key is in a mapping twice",
    "Only one of the two values could count, and readers disagree about which.",
  ),
  "yaml-key": entry(
    "error",
    "a key that is no plain word",
    "The keys of a policy are words; a list or a mapping as a key has no meaning.",
  ),
  "yaml-alias": entry(
    "error",
    "aliases that never end or grow without bound",
    "A few lines of nested aliases can stand for millions of values and would exhaust memory.",
  ),
  "yaml-too-deep": entry(
    "error",
    "the YAML is nested too deeply",
    "No policy nests like this; reading it would exhaust the stack.",
  ),
  "yaml-too-large": entry("error", "the file is too large", "A file of this size is no policy."),

  // Documents: which of them are policies, and whether they have the right shape.
  "skipped-document": entry(
    "info",
    "a document that is no policy",
    "Files often hold other objects beside a policy. They are left alone.",
  ),
  "unknown-kind": entry(
    "error",
    "no such kind of policy",
    "The document looks like a policy, but its kind or apiVersion is no known one, so it would be left out silently.",
  ),
  "no-policy": entry(
    "warning",
    "an input without a policy",
    "Nothing in the input is a policy, so nothing in it is enforced.",
  ),
  "duplicate-policy": entry(
    "error",
    "two policies with one name",
    "Events and commands name a policy by its kind, namespace and name, so these must differ.",
  ),
  "unknown-key": entry(
    "error",
    "a key that the language does not have",
    "A key that is not understood would be ignored, and the policy would be weaker than it looks.",
  ),
  "missing-key": entry("error", "a key that must be there", "Without it the policy is not complete."),
  "wrong-type": entry(
    "error",
    "a value of the wrong type",
    "The language wants another kind of value here: a text in quotes, a number, a list, a mapping.",
  ),
  "unknown-value": entry(
    "error",
    "a value that the language does not have",
    "Only the listed values have a meaning here.",
  ),
  "invalid-name": entry(
    "error",
    "not a valid name",
    "Names are lower-case letters, digits, `-` and `.`, begin and end with a letter or digit, and have at most 253 characters.",
  ),

  // TracingPolicy: what its schema cannot say.
  "namespaced-without-namespace": entry(
    "warning",
    "a namespaced policy without a namespace",
    "On a node without Kubernetes there are no namespaces: the policy then applies to every process, the host's included.",
  ),
  "ignored-key": entry(
    "warning",
    "a key without effect",
    "The language allows the key here, but it changes nothing, so its author may expect something that does not happen.",
  ),
  "no-hooks": entry(
    "warning",
    "a policy without hooks",
    "A policy that looks nowhere never reports or refuses anything.",
  ),
  "unknown-argument": entry(
    "error",
    "a comparison of an argument that is not declared",
    "Only arguments listed under `args` are read, so only they can be compared.",
  ),
  "invalid-number": entry(
    "error",
    "not a number",
    "Numbers are decimal, or hexadecimal after `0x`, octal after `0` or `0o`, binary after `0b`.",
  ),
  "missing-values": entry(
    "error",
    "an operator without its values",
    "Without values the comparison asks nothing.",
  ),
  "dialect-limit": entry(
    "warning",
    "more than the dialect's own engine takes",
    "policyc has no such limit; another engine would refuse or cut the policy.",
  ),

  // Lowering: names, types and values of a policy against the kernel's facts.
  "not-supported-yet": entry(
    "error",
    "the language has this, the compiler does not yet",
    "policyc never ignores a part of a policy: what it can't compile, it refuses. Remove the part, or put it into a policy of its own.",
  ),
  "unknown-hook": entry(
    "error",
    "no such function or hook in the target kernel",
    "A program can only be attached to a place that exists. Check the spelling, or name other targets.",
  ),
  "unknown-event": entry(
    "error",
    "no such portable event",
    "A portable event has a fixed name, `file.open` or `net.connect`; docs/events.md lists all of them with their fields.",
  ),
  "unknown-type": entry(
    "error",
    "no such type",
    "The type of an argument decides how it is read and what can be asked of it.",
  ),
  "unknown-field": entry(
    "error",
    "no such value at this hook",
    "Conditions can ask for the arguments that the hook declares, for their parts, and for `return` when it is declared.",
  ),
  "duplicate-parameter": entry(
    "error",
    "two parameters with one name",
    "A condition could mean either of them. Give each parameter a name of its own.",
  ),
  "argument-out-of-range": entry(
    "error",
    "the function has fewer arguments",
    "Reading an argument that does not exist would give whatever a register happens to hold.",
  ),
  "argument-type-mismatch": entry(
    "error",
    "the declared type is not the kernel's",
    "Reading a value as another type gives garbage, so the rules would compare garbage.",
  ),
  "argument-type-widened": entry(
    "warning",
    "the declared type is wider than the kernel's",
    "The kernel's value has fewer bits than declared. It is read and compared in the kernel's own type.",
  ),
  "prototype-unknown": entry(
    "error",
    "the prototype of the function is not known",
    "The return value follows the last argument, so the number of arguments must be known. A target with BTF gives it.",
  ),
  "operator-type-mismatch": entry(
    "error",
    "the value has no such operator",
    "Texts can be compared by their start and end, numbers by their order and bits, addresses by network.",
  ),
  "value-type-mismatch": entry(
    "error",
    "the value is of another type than the field",
    "A field can only be compared with values of its own type.",
  ),
  "value-out-of-range": entry(
    "error",
    "the value does not fit the field's type",
    "The field can never hold this value, so the comparison is a mistake: often a missing sign or a wrong width.",
  ),
  "empty-range": entry(
    "error",
    "the range holds no value",
    "The first value of a range must not be above the last.",
  ),
  "unknown-value-name": entry(
    "error",
    "no value has this name",
    "Names of values are spelled as in the kernel's headers: `MAY_READ`, `AF_INET`, `TCP_ESTABLISHED`.",
  ),
  "invalid-address": entry(
    "error",
    "not an address or network",
    "Addresses are written as `10.0.0.1` or `2001:db8::1`, networks as `10.0.0.0/8`. Leading zeros are refused: some programs read them as octal.",
  ),
  "address-host-bits": entry(
    "warning",
    "the network's address has bits after its prefix",
    "Only the bits of the prefix count, so the network is larger than the address suggests.",
  ),
  "invalid-path-value": entry(
    "error",
    "no path can have this value",
    "The comparison could never hold, so the rule would be silently dead.",
  ),
  "invalid-glob": entry(
    "error",
    "not a glob",
    "In a glob, `*` and `?` stand for characters of one component, `**` crosses components, `[a-z]` is a class and `{a,b}` a choice. `\\` makes the next character mean itself.",
  ),
  "path-not-absolute": entry(
    "warning",
    "paths start with a slash",
    "The kernel names files by whole paths from the root of the process, so a value without a leading slash never matches at the start.",
  ),
  "duplicate-value": entry(
    "warning",
    "a value is listed twice",
    "The second one changes nothing: often another value was meant.",
  ),
  "condition-always-true": entry(
    "warning",
    "the comparison holds for every value",
    "It restricts nothing, so the rule is wider than it looks.",
  ),
  "condition-never-true": entry(
    "warning",
    "the comparison holds for no value",
    "A rule that needs it can never decide.",
  ),
  "conflicting-actions": entry(
    "error",
    "the actions contradict each other",
    "A rule either lets the operation go on or refuses it.",
  ),
  "invalid-action-value": entry(
    "error",
    "no such errno or signal",
    "An errno is a number from 1 to 4095 or a name like `EPERM`; a signal is a number from 1 to 64 or a name like `SIGKILL`.",
  ),
  "verdict-not-possible": entry(
    "error",
    "nothing can refuse this operation",
    "A policy that asks for a refusal must not be loaded as if it had one. Use a hook that guards the operation.",
  ),
  "kill-after-effect": entry(
    "warning",
    "the process is killed, but the operation goes on",
    "The hook can't refuse the operation: it may be complete before the process dies.",
  ),
  "result-known-too-late": entry(
    "error",
    "a refusal can't depend on the return value",
    "The return value is known when the operation has been decided. Compare it in a rule that only reports.",
  ),

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
  "wrong-number-of-values": entry(
    "error",
    "the operator takes one value",
    "`==` and `!=` compare with one value; `in` and `not in` take a list.",
  ),

  // Lint: policies that compile, but hardly say what was meant.
  "confusable-character": entry(
    "warning",
    "a letter that looks like another one",
    "A name with a letter of another script looks like a name that it is not, so the rule matches something else than its reader thinks.",
  ),
  "text-too-long": entry(
    "warning",
    "the text is longer than the field",
    "The kernel cuts the value to the size of its field, so a longer text can never be equal to it.",
  ),
  "merged-directory": entry(
    "warning",
    "the path leads through a symbolic link",
    "Rules see the path that the kernel has resolved. On today's distributions `/bin`, `/sbin` and `/lib` are links into `/usr`, and `/var/run` is one to `/run`, so a path through them never matches there.",
  ),
  "matches-everything": entry(
    "warning",
    "the value takes in every value",
    "A comparison that always holds restricts nothing, so the rule is wider than it looks.",
  ),
  "redundant-value": entry(
    "warning",
    "another value of the list takes this one in",
    "The value changes nothing: often the other one is wider than was meant.",
  ),
  "monitor-refuses": entry(
    "info",
    "a policy in monitor mode refuses nothing",
    "In monitor mode a policy reports what it would have refused, and everything goes on.",
  ),
  "allow-without-otherwise": entry(
    "warning",
    "an allow list that refuses nothing",
    "`allow` keeps later rules of its block from deciding. Where no later rule refuses, everything else goes on as well.",
  ),
  "unlimited-alert": entry(
    "warning",
    "a busy hook reports everything",
    "Thousands of events a second bury the ones that matter, cost the machine and are lost when the reader is slow.",
  ),
  "rule-never-matches": entry(
    "warning",
    "no event fulfils the condition",
    "Two parts of the condition exclude each other, so the rule can never decide. Where a path could not be read whole, rules that refuse take the event all the same.",
  ),
  "rule-shadowed": entry(
    "warning",
    "an earlier rule decides first",
    "The first rule of a block that holds decides. An earlier one holds whenever this one does, so this one never decides; only events whose path could not be read whole may still come to it.",
  ),
  "policies-contradict": entry(
    "warning",
    "another policy refuses what this one allows",
    "Blocks decide independently of each other and the strictest verdict counts, so an `allow` can't open what another policy closes.",
  ),

  // Targets.
  "invalid-btf": entry(
    "error",
    "the file is not BTF",
    "A target can be given as the raw BTF of a kernel, as in /sys/kernel/btf/vmlinux or from `bpftool btf dump`.",
  ),

  // Verification: the limits of the target kernels.
  "too-many-rules": entry(
    "error",
    "more rules than one place can decide",
    "All rules on one hook decide together, as bits of one vector, and event records number rules and policies. A rule may list a million values, so rules that do the same are better written as one.",
  ),
  "too-many-values": entry(
    "error",
    "more values than one table can hold",
    "The values that a field is compared with are the entries of one map. A directory, a network or a range stands for many of them.",
  ),
  "value-too-long": entry(
    "error",
    "a text that no table can hold",
    "Texts are found in longest-prefix tries, whose keys have at most 256 bytes in every kernel. Cutting a text would make a rule match what it does not name, so it is refused.",
  ),
  "glob-too-large": entry(
    "error",
    "a glob that needs too many states",
    "Globs become one automaton that is walked byte by byte. Several `**` or `*` in one glob, with classes or choices between them, multiply its states. Write several simpler globs.",
  ),
  "map-too-large": entry(
    "error",
    "a map that the kernel would not create",
    "Kernels bound the bytes of a key, of a value that each processor has of its own (32 KiB), and before 5.11 of any value (4 MiB) and of the whole map (4 GiB). The message has the number and the limit.",
  ),
  "program-too-large": entry(
    "error",
    "a program with more instructions than a jump can cross",
    "A jump in a BPF program skips at most 32767 instructions, so clang can't build a longer program. The number is an estimate from the rules: each comparison of an integer and each condition with `or` or `not (…)` adds to it; the values of a list of paths or networks add nothing.",
  ),
  "program-too-complex": entry(
    "error",
    "a program that the kernel would give up verifying",
    "The kernel's verifier walks every path through a program and stops after a million instructions. The number is an estimate from the rules; newer kernels walk more, because they follow loops over rules. Join rules, or name only the kernels that are needed with `--target`.",
  ),
  "stack-too-large": entry(
    "error",
    "a program that needs more than 512 bytes of stack",
    "The vectors of the rules on one hook lie on the program's stack: a bit for each rule and for each comparison inside `or` and `not (…)`. Join rules, or simplify their conditions.",
  ),
  "loop-too-long": entry(
    "error",
    "a loop with too many iterations",
    "Kernels bound the iterations of a loop in a program; before 5.17 the verifier also walks each of them.",
  ),
  "too-many-tail-calls": entry(
    "error",
    "more programs in a row than the kernel allows",
    "A program can hand over to another one at most 33 times in a row.",
  ),
  "too-many-programs": entry(
    "error",
    "more programs on one function than the kernel allows",
    "A function of the kernel takes at most 38 tracing programs, those of guards and of other hooks at the same function included. All the policies of a bundle share one program for each hook.",
  ),
  "too-many-arguments": entry(
    "error",
    "a function with more arguments than programs are given",
    "On x86-64 programs get the first six arguments, which are in registers; kernels before 6.6 refuse to attach them to functions with more. Hook another function on the way of the same operation.",
  ),
  "prototype-mismatch": entry(
    "error",
    "the target's function takes other arguments",
    "The BTF of the target shows another number or type of arguments than the program would read, so the rules would compare garbage. Compile for kernels with different prototypes separately.",
  ),
  "feature-missing": entry(
    "error",
    "the target lacks something that the program needs",
    "Programs call BPF helpers and use types of maps that came with some kernel release. The message names what is missing, the help since when kernels have it.",
  ),
  "not-attachable": entry(
    "error",
    "a target has no way to attach a program here",
    "None of the program types that can give the policy's verdicts works on the target kernel. The help says why the last of them does not.",
  ),

  // Building the object.
  "no-clang": entry(
    "error",
    "clang is not installed",
    "The generated program is compiled by clang, version 14 or newer. `policyc lint` works without it.",
  ),
  "clang-failed": entry(
    "error",
    "clang refuses the generated program",
    "The C that policyc generates is always meant to compile. If it does not, that is a bug in policyc.",
  ),
} as const satisfies Record<string, CatalogEntry>;

export type DiagnosticCode = keyof typeof catalog;
