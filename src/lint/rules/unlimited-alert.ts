import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Block, Condition, HookReference, Rule } from "../../parser/policy/tree.ts";
import type { LintRule } from "../lint-rule.ts";
import { rulesOf } from "../walk.ts";

/** Places that a busy machine passes thousands of times a second. */
const hotHooks: ReadonlySet<string> = new Set([
  "file.open",
  "file.read",
  "file.write",
  "file.mmap",
  "file.load",
  "net.send",
  "capability.use",
  "syscall",
  "security_file_open",
  "security_file_permission",
  "security_mmap_file",
  "security_socket_sendmsg",
  "security_socket_recvmsg",
  "security_capable",
  "security_inode_permission",
  "security_inode_getattr",
  "file_open",
  "file_permission",
  "mmap_file",
  "socket_sendmsg",
  "socket_recvmsg",
  "capable",
  "inode_permission",
  "inode_getattr",
  "tcp_sendmsg",
  "tcp_recvmsg",
  "udp_sendmsg",
  "vfs_read",
  "vfs_write",
  "raw_syscalls/sys_enter",
  "raw_syscalls/sys_exit",
  "sys_enter",
  "sys_exit",
  "sched/sched_switch",
]);

/** A rule that reports whatever happens at a busy place. */
export const unlimitedAlert: LintRule = {
  code: "unlimited-alert",
  optional: false,
  check: ({ tree }) =>
    tree.policies.flatMap(({ blocks }) =>
      blocks.flatMap((block) => {
        const name = block.hooks.map(nameOf).find((candidate) => hotHooks.has(candidate));
        return name === undefined
          ? []
          : rulesOf(block)
              .filter((rule) => reportsWithoutLimit(rule) && !isNarrow(block, rule))
              .map((rule) =>
                diagnostic(
                  "unlimited-alert",
                  alertSpan(rule),
                  `\`${name}\` happens all the time: this reports it all`,
                  {
                    help: "narrow the rule with a condition, or limit its events",
                  },
                ),
              );
      }),
    ),
};

function nameOf(hook: HookReference): string {
  return hook.kind === "event" ? hook.name.text : hook.target.text;
}

function reportsWithoutLimit({ actions }: Rule): boolean {
  const kinds = actions.map(({ kind }) => kind);
  // What is refused is worth its events.
  const isBounded = kinds.includes("limit") || kinds.includes("kill") || kinds.includes("deny");
  return (kinds.length === 0 || kinds.includes("alert")) && !isBounded;
}

function alertSpan({ actions, span }: Rule): Rule["span"] {
  return actions.find(({ kind }) => kind === "alert")?.span ?? span;
}

/** Whether some value must be as the author says: what only leaves things out can still be nearly all. */
function isNarrow(block: Block, rule: Rule): boolean {
  return requiresValue(block.condition) || requiresValue(rule.condition);
}

function requiresValue(condition: Condition | undefined): boolean {
  switch (condition?.kind) {
    case undefined:
    case "not":
      return false;
    case "comparison":
      return ["in", "starts-with", "ends-with", "contains", "matches", "under"].includes(condition.operator);
    case "and":
      return condition.operands.some(requiresValue);
    case "or":
      return condition.operands.length > 0 && condition.operands.every(requiresValue);
  }
}
