/** Hooks on programs and libraries: `uprobes`, `usdts`. */
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { parseUserPlace } from "../../kernel/user-hook.ts";
import type { Span } from "../../source/source.ts";
import type { Block, Name } from "../policy/tree.ts";
import type { YamlMapping, YamlNode, YamlScalar } from "../yaml/tree.ts";
import { entryOf, itemsOf, scalarOf, valueOf } from "../yaml/tree.ts";
import { nameAt, textAt } from "./arguments.ts";
import {
  type HookTarget,
  type SectionScope,
  commonKeys,
  lowerBlock,
  lowerResult,
  plainTarget,
} from "./block.ts";
import type { Findings } from "./findings.ts";
import { notYet, refuseOtherKeys } from "./findings.ts";

const addressingKeys = ["symbols", "offsets", "addrs"] as const;
const functionKeys: ReadonlySet<string> = new Set([
  ...commonKeys,
  ...addressingKeys,
  "path",
  "refCtrOffsets",
  "return",
  "returnArg",
  "ignore",
]);

const staticKeys: ReadonlySet<string> = new Set([...commonKeys, "path", "provider", "name"]);

/** An entry of `uprobes`. */
export function lowerUserFunction(node: YamlNode, scope: SectionScope): Block | undefined {
  const path = scalarOf(node, "path");
  if (node.kind !== "mapping" || path === undefined) {
    return undefined;
  }
  const { findings } = scope;
  refuseOtherKeys(findings, node, "uprobes", functionKeys);
  const file = textAt(path);
  const optional = lowerIgnore(node, findings);
  const result = lowerResult(node, findings);
  const places = lowerPlaces(node, path, findings);
  const block = lowerBlock(
    node,
    places.map((name): HookTarget => ({
      ...{ section: "uprobe", name, syscall: false, optional, matching: false },
      ...(file === undefined ? {} : { path: file }),
    })),
    result,
    scope,
  );
  return places.length === 0 ? undefined : block;
}

/** An entry of `usdts`. */
export function lowerStaticPoint(node: YamlNode, scope: SectionScope): Block | undefined {
  const [path, provider, name] = ["path", "provider", "name"].map((key) => scalarOf(node, key));
  if (node.kind !== "mapping" || path === undefined || provider === undefined || name === undefined) {
    return undefined;
  }
  refuseOtherKeys(scope.findings, node, "usdts", staticKeys);
  const place = plainTarget("usdt", nameAt(`${provider.text}:${name.text}`, name));
  const file = textAt(path);
  return lowerBlock(node, [file === undefined ? place : { ...place, path: file }], undefined, scope);
}

/** The places of a program, in one of three ways, each with the offset of its counter. */
function lowerPlaces(node: YamlMapping, path: YamlScalar, findings: Findings): readonly Name[] {
  const refuse = (span: Span, message: string, help: string): void => {
    findings.push(diagnostic("invalid-user-place", span, message, { help }));
  };
  const [key, ...more] = addressingKeys.filter((each) => itemsOf(node, each).length > 0);
  if (key === undefined) {
    refuse(path.span, "the hook names no place of the program", "add `symbols`, `offsets` or `addrs`");
    return [];
  }
  for (const other of more) {
    const span = keySpan(node, other);
    refuse(span, `\`${other}\` stands beside \`${key}\``, "use an entry for each way to name places");
  }
  const items = scalarsOf(node, key);
  const counters = scalarsOf(node, "refCtrOffsets");
  if (counters.length > 0 && counters.length !== items.length) {
    const span = keySpan(node, "refCtrOffsets");
    refuse(span, "there are not as many counters as places", "list one for each place; 0: it has none");
  }
  return items.flatMap((item, index) => {
    const counter = counters[index]?.value;
    const counted = typeof counter === "number" && counter !== 0 ? `(${hexadecimal(counter)})` : "";
    const place = placeOf(key, item);
    if (place === undefined) {
      refuse(item.span, "this is no symbol of a program", "write `readline`, or `readline+4`");
    }
    return place === undefined ? [] : [nameAt(place + counted, item)];
  });
}

/** The place as the policy language names it. */
function placeOf(key: (typeof addressingKeys)[number], { text, value }: YamlScalar): string | undefined {
  if (key !== "symbols") {
    return (key === "addrs" ? "@" : "+") + hexadecimal(Number(value));
  }
  const place = parseUserPlace("/", text);
  return place?.symbol === undefined || place.counter !== undefined ? undefined : text;
}

function hexadecimal(value: number): string {
  return `0x${value.toString(16)}`;
}

function scalarsOf(node: YamlMapping, key: string): readonly YamlScalar[] {
  return itemsOf(node, key).flatMap((item) => (item.kind === "scalar" ? [item] : []));
}

function keySpan(node: YamlMapping, key: string): Span {
  return entryOf(node, key)?.key.span ?? node.span;
}

/** `ignore`: whether a file or place that the node lacks is left out. */
function lowerIgnore(node: YamlMapping, findings: Findings): boolean {
  const ignore = valueOf(node, "ignore");
  const digest = scalarOf(ignore, "digestVerificationFailure");
  if (digest?.value === true) {
    notYet(findings, digest.span, "`digestVerificationFailure`");
  }
  return scalarOf(ignore, "callNotFound")?.value === true;
}
