/** What is wrong with paths, directories and patterns, and where else a path lies on systems of today. */
import { shortText } from "../../diagnostics/display.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source.ts";
import type { YamlScalar } from "../yaml/tree.ts";
import type { Findings } from "./findings.ts";

/** Directories that are links to those of the same name below `/usr` on most systems. */
const merged = /^\/(?:bin|sbin|lib|lib32|lib64|libx32)(?=\/)/;
/** The same for directories of running programs. */
const runtime = /^\/var\/(?=(?:run|lock)\/)/;

/**
 * The path, and where it is on a system whose `/bin` is a link: paths are compared as the kernel has resolved
 * them, so `/bin/sh` alone would never match there.
 */
export function withMergedUsr(path: string, scalar: YamlScalar, findings: Findings): readonly string[] {
  const resolved = merged.test(path)
    ? `/usr${path}`
    : path.replace(runtime, (link) => (path.startsWith(`${link}lock`) ? "/run/" : "/"));
  if (resolved === path) {
    return [path];
  }
  findings.push(
    diagnostic(
      "kubearmor-merged-usr",
      scalar.span,
      `\`${shortText(path)}\` is \`${shortText(resolved)}\` on most systems`,
      {
        help: "both are matched",
        fixes: [{ title: `write \`${resolved}\``, safety: "unsafe", edits: [edit(scalar, resolved)] }],
      },
    ),
  );
  return [path, resolved];
}

/** A path of one file: absolute, without a slash at its end, and no pattern. */
export function checkPath(scalar: YamlScalar, listKey: Span | undefined, findings: Findings): boolean {
  const { text, span } = scalar;
  if (/[*?]|\[.+\]|\{.+,.+\}/.test(text)) {
    findings.push(
      diagnostic("kubearmor-glob-in-path", span, `\`${shortText(text)}\` is a pattern, not a path`, {
        help: "`path` is compared letter by letter: move it to `matchPatterns`, as `pattern`",
        ...(listKey === undefined ? {} : { related: [{ message: "this list takes paths", span: listKey }] }),
      }),
    );
    return false;
  }
  return checkAbsolute(scalar, findings) && checkNoSlash(scalar, findings);
}

function checkNoSlash(scalar: YamlScalar, findings: Findings): boolean {
  const { text, span } = scalar;
  if (!text.endsWith("/")) {
    return true;
  }
  findings.push(
    diagnostic("kubearmor-path-shape", span, `\`${shortText(text)}\` is a directory, not a file`, {
      help: "move it to `matchDirectories`, as `dir`",
    }),
  );
  return false;
}

/** A directory: absolute, with a slash at its end. */
export function checkDirectory(scalar: YamlScalar, findings: Findings): boolean {
  const { text, span } = scalar;
  if (!checkAbsolute(scalar, findings)) {
    return false;
  }
  if (/[*?]/.test(text)) {
    findings.push(
      diagnostic("kubearmor-glob-in-path", span, `\`${shortText(text)}\` is a pattern, not a directory`, {
        help: "`dir` is compared letter by letter: move it to `matchPatterns`, as `pattern`",
      }),
    );
    return false;
  }
  if (text.endsWith("/")) {
    return true;
  }
  findings.push(
    diagnostic(
      "kubearmor-path-shape",
      span,
      `the directory \`${shortText(text)}\` needs a slash at its end`,
      {
        help: `write \`${text}/\``,
        fixes: [{ title: "add the slash", safety: "safe", edits: [edit(scalar, `${text}/`)] }],
      },
    ),
  );
  return false;
}

function checkAbsolute(scalar: YamlScalar, findings: Findings): boolean {
  const { text, span } = scalar;
  if (text.startsWith("/")) {
    return true;
  }
  findings.push(
    diagnostic("kubearmor-path-shape", span, `\`${shortText(text)}\` does not begin at the root`, {
      help: "write the whole path, from its first slash on",
    }),
  );
  return false;
}

/** Expressions of other languages that no file name has. */
const expression = /^\^|\$$|\.\*|\\[dwsb.]|\(\?|\[\^?[^\]]+\][+*]|\)[+*?]/;

/** A pattern of paths, and not a command line or a regular expression. */
export function checkPattern(scalar: YamlScalar, findings: Findings): boolean {
  const { text, span } = scalar;
  if (expression.test(text) && !/^[^\\^$(]*\.\*$/.test(text)) {
    findings.push(
      diagnostic("kubearmor-pattern", span, `\`${shortText(text)}\` is a regular expression`, {
        help: "write a pattern: `*` stays in a directory, `**` crosses, `?` is one character",
      }),
    );
    return false;
  }
  if (!/^[/*{[?]/.test(text)) {
    findings.push(
      diagnostic("kubearmor-pattern", span, `\`${shortText(text)}\` does not begin at the root`, {
        help: "patterns are compared with whole paths: begin it with `/` or `/**/`",
        fixes: [{ title: "put `/**/` before it", safety: "unsafe", edits: [edit(scalar, `/**/${text}`)] }],
      }),
    );
    return false;
  }
  if (/\s/.test(text)) {
    findings.push(
      diagnostic("kubearmor-pattern-blank", span, "a pattern with a blank matches file names that have one", {
        help: "it looks like a command line: arguments are no part of a program's path",
      }),
    );
  }
  return true;
}

/** Writes a value in the place of a scalar, in quotes where YAML needs them. */
function edit({ span }: YamlScalar, value: string): { readonly span: Span; readonly text: string } {
  return { span, text: /^\/[\w./@+-]*$/.test(value) ? value : JSON.stringify(value) };
}
