// Builds the two programs into dist/. Packages that only some commands need stay in files of their own and
// are loaded when such a command runs; koffi has native code and stays in node_modules.
import { chmodSync, rmSync } from "node:fs";
import { build } from "esbuild";
import { standaloneValidators } from "./scripts/standalone-validators.mjs";

rmSync("dist", { recursive: true, force: true });

const shared = {
  bundle: true,
  platform: "node",
  target: "node20",
  logLevel: "warning",
  legalComments: "none",
};

// Packages in CommonJS form call `require`, which an ES module has to make for itself.
const requireBanner =
  'import { createRequire as policycCreateRequire } from "node:module"; const require = policycCreateRequire(import.meta.url);';

await build({
  ...shared,
  entryPoints: { policyc: "src/cli/main.ts" },
  outdir: "dist",
  format: "esm",
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  banner: { js: requireBanner },
  external: ["koffi", "@ts-morph/common"],
  minify: true,
  plugins: [standaloneValidators],
});

// The runtime is one small file: in a virtual machine each further file costs more than its parsing.
await build({
  ...shared,
  entryPoints: { "policyc-runtime": "runtime/main.ts" },
  outdir: "dist",
  format: "esm",
  banner: { js: requireBanner },
  external: ["koffi"],
  minify: true,
});

for (const program of ["dist/policyc.js", "dist/policyc-runtime.js"]) {
  chmodSync(program, 0o755);
}
