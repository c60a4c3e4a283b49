/** The layers of the house: imports only go down. Each rule has its reason. */
const layer = (name, reason, from, to) => ({
  name,
  comment: reason,
  severity: "error",
  from: { path: from },
  to: { path: to },
});

export default {
  forbidden: [
    {
      name: "no-cycles",
      comment: "A cycle makes two files one that nobody can read apart.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    layer("runtime-stands-alone", "The node's side must not carry the compiler.", "^runtime/", "^src/"),
    {
      name: "contracts-only",
      comment: "The compiler knows the runtime by its manifest and its event layout.",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^runtime/", pathNot: "^runtime/(manifest|event-layout|kernel-names)\\.ts$" },
    },
    layer(
      "source-is-lowest",
      "Everything has spans; spans need nothing.",
      "^src/source/",
      "^src/(?!source/)",
    ),
    layer(
      "kernel-is-facts",
      "Kernel facts know no language and no IR.",
      "^src/kernel/",
      "^src/(parser|ir|codegen|bundle|cli)/",
    ),
    layer(
      "parser-below-ir",
      "A front end knows its language, not what becomes of it.",
      "^src/parser/",
      "^src/(ir|codegen|bundle|lint|vm|cli)/",
    ),
    layer(
      "ir-below-codegen",
      "The IR is closed: nothing of C in it.",
      "^src/ir/",
      "^src/(codegen|bundle|lint|vm|cli)/",
    ),
    layer(
      "codegen-below-bundle",
      "Codegen makes text; it runs nothing.",
      "^src/codegen/",
      "^src/(bundle|lint|vm|cli)/",
    ),
    layer(
      "no-dialect-after-parsing",
      "After the policy tree no code knows the dialect.",
      "^src/(ir|codegen|bundle)/",
      "^src/parser/(?!policy/tree)",
    ),
    layer("cli-is-thin", "Nothing builds on the command line.", "^src/(?!cli/)", "^src/cli/"),
    layer(
      "chevrotain-in-one-place",
      "Only the policy language is parsed with it.",
      "^(src/(?!parser/policy/)|runtime/)",
      "node_modules/chevrotain",
    ),
    layer(
      "yaml-in-one-place",
      "Only the YAML front end, and the reader of nodes' configuration, know YAML.",
      "^(src/(?!parser/yaml/)|runtime/(?!configuration\\.ts))",
      "node_modules/yaml",
    ),
    layer(
      "koffi-in-one-place",
      "One file speaks to libbpf.",
      "^(src/|runtime/(?!libbpf\\.ts))",
      "node_modules/koffi",
    ),
    layer(
      "processes-in-three-places",
      "Starting programs is dangerous; it is easy to review in few places.",
      "^src/(?!bundle/clang\\.ts|vm/)",
      "^(node:)?child_process$",
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
  },
};
