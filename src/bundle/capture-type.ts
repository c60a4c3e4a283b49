/** How the manifest describes what event records carry. */
import type { ManifestCapture, ManifestPart, ManifestValueType } from "../../runtime/manifest.ts";
import type { Capture, CaptureType } from "../ir/ir.ts";
import { capturedParts, objectFact } from "../kernel/objects.ts";

/** A capture as the runtime is told of it. */
export function manifestCapture({ position, type, key, label, ofResult }: Capture): ManifestCapture {
  const shown = key ?? keyOf(type);
  return {
    argument: position,
    type: valueType(type),
    ...(shown === undefined ? {} : { key: shown }),
    ...(label === undefined ? {} : { label }),
    ...(ofResult === undefined ? {} : { ofResult }),
  };
}

/** The key of a value in events, where it is not the usual one of its type. */
function keyOf(type: CaptureType): string | undefined {
  switch (type.kind) {
    case "object":
      return objectFact(type.of).key;
    case "sock":
      return type.through === "skb" || type.through === "sockaddr" ? `${type.through}_arg` : undefined;
    case "integer":
    case "file":
    case "path":
    case "text":
      return undefined;
  }
}

function valueType(type: CaptureType): ManifestValueType {
  switch (type.kind) {
    case "integer":
      return { kind: "integer", bits: type.bits, signed: type.signed };
    case "file":
    case "path":
    case "sock":
      return { kind: type.kind };
    case "text":
      return { kind: "text", binary: type.form.kind === "buffer" || type.form.kind === "iovec" };
    case "object":
      return {
        kind: "object",
        parts: capturedParts(type.of).map(({ json, format }): ManifestPart => ({ json, format })),
      };
  }
}
