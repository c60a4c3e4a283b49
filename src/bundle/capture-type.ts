/** How the manifest describes what event records carry. */
import type { ManifestCapture, ManifestValueType } from "../../runtime/manifest.ts";
import type { Capture, CaptureType } from "../ir/ir.ts";

/** A capture as the runtime is told of it. */
export function manifestCapture({ position, type, label }: Capture): ManifestCapture {
  const key = jsonKey(type);
  return {
    argument: position,
    type: valueType(type),
    ...(key === undefined ? {} : { key }),
    ...(label === undefined ? {} : { label }),
  };
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
      return { kind: "text", binary: false };
  }
}

/** The key of a value in events, where it is not the usual one of its type. */
function jsonKey(type: CaptureType): string | undefined {
  return type.kind === "file" && type.through === "linux_binprm" ? "linux_binprm_arg" : undefined;
}
