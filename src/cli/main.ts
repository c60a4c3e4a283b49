import { Command } from "commander";
import { registerVm } from "./vm.ts";

const program = new Command("policyc");
registerVm(program);
await program.parseAsync();
