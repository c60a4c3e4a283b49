/** What each operator of `matchArgs` means: the field that it asks, the comparison, the form of its values. */
import type { ComparisonOperator } from "../policy/tree.ts";
import type { ArgumentClass } from "./arguments.ts";
import type { ValueReader } from "./values.ts";
import {
  readFileType,
  readInteger,
  readIntegerOrRange,
  readNetwork,
  readPort,
  readRange,
  readText,
  readWord,
} from "./values.ts";

/** One operator on one class of argument. */
export interface OperatorMeaning {
  readonly comparison: ComparisonOperator;
  /** The part of the argument that is compared; none for a number. */
  readonly part: string | undefined;
  readonly negated: boolean;
  readonly ignoreCase?: true;
  readonly read: ValueReader;
  /** Operators that take no values compare with these. */
  readonly fixedRange?: readonly [bigint, bigint];
}

type Meanings = Readonly<Record<string, OperatorMeaning>>;

function pair(name: string, meaning: Omit<OperatorMeaning, "negated">): Meanings {
  return { [name]: { ...meaning, negated: false }, [`Not${name}`]: { ...meaning, negated: true } };
}

const one = (meaning: Omit<OperatorMeaning, "negated">): OperatorMeaning => ({ ...meaning, negated: false });

const greater = one({ comparison: "greater", part: undefined, read: readInteger });
const less = one({ comparison: "less", part: undefined, read: readInteger });

const onIntegers: Meanings = {
  ...pair("Equal", { comparison: "in", part: undefined, read: readInteger }),
  GT: greater,
  GreaterThan: greater,
  LT: less,
  LessThan: less,
  Mask: one({ comparison: "has-any", part: undefined, read: readInteger }),
  ...pair("InRange", { comparison: "in", part: undefined, read: readRange }),
  ...pair("InMap", { comparison: "in", part: undefined, read: readIntegerOrRange }),
};

/** Of files: what they are, whatever their path. */
const fileType = pair("FileType", { comparison: "in", part: "type", read: readFileType });

const onTexts = (part: string | undefined): Meanings => ({
  ...pair("Equal", { comparison: "in", part, read: readText }),
  ...pair("Prefix", { comparison: "starts-with", part, read: readText }),
  ...pair("Postfix", { comparison: "ends-with", part, read: readText }),
  SubString: one({ comparison: "contains", part, read: readText }),
  SubStringIgnCase: one({ comparison: "contains", part, read: readText, ignoreCase: true }),
});

const privileged = (part: string): Omit<OperatorMeaning, "negated"> => ({
  comparison: "in",
  part,
  read: readPort,
  fixedRange: [0n, 1023n],
});

const onSource: Meanings = {
  ...pair("SAddr", { comparison: "in", part: "saddr", read: readNetwork }),
  ...pair("SPort", { comparison: "in", part: "sport", read: readPort }),
  ...pair("SPortPriv", privileged("sport")),
  // The schema of the language spells this one with a small `p`, its documentation with a capital.
  NotSportPriv: { ...privileged("sport"), negated: true },
  Family: one({ comparison: "in", part: "family", read: readWord }),
};

const onPackets: Meanings = {
  ...onSource,
  ...pair("DAddr", { comparison: "in", part: "daddr", read: readNetwork }),
  ...pair("DPort", { comparison: "in", part: "dport", read: readPort }),
  ...pair("DPortPriv", privileged("dport")),
  Protocol: one({ comparison: "in", part: "protocol", read: readWord }),
};

const onSockets: Meanings = {
  ...onPackets,
  State: one({ comparison: "in", part: "state", read: readWord }),
};

/** Operators of the language that no class of argument has yet. */
export const plannedOperators: ReadonlySet<string> = new Set(["CelExpr"]);

/** The operators that a class of argument has. */
export function operatorsOf(argumentClass: ArgumentClass): Meanings {
  switch (argumentClass) {
    case "integer":
      return onIntegers;
    case "path":
      return { ...onTexts("path"), ...fileType };
    case "text":
      return onTexts(undefined);
    case "capabilities":
      return {
        ...pair("Equal", { comparison: "in", part: undefined, read: readWord }),
        Mask: one({ comparison: "has-any", part: undefined, read: readWord }),
      };
    case "unix-address":
      return { ...onTexts(undefined), Family: one({ comparison: "in", part: "family", read: readWord }) };
    case "sock":
      return onSockets;
    case "packet":
      return onPackets;
    case "address":
      return onSource;
    case "none":
    case "planned":
      return {};
  }
}
