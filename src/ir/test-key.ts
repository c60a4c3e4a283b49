/** Which tests ask the same, wherever they are written. */
import type { Test } from "./ir.ts";

/** Equal for tests that ask the same of a value. */
export function testKey(test: Test): string {
  return JSON.stringify(test, (key, value: unknown) =>
    key === "span" ? undefined : typeof value === "bigint" ? `${value}n` : value,
  );
}
