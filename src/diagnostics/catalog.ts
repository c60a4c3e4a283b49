/** Every diagnostic code, with what is always true of it. */
import { type CatalogEntry, entry } from "./catalog-entry.ts";
import { inputCatalog } from "./input-catalog.ts";
import { kubearmorCatalog } from "./kubearmor-catalog.ts";
import { languageCatalog } from "./language-catalog.ts";
import { lintCatalog } from "./lint-catalog.ts";

/** Every code that policyc can report, grouped by the stage that reports it. */
export const catalog = {
  ...inputCatalog,
  ...kubearmorCatalog,
  ...languageCatalog,
  ...lintCatalog,

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
  "group-without-precedence": entry(
    "error",
    "a block of a decision group has no precedence",
    "The rules of a group come from several blocks and policies: in which order they are looked at must not depend on where they stand.",
  ),
  "group-conflict": entry(
    "warning",
    "two rules of a group decide the same differently",
    "The first in order of precedence decides and the other never does. With KubeArmor, the policy that comes last wins; here, of two rules for the same path, `Block` stands before `Allow`.",
  ),
  "refusal-incomplete": entry(
    "warning",
    "some forms of the operation can't be refused",
    "A system call is refused at the security hook that it goes through. Some of its forms go through none: they are reported, and killed where the rule says so.",
  ),
  "refusal-out-of-reach": entry(
    "error",
    "nothing at this hook can refuse that system call",
    "A refusal is decided where a system call begins, and is for this call: never for a later one of the same thread. So the hook must be one where the call begins.",
  ),
  "refusal-of-other-calls": entry(
    "error",
    "the rule denies calls that are not among those to refuse",
    "Where every system call begins, a rule can refuse only the calls that the hook lists after `refusing`, as only these are looked at later. A rule that holds for others would not refuse them.",
  ),
  "hash-not-possible": entry(
    "error",
    "the hash of a file can't be told by these programs",
    "Only programs that may sleep can ask the kernel for a file's hash, and kernels do not let such programs use the maps that decisions need. The hash also needs the kernel's IMA.",
  ),
  "request-of-runtime": entry(
    "warning",
    "the node would ask for this whenever the rule reports",
    "Whoever can make the rule report can make the node send. So the runtime fetches and resolves nothing unless its operator says `--allow-requests`.",
  ),
  "invalid-request": entry(
    "error",
    "nothing that can be fetched or resolved",
    "The runtime fetches addresses that begin with `http://` or `https://`, and resolves names of hosts.",
  ),
  "read-as-engine": entry(
    "warning",
    "the policy is read as Tetragon's engine does, not as it is documented",
    "`--compat tetragon` is given, and here the engine and its documentation differ. docs/tetragon.md lists all such places.",
  ),
  "hook-left-out": entry(
    "warning",
    "a target has no such place, and the policy does without it",
    "The policy says that the hook is optional. On such a kernel nothing of the block is enforced or reported.",
  ),
  "invalid-pattern": entry(
    "error",
    "no simple regular expression",
    "Names of functions are matched by expressions that every dialect reads alike and that can't take long.",
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
    "What a program reads depends on the kernel's types: the number of arguments, the fields of a record, the functions that there are. A target with BTF gives them.",
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
  "invalid-user-place": entry(
    "error",
    "no place in a program",
    "A hook on a program names its ELF file by an absolute path, and in it a symbol, an address or an offset in the file.",
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
  "glob-too-large": entry(
    "error",
    "globs that need too many states",
    "Globs, and texts of more than 256 bytes, become an automaton that is walked byte by byte. Several `**` or `*` in one glob, with classes or choices between them, multiply its states. Write simpler globs, or spread them over several rules.",
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
    "The kernel's verifier walks every path through a program and stops after a million instructions. The number is an estimate from the rules, and too high even if the estimate is as far off as it was ever seen to be. Newer kernels walk more, because they follow loops over rules. Join rules, or name only the kernels that are needed with `--target`.",
  ),
  "program-maybe-too-complex": entry(
    "warning",
    "a program that the kernel may give up verifying",
    "The estimate is over the million instructions that the kernel's verifier walks, but estimates of what it walks can be several times too high. Loading says for certain; `policyc try` shows it before a node does.",
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
