// Measures what clang and the verifiers of two kernels make of many policies, and prints weights for
// src/ir/verify/weights.ts with how good the present and the new ones are. Boots virtual machines: takes about ten
// minutes. With --reuse the last walks of the verifiers are used again.
import { spawnSync } from "node:child_process";
import { build } from "esbuild";

const outfile = "build/calibrate.mjs";

await build({
  entryPoints: ["test/ir/calibration/main.ts"],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  packages: "external",
  logLevel: "warning",
  // Files beside the sources are found from where the sources are.
  define: {
    "import.meta.dirname": JSON.stringify(new URL("../test/ir/calibration", import.meta.url).pathname),
  },
});
process.exit(
  spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: "inherit" }).status ?? 1,
);
