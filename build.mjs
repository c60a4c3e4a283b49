// Builds the two programs into dist/, as CommonJS: that starts sooner than ES modules do. koffi has native code and
// stays in node_modules.
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";
import { standaloneValidators } from "./scripts/standalone-validators.mjs";

rmSync("dist", { recursive: true, force: true });

const shared = {
  bundle: true,
  platform: "node",
  target: "node20",
  logLevel: "warning",
  legalComments: "none",
  // What is started from kept code has no importer of modules; all that is left outside are CommonJS modules.
  supported: { "dynamic-import": false },
};

// The compiler is one script whose compiled code is kept beside it; parts that a command does not need are only
// run when they are asked for. `policyc.js` starts it.
await build({
  ...shared,
  entryPoints: { "policyc-program": "src/cli/main.ts" },
  outdir: "dist",
  format: "cjs",
  banner: { js: 'const policycUrl = require("node:url").pathToFileURL(__filename).href;' },
  define: { "import.meta.url": "policycUrl" },
  external: ["koffi", "@ts-morph/common"],
  minify: true,
  plugins: [standaloneValidators],
});
await build({
  ...shared,
  entryPoints: { policyc: "src/cli/start.ts", "policyc-runtime": "src/cli/start.ts" },
  outdir: "dist",
  format: "cjs",
  minify: true,
});

// The runtime starts in the same way. What reads configuration files brings a YAML parser, and is a program of its own.
const configuration = "policyc-runtime-configuration";
const besideRuntime = {
  name: "beside-runtime",
  setup: (building) => {
    building.onResolve({ filter: /\/configuration\.ts$/ }, () => ({
      path: `./${configuration}.js`,
      external: true,
    }));
  },
};
await build({
  ...shared,
  entryPoints: { "policyc-runtime-program": "runtime/main.ts" },
  outdir: "dist",
  format: "cjs",
  external: ["koffi"],
  minify: true,
  plugins: [besideRuntime],
});
await build({
  ...shared,
  entryPoints: { [configuration]: "runtime/configuration.ts" },
  outdir: "dist",
  format: "cjs",
  minify: true,
});

// The package's own scripts are ES modules.
writeFileSync("dist/package.json", '{ "type": "commonjs" }\n');

for (const program of ["dist/policyc.js", "dist/policyc-runtime.js"]) {
  chmodSync(program, 0o755);
}

// One run of each leaves the code that most runs start with: one that needs both parsers, and one that loads.
const inputs = ["bench/policies/file-observe.policy", "examples"];
for (const command of [
  ["dist/policyc.js", "lint", ...inputs],
  ["dist/policyc-runtime.js", "probe"],
]) {
  spawnSync(process.execPath, command, {
    env: { ...process.env, POLICYC_KEEP_CODE: "1" },
    stdio: "ignore",
  });
}
