/** What is known of every diagnostic: `policyc explain CODE` and docs/diagnostics.md print it. */
import { type DiagnosticCode, catalog } from "../catalog.ts";
import { inputPages } from "./input-pages.ts";
import { kernelPages } from "./kernel-pages.ts";
import { kubearmorPages } from "./kubearmor-pages.ts";
import { languagePages } from "./language-pages.ts";
import { limitPages } from "./limit-pages.ts";
import { lintPages } from "./lint-pages.ts";
import type { Page } from "./page.ts";

/** The examples of every code. */
export const pages: Readonly<Partial<Record<DiagnosticCode, Page>>> = {
  ...inputPages,
  ...kernelPages,
  ...kubearmorPages,
  ...languagePages,
  ...limitPages,
  ...lintPages,
};

/** The page of a code as text for a terminal. */
export function pageText(code: DiagnosticCode): string {
  const { severity, summary, why } = catalog[code];
  const head = `${severity}[${code}]: ${summary}\n\n${why}\n`;
  const page = pages[code];
  return page === undefined
    ? head
    : `${head}\nwrong:\n\n${indented(page.wrong)}\nright:\n\n${indented(page.right)}`;
}

/** All pages as one Markdown document. */
export function pagesMarkdown(): string {
  const codes = Object.keys(catalog).filter(isCode);
  return [
    "# Diagnostics",
    "",
    "Every finding has a code. `policyc explain CODE` prints its page; this is all of them.",
    "",
    ...codes.flatMap((code) => pageMarkdown(code)),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}

function pageMarkdown(code: DiagnosticCode): readonly string[] {
  const { severity, summary, why } = catalog[code];
  const page = pages[code];
  const examples =
    page === undefined
      ? []
      : [
          "Wrong:",
          "",
          ...exampleMarkdown(page, page.wrong),
          "",
          "Right:",
          "",
          ...exampleMarkdown(page, page.right),
          "",
        ];
  return [`## ${code}`, "", `${capitalized(severity)}: ${summary}.`, "", why, "", ...examples];
}

function exampleMarkdown({ language }: Page, text: string): readonly string[] {
  if (language === "situation") {
    return [text];
  }
  return ["```text", visible(text).trimEnd(), "```"];
}

function indented(text: string): string {
  const lines = visible(text).trimEnd().split("\n");
  return `${lines.map((line) => (line === "" ? "" : `    ${line}`)).join("\n")}\n`;
}

const longestLine = 160;

/** What a reader can't see, or would not read to its end, is shown by a mark. */
function visible(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u200b\u202e\t]/g, (character) => {
      return `<U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}>`;
    })
    .split("\n")
    .map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line))
    .join("\n");
}

function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

function isCode(word: string): word is DiagnosticCode {
  return Object.hasOwn(catalog, word);
}
