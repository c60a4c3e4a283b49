/** What the grammar says when a statement does not fit it. */
import type { IParserErrorMessageProvider, TokenType } from "chevrotain";

/** Expected words in the order of the grammar; the finding's text is made in `statement-errors.ts`. */
export interface Expectation {
  readonly labels: readonly string[];
}

// chevrotain's errors carry a text only, so the expected tokens travel in it, one a line.
const separator = "\n";

function labelOf(token: TokenType): string {
  return token.LABEL ?? token.name;
}

function encode(labels: readonly string[]): string {
  return [...new Set(labels)].join(separator);
}

/** The expected tokens of a grammar error's message. */
export function decodeExpectation(message: string): Expectation {
  return { labels: message === "" ? [] : message.split(separator) };
}

export const grammarErrorMessages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => encode([labelOf(expected)]),
  buildNotAllInputParsedMessage: () => "",
  buildNoViableAltMessage: ({ expectedPathsPerAlt }) => encode(firstLabels(expectedPathsPerAlt.flat())),
  buildEarlyExitMessage: ({ expectedIterationPaths }) => encode(firstLabels(expectedIterationPaths)),
};

function firstLabels(paths: readonly (readonly TokenType[])[]): readonly string[] {
  return paths.flatMap(([first]) => (first === undefined ? [] : [labelOf(first)]));
}
