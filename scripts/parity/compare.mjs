/**
 * Compares a whole run with PyTorch's files, every number of every tensor, and prints what it found.
 *
 *     node scripts/parity/compare.mjs --assets FOLDER --golden FOLDER
 *
 * Bars: loss per step within 1e-5 relative; first gradients within 1e-4 of max(the tensor's largest
 * entry, 1e-6 of the largest gradient of all); parameters after the last step within 1e-4.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readSafetensors } from "@counterweight/bert";
import { isKeyBias, loadStart, parityLosses, runCurve, worstLoss } from "./curves.mjs";

const { values: options } = parseArgs({
  options: { assets: { type: "string" }, golden: { type: "string" } },
});
const curves = JSON.parse(await readFile(join(options.golden, "curves.json"), "utf8"));
const start = await loadStart(options.assets, curves);
let passed = 0;
let failed = 0;
const check = (good, what) => {
  good ? passed++ : failed++;
  console.log(`${good ? "ok  " : "FAIL"} ${what}`);
};

const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
function furthest(ours, theirs) {
  let most = 0;
  for (let index = 0; index < theirs.length; index++) {
    const difference = Math.abs(ours[index] - theirs[index]);
    if (!(difference <= most)) most = difference;
  }
  return most;
}

for (const name of parityLosses) {
  const ours = await runCurve(start, curves, name);
  const { difference, step } = worstLoss(ours.losses, curves.losses[name]);
  check(
    difference <= 1e-5,
    `${name}: loss within ${difference.toExponential(1)} relative over ${curves.steps} steps (worst at ${step + 1})`,
  );
  const clipped = curves.norms[name].filter((norm) => norm > curves.clipNorm).length;
  check(
    clipped > 0 && clipped < curves.steps,
    `${name}: clipping active in ${clipped} of ${curves.steps} steps`,
  );

  const { tensors: gradients } = await readSafetensors(
    join(options.golden, `gradients-${name}.safetensors`),
  );
  const top = Math.max(...[...gradients.values()].map(({ values }) => largest(values)));
  let worstGradient = { ratio: 0, tensor: "" };
  for (const [tensor, { values }] of gradients) {
    if (isKeyBias(tensor)) continue;
    const ratio =
      furthest(ours.gradients.get(tensor).values, values) / Math.max(largest(values), 1e-6 * top);
    if (!(ratio <= worstGradient.ratio)) worstGradient = { ratio, tensor };
  }
  check(
    worstGradient.ratio <= 1e-4,
    `${name}: first gradients within ${worstGradient.ratio.toExponential(1)} (${worstGradient.tensor}), ${gradients.size} tensors`,
  );

  const { tensors: parameters } = await readSafetensors(
    join(options.golden, `parameters-${name}.safetensors`),
  );
  let worstParameter = { difference: 0, tensor: "" };
  let keyBias = 0;
  for (const [tensor, { values }] of parameters) {
    const own = ours.parameters[tensor].data;
    if (isKeyBias(tensor)) {
      keyBias = Math.max(keyBias, furthest(own, start.initial.get(tensor).values));
      continue;
    }
    const distance = furthest(own, values);
    if (!(distance <= worstParameter.difference)) worstParameter = { difference: distance, tensor };
  }
  check(
    worstParameter.difference <= 1e-4,
    `${name}: parameters after ${curves.steps} steps within ${worstParameter.difference.toExponential(1)} (${worstParameter.tensor})`,
  );
  check(
    keyBias < 0.01,
    `${name}: attention key biases finite, moved by at most ${keyBias.toExponential(1)}`,
  );
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed === 0 ? 0 : 1;
