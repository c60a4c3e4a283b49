import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { shortText } from "../../diagnostics/display.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source.ts";
import { createSpan } from "../../source/source.ts";
import { suggestions } from "../../diagnostics/suggest.ts";

/** The values of `--set`, and which of them were asked for. */
export interface ParameterScope {
  readonly values: ReadonlyMap<string, string>;
  /** Names that some input used; filled while parsing. */
  readonly used: Set<string>;
}

const reference = /\$\{([A-Za-z_][A-Za-z0-9_.-]*)\}/g;

/** A text with its `${NAME}` references replaced. */
export interface FilledText {
  readonly text: string;
  readonly substituted: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Fills in `${NAME}`. A value is taken as text: it cannot add YAML structure. `span` is where the text was
 * written, quotes included; a name without a value is underlined there.
 */
export function fillParameters(text: string, span: Span, scope: ParameterScope): FilledText {
  if (!text.includes("${")) {
    return { text, substituted: false, diagnostics: [] };
  }
  const unset: Diagnostic[] = [];
  const reported = new Set<string>();
  let searchFrom = span.start;
  const filled = text.replaceAll(reference, (whole, name: string) => {
    const found = span.source.text.indexOf(whole, searchFrom);
    const place =
      found === -1 || found >= span.end ? span : createSpan(span.source, found, found + whole.length);
    searchFrom = place.end;
    const value = scope.values.get(name);
    if (value === undefined && reported.has(name)) {
      return whole;
    }
    if (value === undefined) {
      reported.add(name);
      unset.push(unsetParameter(name, place, scope));
      return whole;
    }
    scope.used.add(name);
    return value;
  });
  return { text: filled, substituted: filled !== text || unset.length > 0, diagnostics: unset };
}

function unsetParameter(name: string, place: Span, scope: ParameterScope): Diagnostic {
  const unusedNames = [...scope.values.keys()].filter((candidate) => !scope.used.has(candidate));
  const [likely] = suggestions(name, unusedNames);
  const hint = likely === undefined ? "" : `; \`--set ${likely}\` was given`;
  return diagnostic("unset-parameter", place, `the parameter \`${shortText(name)}\` has no value`, {
    help: `add \`--set ${name}=…\`${hint}`,
  });
}
