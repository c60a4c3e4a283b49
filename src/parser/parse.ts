/** The one way from texts of any language to policies. */
import { posix } from "node:path";
import { shortText } from "../diagnostics/display.ts";
import type { Diagnostic, Outcome } from "../diagnostics/diagnostic.ts";
import { diagnostic, success } from "../diagnostics/diagnostic.ts";
import type { Source } from "../source/source.ts";
import { checkSourceCharacters } from "./characters.ts";
import type { Postures } from "./kubearmor/posture.ts";
import type { ImportReader, ImportState } from "./policy/imports.ts";
import type { Policy, PolicyTree } from "./policy/tree.ts";
import type { ParameterScope } from "./yaml/parameters.ts";

export type Language = "policy" | "tetragon" | "kubearmor" | "falco";

/** Findings of one severity that a source may have: a slip repeated a thousand times is still one slip. */
const maximumFindings = 200;

export interface ParseOptions {
  /** Values of `--set`. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The language of sources whose name does not tell it, such as standard input. */
  readonly language?: Language | undefined;
  /** What KubeArmor's allow lists do with the rest, where a policy does not say it. */
  readonly postures?: Postures;
  /** An engine whose own reading is wanted where it differs from its documentation. */
  readonly compat?: "tetragon" | undefined;
  /** Reads what `.policy` files import; without it no import is found. */
  readonly readImport?: ImportReader;
}

/**
 * The policies of all sources, in order, and everything that is wrong with the sources, in the order of the
 * text. There is always a tree; it lacks the policies that have errors.
 */
export async function parseSources(
  sources: readonly Source[],
  options: ParseOptions,
): Promise<Outcome<PolicyTree>> {
  const parameters: ParameterScope = { values: options.parameters, used: new Set() };
  const run: Run = { parameters, options, imports: undefined };
  const policies: Policy[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const source of sources) {
    const parsed = await parseSource(source, run);
    policies.push(...(parsed.value ?? []));
    diagnostics.push(...limited(inTextOrder([...checkSourceCharacters(source), ...parsed.diagnostics])));
  }
  diagnostics.push(...duplicatePolicies(policies), ...unusedParameters(parameters));
  return success({ kind: "policy-tree", policies }, withoutRepeated(diagnostics));
}

/** What the sources of one run share. */
interface Run {
  readonly parameters: ParameterScope;
  readonly options: ParseOptions;
  imports: ImportState | undefined;
}

/** A file can be an input and be imported by others: its findings come once. */
function withoutRepeated(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ code, message, span }) => {
    const name = span === undefined ? "" : posix.normalize(span.source.name);
    const key = [code, message, name, span?.start, span?.end].join("\0");
    const isNew = span === undefined || !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** Front ends are loaded when a source needs them: each brings a parser library. */
async function parseSource(source: Source, run: Run): Promise<Outcome<readonly Policy[]>> {
  const { options, parameters } = run;
  if (isPolicyLanguage(source, options.language)) {
    const { createImportState, parsePolicyLanguage } = await import("./policy/parse.ts");
    run.imports ??= createImportState(parameters, options.readImport);
    const { value, diagnostics } = parsePolicyLanguage(source, { parameters, imports: run.imports });
    return { value: value?.policies, diagnostics };
  }
  const { parseYamlPolicies } = await import("./documents.ts");
  return parseYamlPolicies(source, parameters, options);
}

function isPolicyLanguage(source: Source, language: Language | undefined): boolean {
  if (source.name.endsWith(".policy")) {
    return true;
  }
  return language === "policy" && !/\.ya?ml$/i.test(source.name);
}

/** Two policies of one namespace and name would be one and the same to everything that names them. */
function duplicatePolicies(policies: readonly Policy[]): readonly Diagnostic[] {
  const first = new Map<string, Policy>();
  const findings: Diagnostic[] = [];
  for (const policy of policies) {
    // The twins of a policy, one for the node and one for a namespace, may have one name.
    const key = [
      policy.namespace?.text ?? "",
      policy.scope.kind,
      policy.scope.span.source.text.slice(policy.scope.span.start, policy.scope.span.end),
      policy.name.text,
    ].join("\0");
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, policy);
      continue;
    }
    findings.push(
      diagnostic(
        "duplicate-policy",
        policy.name.span,
        `two policies have the name \`${shortText(policy.name.text)}\``,
        {
          help: "give each policy a name of its own",
          related: [{ message: "first here", span: earlier.name.span }],
        },
      ),
    );
  }
  return findings;
}

function unusedParameters({ values, used }: ParameterScope): readonly Diagnostic[] {
  return [...values.keys()]
    .filter((name) => !used.has(name))
    .map((name) =>
      diagnostic("unused-parameter", undefined, `no input uses the parameter \`${name}\``, {
        help: "check the spelling, or leave the option out",
      }),
    );
}

/** The first findings of each severity, and how many are left out. */
function limited(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const counts = { error: 0, warning: 0, info: 0 };
  const kept = diagnostics.filter(({ severity }) => (counts[severity] += 1) <= maximumFindings);
  const left = diagnostics.length - kept.length;
  return left === 0
    ? kept
    : [
        ...kept,
        diagnostic("more-findings", kept.at(-1)?.span, `${left} more findings in this file are not shown`),
      ];
}

function inTextOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...diagnostics].sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0));
}
