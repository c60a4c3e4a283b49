/** The section `network`: sockets by their type or protocol, and names that are looked up. */
import { shortText } from "../../diagnostics/display.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import type { Span } from "../../source/source.ts";
import type { Condition } from "../policy/tree.ts";
import type { YamlNode } from "../yaml/tree.ts";
import { entryOf, itemsOf, scalarOf } from "../yaml/tree.ts";
import { attributesOf } from "./attributes.ts";
import { allOf, anyOf, compare, number } from "./conditions.ts";
import { checkConditions, type Entry, entriesOf, refusesTerminal, sourcesOf } from "./entries.ts";
import type { Findings } from "./findings.ts";
import { notYet } from "./findings.ts";
import type { Subject } from "./precedence.ts";
import type { SectionRule } from "./rule.ts";
import { protocolNames, protocols, socketTypes } from "./words.ts";

/** Where sockets are judged: when they are made, connected, and when a connection is taken. */
export const networkEvents = ["net.create", "net.connect", "net.accept"] as const;

/** The rules of `network`. */
export function lowerNetwork(spec: YamlNode, section: YamlNode, findings: Findings): readonly SectionRule[] {
  const queries = entryOf(section, "matchDNSQueries");
  if (queries !== undefined && itemsOf(section, "matchDNSQueries").length > 0) {
    notYet(
      findings,
      queries.key.span,
      "`matchDNSQueries`",
      "no hook has the name that is asked for; `matchProtocols` can refuse `udp` to a program",
    );
  }
  return entriesOf(spec, section, "matchProtocols").flatMap((entry) => lowerEntry(entry, findings));
}

function lowerEntry(entry: Entry, findings: Findings): readonly SectionRule[] {
  const { node, section, spec } = entry;
  const protocol = scalarOf(node, "protocol");
  const sources = sourcesOf(entry, findings);
  checkConditions(entry, findings);
  if (protocol === undefined || sources.length < itemsOf(node, "fromSource").length) {
    return [];
  }
  return protocol.text.split(",").flatMap((name): readonly SectionRule[] => {
    const subject = subjectOf(name.trim().toLowerCase(), protocol.span);
    if (subject === undefined) {
      const help = didYouMean(name.trim().toLowerCase(), protocolNames);
      findings.push(
        diagnostic("unknown-value", protocol.span, `there is no protocol \`${shortText(name)}\``, {
          help: help ?? `use one of ${protocolNames.join(", ")}`,
        }),
      );
      return [];
    }
    return [
      {
        attributes: attributesOf([node, section, spec], node.span),
        events: networkEvents,
        subject: subject.subject,
        condition: subject.condition,
        sources,
        ownerOnly: false,
        refusesTerminal: refusesTerminal(entry),
        span: node.span,
      },
    ];
  });
}

interface FoundSubject {
  readonly subject: Subject;
  readonly condition: Condition;
}

function subjectOf(name: string, span: Span): FoundSubject | undefined {
  if (name === "all") {
    const types = [...socketTypes.values()].map((type) => number(type, span));
    return { subject: { kind: "socket-type" }, condition: compare("socket.type", "in", types, span) };
  }
  const type = socketTypes.get(name);
  if (type !== undefined) {
    const values = [number(type, span)];
    return { subject: { kind: "socket-type" }, condition: compare("socket.type", "in", values, span) };
  }
  const protocol = protocols.get(name);
  return protocol === undefined
    ? undefined
    : { subject: { kind: "socket-protocol" }, condition: protocolCondition(name, protocol, span) };
}

/** A socket that is made without a protocol gets the usual one of its type. */
function protocolCondition(name: string, protocol: bigint, span: Span): Condition {
  const named = compare("socket.protocol", "in", [number(protocol, span)], span);
  const usual =
    name === "tcp" ? socketTypes.get("stream") : name === "udp" ? socketTypes.get("dgram") : undefined;
  if (usual === undefined) {
    return named;
  }
  const unnamed = allOf(
    [
      compare("socket.protocol", "in", [number(0n, span)], span),
      compare("socket.type", "in", [number(usual, span)], span),
    ],
    span,
  );
  return unnamed === undefined ? named : anyOf(named, [unnamed], span);
}
