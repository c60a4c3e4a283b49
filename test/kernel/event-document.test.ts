import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventDocument } from "./event-document.ts";

test("docs/events.md says what the table of events says", () => {
  const path = join(import.meta.dirname, "../../docs/events.md");
  if (process.env["UPDATE_FIXTURES"] === "1") {
    writeFileSync(path, eventDocument());
  }
  expect(readFileSync(path, "utf8")).toBe(eventDocument());
});
