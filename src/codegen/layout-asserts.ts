/** Static asserts that the C structs of event records are laid out as the runtime's decoder expects. */
import {
  CAPTURED_PATH,
  CAPTURED_SOCK,
  CAPTURED_TEXT,
  CLONE_RECORD,
  EVENT_HEADER,
  EXEC_RECORD,
  THROTTLE_RECORD,
  type StructLayout,
} from "../../runtime/event-layout.ts";
import type { CWriter } from "./c-writer.ts";

const layouts: readonly StructLayout[] = [
  EVENT_HEADER,
  CAPTURED_PATH,
  CAPTURED_SOCK,
  CAPTURED_TEXT,
  EXEC_RECORD,
  CLONE_RECORD,
  THROTTLE_RECORD,
];

/** Writes one assert for each field and size. */
export function writeLayoutAsserts(writer: CWriter, more: readonly StructLayout[]): void {
  writer.line("/* The runtime decodes records by these numbers. */");
  for (const { name, size, fields } of [...layouts, ...more]) {
    writer.line(`_Static_assert(sizeof(struct ${name}) == ${size}, "${name}");`);
    for (const field of fields) {
      writer.line(
        `_Static_assert(__builtin_offsetof(struct ${name}, ${field.name}) == ${field.offset}, "${name}.${field.name}");`,
      );
    }
  }
}
