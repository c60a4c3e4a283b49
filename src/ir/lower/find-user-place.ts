/** Kernel facts of hooks on programs: what can be said of them without the file. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import type { HookFact } from "../../kernel/hook.ts";
import {
  type DeclaredUserPlace,
  isUserType,
  parseStaticPoint,
  parseUserPlace,
  staticArgumentLimit,
  staticHook,
  userArgumentLimit,
  userHook,
  userReturnHook,
} from "../../kernel/user-hook.ts";
import { valueType } from "../../kernel/value-types.ts";
import type { HookReference, Parameter } from "../../parser/policy/tree.ts";
import { printable } from "./printable.ts";

type RawHook = Extract<HookReference, { kind: "raw" }>;

/** The file and what is in it are looked at when the bundle is loaded: they are on the node. */
export function findUserPlace(
  reference: RawHook,
  declared: DeclaredUserPlace,
  findings: Diagnostic[],
): HookFact | undefined {
  const { section, target, path, parameters, result } = reference;
  if (path === undefined || !/^\/[^\p{C}]*$/u.test(path.text) || path.text.length > LONGEST_PATH) {
    findings.push(
      diagnostic(
        "invalid-user-place",
        path?.span ?? target.span,
        "a program needs the absolute path of its file",
        {
          help: 'write `on uprobe "/bin/bash" readline`',
        },
      ),
    );
    return undefined;
  }
  const isStatic = section === "usdt";
  const place = (isStatic ? parseStaticPoint : parseUserPlace)(path.text, target.text);
  if (place === undefined) {
    findings.push(
      diagnostic(
        "invalid-user-place",
        target.span,
        `\`${printable(target.text)}\` is no place of a program`,
        {
          help: isStatic
            ? "name the provider and the point: `postgresql:query__start`"
            : "name a symbol, `symbol+4`, an address `@0x401000` or an offset in the file `+0x1000`",
        },
      ),
    );
    return undefined;
  }
  const before = findings.length;
  [...parameters, ...(result === undefined ? [] : [result])].forEach((one) => {
    checkType(one, findings);
  });
  checkArguments(reference, findings);
  if (findings.length > before) {
    return undefined;
  }
  const hook = isStatic ? staticHook : result === undefined ? userHook : userReturnHook;
  return hook(place, target.text, declared);
}

/** As the kernel has it: PATH_MAX, with the NUL. */
const LONGEST_PATH = 4095;

/** Types that are none are another finding. */
function checkType({ type: { text, span } }: Parameter, findings: Diagnostic[]): void {
  const type = valueType(text);
  if (typeof type === "object" && !isUserType(type)) {
    findings.push(
      diagnostic("argument-type-mismatch", span, `programs don't pass a \`${printable(text)}\``, {
        help: "declare what the program passes: a number, `string`, or `char_buf`",
      }),
    );
  }
}

function checkArguments({ section, parameters, result }: RawHook, findings: Diagnostic[]): void {
  const limit = section === "usdt" ? staticArgumentLimit : userArgumentLimit;
  const far = parameters.find(({ index }) => index >= limit);
  if (far !== undefined) {
    const which = section === "usdt" ? `the first ${limit} arguments` : "arguments in registers";
    findings.push(
      diagnostic("argument-out-of-range", far.span, `only ${which} can be read`, {
        help: `use an index from 0 to ${limit - 1}`,
      }),
    );
  }
  if (section === "usdt" && result !== undefined) {
    findings.push(
      diagnostic("prototype-unknown", result.span, "a static point returns nothing", {
        help: "leave out the return value",
      }),
    );
  } else if (result !== undefined && parameters.length > 0) {
    findings.push(
      diagnostic(
        "not-supported-yet",
        result.span,
        "arguments beside a program's return value are not supported yet",
        { help: "use two blocks: one for the arguments, one for the return value" },
      ),
    );
  }
}
