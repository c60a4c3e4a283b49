// Bundles the bench, which is TypeScript, and runs it.
import { mkdirSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { standaloneValidators } from "../scripts/standalone-validators.mjs";

const output = fileURLToPath(new URL("../build/bench/main.mjs", import.meta.url));
mkdirSync(fileURLToPath(new URL("../build/bench", import.meta.url)), { recursive: true });

await build({
  entryPoints: [fileURLToPath(new URL("main.ts", import.meta.url))],
  outfile: output,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  logLevel: "warning",
  external: ["koffi", "@ts-morph/common"],
  banner: {
    js: 'import { createRequire as policycCreateRequire } from "node:module"; const require = policycCreateRequire(import.meta.url);',
  },
  plugins: [standaloneValidators],
});
await import(pathToFileURL(output).href);
