/** Words and signs of other languages that people try, and what the policy language says instead. */

/** By the word as it is written; matched without regard to case. */
const words: ReadonlyMap<string, string> = new Map([
  ["block", "deny"],
  ["drop", "deny"],
  ["reject", "deny"],
  ["refuse", "deny"],
  ["forbid", "deny"],
  ["permit", "allow"],
  ["accept", "allow"],
  ["pass", "allow"],
  ["log", "alert"],
  ["audit", "alert"],
  ["notify", "alert"],
  ["report", "alert"],
  ["warn", "alert"],
  ["post", "alert"],
  ["terminate", "kill"],
  ["sigkill", "kill"],
  ["ignore", "silent"],
  ["throttle", "limit"],
  ["ratelimit", "limit"],
  ["if", "when"],
  ["where", "when"],
  ["unless", "when not"],
  ["else", "otherwise"],
  ["default", "otherwise"],
  ["like", "matches"],
  ["glob", "matches"],
  ["regex", "matches"],
  ["match", "matches"],
  ["is", "=="],
  ["equals", "=="],
  ["eq", "=="],
  ["startswith", "starts with"],
  ["starts_with", "starts with"],
  ["endswith", "ends with"],
  ["ends_with", "ends with"],
  ["begins", "starts"],
  ["includes", "contains"],
  ["include", "import"],
  ["const", "let"],
  ["list", "let"],
  ["macro", "define"],
  ["function", "define"],
  ["parameter", "param"],
  ["all", "everything"],
  ["any", "everything"],
  ["pods", "containers"],
  ["node", "host"],
  ["nodes", "host"],
]);

/** What is meant by a word of another language, if it is one. */
export function translation(word: string): string | undefined {
  return words.get(word.toLowerCase());
}

export interface ForeignSign {
  readonly help: string;
  /** What to write instead; absent where that depends. */
  readonly instead?: string;
}

const signs: ReadonlyMap<string, ForeignSign> = new Map<string, ForeignSign>([
  ["&&", { help: "write `and`", instead: "and" }],
  ["||", { help: "write `or`", instead: "or" }],
  ["!", { help: "write `not`", instead: "not " }],
  [";", { help: "actions are separated by `,`; statements need no sign at their end" }],
  ["-", { help: "a name with `-` is written in quotes" }],
  ["*", { help: 'wildcards stand in texts: `matches "/etc/*"`; arguments are declared as `name: type`' }],
  ["$", { help: "parameters are named without a sign: `param admin: path`" }],
  ["~", { help: 'compare with a glob: `matches "…"`' }],
]);

/** What is meant by a sign that the language does not have. */
export function signMeant(text: string): ForeignSign {
  return signs.get(text) ?? { help: "texts are written in double quotes, comments start with `#`" };
}
