import { Command } from "commander";
import { EXIT_ENVIRONMENT, complain } from "./guest-session.ts";
import { registerTry } from "./try.ts";
import { registerVm } from "./vm.ts";

const program = new Command("policyc").description(
  "compiles runtime-security policies into specialised eBPF programs",
);
registerTry(program, () => {
  complain("this build compiles no policies: give a bundle (.policyc)");
  return Promise.resolve(EXIT_ENVIRONMENT);
});
registerVm(program);
await program.parseAsync();
