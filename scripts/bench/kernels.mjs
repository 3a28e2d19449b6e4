/**
 * Time of everything in a training step that ONNX Runtime does not do, at MiniLM's size: gradient
 * norm, AdamW, word-embedding rows, dropout masks; beside plain JavaScript loops.
 *
 * Run after `npm run build`: node scripts/bench/kernels.mjs [repeats]
 */
import { createDropoutMasks } from "../../packages/trainer/dist/dropout.js";
import {
  createOptimizer,
  createParameterState,
} from "../../packages/trainer/dist/optimizer/index.js";

const repeats = Number(process.argv[2] ?? 41);
const hidden = 384;
const vocabulary = 30522;
const tokens = 960;
const layer = [
  ...Array(4).fill([hidden, hidden]),
  [hidden, 4 * hidden],
  [4 * hidden, hidden],
  ...Array(8).fill([hidden]),
  [4 * hidden],
];
const shapes = [[512, hidden], [2, hidden], ...Array(6).fill(layer).flat(), [hidden, hidden]];
const cells = 10_000_000;

/** Milliseconds: the median and the fastest of `repeats` calls, after three that warm up. */
function time(run) {
  for (let index = 0; index < 3; index++) run();
  const taken = [];
  for (let index = 0; index < repeats; index++) {
    const start = performance.now();
    run();
    taken.push(performance.now() - start);
  }
  taken.sort((left, right) => left - right);
  return { median: taken[repeats >> 1], fastest: taken[0] };
}

function report(name, { median, fastest }, note = () => "") {
  const ms = (value) => value.toFixed(2).padStart(7);
  console.log(`${name.padEnd(44)} ${ms(median)} ${ms(fastest)}   ${note(median)}`);
}

const perSecond = (bytes) => (ms) => `${(bytes / ms / 1e6).toFixed(1)} GB/s`;
const perCell = (ms) => `${((ms * 1e6) / cells).toFixed(2)} ns a cell`;

function createModel(sparse) {
  const specs = shapes.map((shape, index) => ({ name: `p${index}`, shape }));
  if (sparse) specs.push({ name: "words", shape: [vocabulary, hidden], sparseRows: true });
  const state = createParameterState(specs, { maximumTokens: 4096 });
  for (const { value, gradient } of state.parameters) {
    for (let index = 0; index < value.length; index++) value[index] = Math.sin(index) * 0.05;
    for (let index = 0; index < gradient.length; index++) {
      gradient[index] = Math.cos(index * 1.3) * 1e-3;
    }
  }
  return state;
}

const dense = createModel(false);
const denseLength = dense.length;
console.log(`${denseLength} dense parameters, ${repeats} repeats; milliseconds: median, fastest`);

// An infinite gradient stops a step after the norm: the way to time the norm alone.
const settings = { kind: "adamw", clipNorm: 1 };
const optimizer = createOptimizer(dense, settings);
const input = { learningRate: 1e-5, tokenIds: new Int32Array(0) };
const step = time(() => optimizer.step(input));
const first = dense.parameters[0].gradient;
const kept = first[0];
first[0] = Number.POSITIVE_INFINITY;
const norm = time(() => optimizer.step(input));
first[0] = kept;
report("gradient norm, dense", norm, perSecond(4 * denseLength));
report("norm + AdamW, dense", step, perSecond(32 * denseLength));
const sgd = createOptimizer(dense, { kind: "sgd", momentum: 0.9, clipNorm: 1 });
report(
  "norm + SGD with momentum, dense",
  time(() => sgd.step(input)),
  perSecond(24 * denseLength),
);

const whole = createModel(true);
const rowsOptimizer = createOptimizer(whole, settings);
let seed = 1;
const draw = (limit) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed % limit;
};
// Squaring favours low ids, which gives repeats as real text does.
const batch = () =>
  Int32Array.from({ length: tokens }, () => Math.floor((draw(1e6) / 1e6) ** 3 * 12_000));
for (let index = 0; index < 60; index++) {
  rowsOptimizer.step({ learningRate: 1e-5, tokenIds: batch() });
}
const tokenIds = batch();
report(
  "whole step with embedding rows",
  time(() => rowsOptimizer.step({ learningRate: 1e-5, tokenIds })),
  () =>
    `${whole.exportState().touchedRows.length} rows touched, ${new Set(tokenIds).size} in the batch`,
);

const arrays = [0, 1, 2, 3].map(() => new Float32Array(denseLength));
arrays[0].set(dense.snapshot());
for (let index = 0; index < denseLength; index++) arrays[1][index] = Math.cos(index * 1.3) * 1e-3;
function plainAdamw([value, gradient, m, v]) {
  let sum = 0;
  for (let i = 0; i < gradient.length; i++) sum += gradient[i] * gradient[i];
  const factor = Math.min(1, 1 / (Math.sqrt(sum) + 1e-6));
  for (let i = 0; i < value.length; i++) {
    const g = gradient[i] * factor;
    m[i] += (g - m[i]) * 0.1;
    v[i] = 0.999 * v[i] + 0.001 * g * g;
    value[i] -= (1e-5 * m[i]) / (Math.sqrt(v[i]) / 0.5 + 1e-8);
  }
}
report(
  "norm + AdamW, plain JavaScript",
  time(() => plainAdamw(arrays)),
  perSecond(32 * denseLength),
);

let drawn = 0;
const masks = createDropoutMasks(1);
report(
  "10 million dropout cells",
  time(() => masks.draw({ step: drawn++, site: 0, rate: 0.1, shape: [cells] })),
  perCell,
);
report(
  "10 million dropout cells in 38 masks",
  time(() => {
    drawn += 1;
    for (let site = 0; site < 38; site++) {
      masks.draw({ step: drawn, site, rate: 0.1, shape: [Math.floor(cells / 38)] });
    }
  }),
  perCell,
);
const plain = new Float32Array(cells);
report(
  "10 million cells by Math.random",
  time(() => {
    for (let i = 0; i < cells; i++) plain[i] = Math.random() < 0.1 ? 0 : 1 / 0.9;
  }),
  perCell,
);
