/** `policyc-runtime probe`: what this kernel can do, against what a bundle needs. */
import { release } from "node:os";
import { readBundle } from "../bundle/read.ts";
import { ok } from "../failure.ts";
import type { Result } from "../failure.ts";
import { choose, openHost } from "../host.ts";
import type { Choice, Host } from "../host.ts";
import type { ManifestRequirement } from "../manifest.ts";

const ASKED: readonly ManifestRequirement[] = [
  { kind: "bpf-lsm-active" },
  ...[
    "security_file_permission",
    "security_mmap_file",
    "security_path_truncate",
    "security_file_truncate",
  ].map((name) => ({ kind: "kernel-function", name }) as const),
  ...["bpf_ringbuf_reserve", "bpf_d_path", "bpf_loop", "bpf_strncmp", "bpf_send_signal"].map(
    (name) => ({ kind: "helper", name }) as const,
  ),
];

/** Exit code 3 when the bundle can't be served here. */
export function probe(bundlePath: string | undefined, json: boolean): Result<number> {
  const host = openHost();
  if (bundlePath === undefined) {
    return probeKernel(host, json);
  }
  const bundle = readBundle(bundlePath);
  if (bundle.kind === "failed") {
    return bundle;
  }
  const choices = bundle.value.manifest.attachments.map((attachment) => choose(attachment, host));
  const able = choices.every(({ kind }) => kind !== "impossible");
  const described = choices.map((choice) => ({ ...choice, attachment: choice.attachment.purpose }));
  const text = choices.map(choiceLine);
  process.stdout.write(
    json
      ? `${JSON.stringify({ kernel: release(), able, attachments: described })}\n`
      : `${text.join("\n")}\n`,
  );
  return ok(able ? 0 : 3);
}

function probeKernel(host: Host, json: boolean): Result<number> {
  const features = ASKED.map((requirement) => {
    const name = requirement.kind === "bpf-lsm-active" ? "BPF LSM active" : requirement.name;
    const reason = host.lacks(requirement);
    return { feature: name, present: reason === undefined, ...(reason === undefined ? {} : { reason }) };
  });
  const text = features.map(
    ({ feature, reason }) =>
      `${reason === undefined ? "yes" : "no "}  ${feature}${reason === undefined ? "" : `: ${reason}`}`,
  );
  process.stdout.write(
    json
      ? `${JSON.stringify({ kernel: release(), features })}\n`
      : `kernel ${release()}\n${text.join("\n")}\n`,
  );
  return ok(0);
}

function choiceLine(choice: Choice): string {
  const { purpose } = choice.attachment;
  switch (choice.kind) {
    case "chosen":
      return `yes  ${purpose}: ${choice.alternative.program}`;
    case "skipped":
      return `-    ${purpose}: not on this kernel, so not needed`;
    case "impossible":
      return `no   ${purpose}: ${choice.reasons.join("; ")}`;
  }
}
