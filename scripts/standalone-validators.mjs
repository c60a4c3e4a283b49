// Replaces each `validator.ts` of a dialect by code that ajv has generated from the dialect's schema, so that
// a command loads neither ajv nor compiles a schema when it starts.
import { Ajv } from "ajv";
import standaloneCode from "ajv/dist/standalone/index.js";
import { build } from "esbuild";
import { dirname, join } from "node:path";

/** Dialects by folder of src/parser: the schema that the folder's schema.ts exports, and the validator's name. */
const dialects = {
  tetragon: { schema: "tetragonSchema", validator: "validateTetragon" },
  kubearmor: { schema: "kubearmorSchema", validator: "validateKubearmor" },
};

export const standaloneValidators = {
  name: "standalone-validators",
  setup(bundler) {
    bundler.onLoad({ filter: /[\\/]parser[\\/][a-z]+[\\/]validator\.ts$/ }, async ({ path }) => {
      const folder = dirname(path);
      const names = dialects[folder.split(/[\\/]/).at(-1)];
      const schema = await loadExport(join(folder, "schema.ts"), names.schema);
      return { contents: validatorCode(schema, names.validator), loader: "js", resolveDir: folder };
    });
  },
};

function validatorCode(schema, name) {
  const ajv = new Ajv({
    allErrors: true,
    allowUnionTypes: true,
    strict: true,
    inlineRefs: false,
    messages: false,
    code: { source: true, esm: true },
  });
  const code = (standaloneCode.default ?? standaloneCode)(ajv, ajv.compile(schema));
  return `${code}\nexport function ${name}(value) { return validate(value) ? [] : (validate.errors ?? []); }\n`;
}

async function loadExport(path, name) {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
  });
  const code = Buffer.from(outputFiles[0].contents).toString("base64");
  return (await import(`data:text/javascript;base64,${code}`))[name];
}
