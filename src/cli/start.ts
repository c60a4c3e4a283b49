#!/usr/bin/env node
/**
 * What `policyc` and `policyc-runtime` run first: it starts the command line from the compiled code that the build has
 * left beside the program. Code of another version of Node is not taken, and the program is compiled as usual.
 * Built as a CommonJS script of its own: that is what V8 lets keep its code.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { Script } from "node:vm";

const name = basename(__filename, ".js");
const program = join(__dirname, `${name}-program.js`);
const codeFile = join(__dirname, `${name}-program.code`);

function keptCode(): Buffer | undefined {
  try {
    return readFileSync(codeFile);
  } catch {
    return undefined;
  }
}

const cachedData = keptCode();
const script = new Script(`(function (require, __filename) {${readFileSync(program, "utf8")}\n})`, {
  filename: program,
  ...(cachedData === undefined ? {} : { cachedData }),
});

// The script is the function written above.
const start = script.runInThisContext() as (require: NodeJS.Require, path: string) => void;
start(createRequire(program), program);

// The build runs the program once like this: what that run needed is what the next ones start with.
if (process.env["POLICYC_KEEP_CODE"] === "1") {
  process.on("exit", () => {
    writeFileSync(codeFile, script.createCachedData());
  });
}
