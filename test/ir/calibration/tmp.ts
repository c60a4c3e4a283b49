import { mkdirSync, writeFileSync } from "node:fs";
import { fitWeights, qualityOf } from "./fit.ts";
import { compileSample, sampleName } from "./measure.ts";
import { samples } from "./samples.ts";
import { weights } from "../../../src/ir/verify/weights.ts";
const observed: any[] = []; let n = 0;
for (const sample of samples) {
  const r = await compileSample(sample);
  if (typeof r === "string") { console.log(sample.name, r.slice(0, 200)); continue; }
  n++;
  mkdirSync("build/calibration", { recursive: true });
  writeFileSync(`build/calibration/${sampleName(sample.name)}.o`, r.object);
  for (const p of r.programs) observed.push({ name: `${r.name} ${p.name}`, shape: p.shape, actual: p.built.instructions, stack: p.built.stack });
  if (n % 15 === 0) console.log(n);
}
writeFileSync("build/observed.json", JSON.stringify(observed));
const f = fitWeights(observed, ["rules"]);
console.log(JSON.stringify(f)); const q = (w: any) => { const x = qualityOf(observed, w); console.log(x.lowest.ratio, x.lowest.name, x.highest.ratio, x.highest.name, x.median); };
q(f); q(weights.instructions);
