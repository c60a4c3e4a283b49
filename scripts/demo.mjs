// Compiles a policy that guards the password file, reads that file under it in a virtual machine, and shows
// what happens. Exits 0 when the reader was killed, as it should be.
import { spawnSync } from "node:child_process";

const policy = "examples/protect-shadow/policy.yaml";
const bold = process.stdout.isTTY ? (text) => `\x1b[1m${text}\x1b[0m` : (text) => text;
const KILLED = 137;

function run(args) {
  console.log(bold(`\n$ policyc ${args.join(" ")}`));
  return spawnSync(process.execPath, ["dist/policyc.js", ...args], { stdio: "inherit" }).status ?? 1;
}

const compiled = run(["compile", policy, "-o", "build/protect-shadow.policyc"]);
if (compiled !== 0) {
  process.exit(compiled);
}
const status = run(["try", "build/protect-shadow.policyc", "--", "cat", "/etc/shadow"]);
if (status === KILLED) {
  console.log(bold("\nThe reader was killed (status 137 is SIGKILL) and printed nothing of the file."));
}
process.exit(status === KILLED ? 0 : status === 0 ? 1 : status);
