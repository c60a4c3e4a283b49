/** The lint rules, in the order in which they run. */
import type { LintRule } from "./lint-rule.ts";
import { allowWithoutOtherwise } from "./rules/allow-without-otherwise.ts";
import { argsAtExec } from "./rules/args-at-exec.ts";
import { confusableCharacter } from "./rules/confusable-character.ts";
import { dialectLimit } from "./rules/dialect-limit.ts";
import { globAsText } from "./rules/glob-as-text.ts";
import { matchesEverything } from "./rules/matches-everything.ts";
import { mergedDirectory } from "./rules/merged-directory.ts";
import { missingValue } from "./rules/missing-value.ts";
import { monitorRefuses } from "./rules/monitor-refuses.ts";
import { policiesContradict } from "./rules/policies-contradict.ts";
import { redundantValue } from "./rules/redundant-value.ts";
import { ruleNeverMatches } from "./rules/rule-never-matches.ts";
import { ruleShadowed } from "./rules/rule-shadowed.ts";
import { textTooLong } from "./rules/text-too-long.ts";
import { unlimitedAlert } from "./rules/unlimited-alert.ts";

export const lintRules: readonly LintRule[] = [
  confusableCharacter,
  textTooLong,
  globAsText,
  mergedDirectory,
  matchesEverything,
  redundantValue,
  missingValue,
  argsAtExec,
  monitorRefuses,
  allowWithoutOtherwise,
  unlimitedAlert,
  ruleNeverMatches,
  ruleShadowed,
  policiesContradict,
  dialectLimit,
];
