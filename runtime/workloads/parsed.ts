/** Reading JSON of which nothing is certain: what has another form than expected is as if it was not there. */
import { readFileSync, statSync } from "node:fs";

/** An object out of JSON. */
export type Parsed = Readonly<Record<string, unknown>>;

const MOST_BYTES = 4 * 1024 * 1024;
const LONGEST_TEXT = 4096;
const MOST_ENTRIES = 1024;

/** Undefined where the file is absent, too large, or holds no JSON. */
export function readJson(path: string): unknown {
  try {
    return statSync(path).size > MOST_BYTES ? undefined : parseJson(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** Undefined where the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}

/** A member of an object; undefined where there is none. */
export function memberOf(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce<unknown>(
    (found, name) =>
      typeof found === "object" && found !== null && Object.hasOwn(found, name)
        ? (Reflect.get(found, name) as unknown)
        : undefined,
    value,
  );
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= LONGEST_TEXT ? value : undefined;
}

export function truthOf(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The texts among an object's values; undefined where it is no object. */
export function textsOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return undefined;
  }
  const entries = Object.entries(value as Parsed).slice(0, MOST_ENTRIES);
  return Object.fromEntries(
    entries.flatMap(([name, text]): [string, string][] =>
      typeof text === "string" && text.length <= LONGEST_TEXT ? [[name, text]] : [],
    ),
  );
}
