import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createOptimizer, type OptimizerSettings } from "./optimizer.js";
import { createParameterState, type ParameterState } from "./parameter-state.js";

const ROWS = 9;
const WIDTH = 5;
const DENSE = 7;

interface Batch {
  readonly tokenIds: number[];
  readonly tokens: number[];
  readonly dense: number[];
}

/** The update as the papers and PyTorch define it: dense, in float64, from one gradient an element. */
function denseReference(settings: OptimizerSettings, initial: readonly number[]) {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, momentum = 0 } = settings;
  const cells = initial.map((value) => ({ value, m: 0, v: 0 }));
  let t = 0;
  const step = (raw: readonly number[], rate: number): void => {
    t += 1;
    const norm = Math.hypot(...raw);
    const limit = settings.clipNorm;
    const factor = limit === null ? 1 : Math.min(1, limit / (norm + 1e-6));
    cells.forEach((cell, index) => {
      const g = (raw[index] ?? 0) * factor;
      if (settings.kind === "adamw") {
        cell.m = beta1 * cell.m + (1 - beta1) * g;
        cell.v = beta2 * cell.v + (1 - beta2) * g * g;
        const mean = cell.m / (1 - beta1 ** t);
        const square = cell.v / (1 - beta2 ** t);
        cell.value -= rate * (weightDecay * cell.value + mean / (Math.sqrt(square) + epsilon));
      } else {
        cell.m = momentum * cell.m + g + weightDecay * cell.value;
        cell.value -= rate * cell.m;
      }
    });
  };
  return { step, values: () => cells.map(({ value }) => value) };
}

/** Gradient of the whole model in the order of `parameterValues`, tokens summed per id. */
function denseGradient({ tokenIds, tokens, dense }: Batch): number[] {
  const table = new Array<number>(ROWS * WIDTH).fill(0);
  tokenIds.forEach((id, token) => {
    for (let column = 0; column < WIDTH; column++) {
      const cell = id * WIDTH + column;
      table[cell] = (table[cell] ?? 0) + (tokens[token * WIDTH + column] ?? 0);
    }
  });
  return [...table, ...dense];
}

function createModel(arenaBytes?: number): ParameterState {
  const state = createParameterState(
    [
      { name: "words", shape: [ROWS, WIDTH], sparseRows: true },
      { name: "dense", shape: [DENSE] },
    ],
    { maximumTokens: 20, ...(arenaBytes === undefined ? {} : { arenaBytes }) },
  );
  state.restore(Float32Array.from({ length: state.length }, (_, i) => Math.sin(7 * i)));
  return state;
}

function feed(state: ParameterState, { tokenIds, tokens, dense }: Batch): Int32Array {
  state.parameter("dense").gradient.set(dense);
  state.sparse?.tokenGradient.fill(99).set(tokens);
  return Int32Array.from(tokenIds);
}

const number = fc.integer({ min: -1000, max: 1000 }).map((value) => value / 256);
const batch: fc.Arbitrary<Batch> = fc
  .array(fc.nat(ROWS - 1), { minLength: 0, maxLength: 20 })
  .chain((tokenIds) =>
    fc.record({
      tokenIds: fc.constant(tokenIds),
      tokens: fc.array(number, {
        minLength: tokenIds.length * WIDTH,
        maxLength: tokenIds.length * WIDTH,
      }),
      dense: fc.array(number, { minLength: DENSE, maxLength: DENSE }),
    }),
  );
const batches = fc.array(batch, { minLength: 1, maxLength: 12 });
const settings: fc.Arbitrary<OptimizerSettings> = fc.record({
  kind: fc.constantFrom("adamw" as const, "sgd" as const),
  // A large epsilon keeps m / sqrt(v) from magnifying float32 rounding where gradients cancel.
  epsilon: fc.constant(1e-3),
  momentum: fc.constantFrom(0, 0.9),
  weightDecay: fc.constantFrom(0, 0.1),
  clipNorm: fc.constantFrom(null, 0.5, 20),
});
const rateOf = (step: number): number => 0.02 * (1 - step / 16);

describe("createOptimizer", () => {
  it("is the dense update, tokens repeated, rows met once, clipping on and off", () => {
    fc.assert(
      fc.property(settings, batches, (chosen, run) => {
        const state = createModel();
        const reference = denseReference(chosen, [...state.snapshot()]);
        const optimizer = createOptimizer(state, chosen);
        run.forEach((each, index) => {
          const gradient = denseGradient(each);
          const tokenIds = feed(state, each);
          const report = optimizer.step({ learningRate: rateOf(index), tokenIds });
          reference.step(gradient, rateOf(index));
          expect(report.gradientNorm).toBeCloseTo(Math.hypot(...gradient), 4);
          const found = state.snapshot();
          reference.values().forEach((value, cell) => {
            expect(Math.abs((found[cell] ?? Number.NaN) - value)).toBeLessThan(1e-5);
          });
        });
      }),
      { numRuns: 150 },
    );
  });

  it("moves a row that was met once at every later step, and leaves unmet rows alone", () => {
    const state = createModel();
    const optimizer = createOptimizer(state, { kind: "adamw", clipNorm: 1 });
    const table = state.parameter("words").value;
    const start = table.slice();
    const dense = new Array<number>(DENSE).fill(0.5);
    optimizer.step({
      learningRate: 0.01,
      tokenIds: feed(state, { tokenIds: [3], tokens: [1, 1, 1, 1, 1], dense }),
    });
    let before = table.slice();
    for (let step = 0; step < 5; step++) {
      optimizer.step({
        learningRate: 0.01,
        tokenIds: feed(state, { tokenIds: [4], tokens: [1, 1, 1, 1, 1], dense }),
      });
      expect(table[3 * WIDTH]).toBeLessThan(before[3 * WIDTH] ?? 0);
      before = table.slice();
    }
    for (const row of [0, 1, 2, 5, 6, 7, 8]) {
      expect(table.slice(row * WIDTH, (row + 1) * WIDTH)).toEqual(
        start.slice(row * WIDTH, (row + 1) * WIDTH),
      );
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("changes nothing on a gradient of %s", (bad) => {
    for (const where of ["dense", "words"]) {
      const state = createModel();
      const optimizer = createOptimizer(state, { kind: "adamw", clipNorm: 1 });
      const each = {
        tokenIds: [1, 2, 1],
        tokens: new Array<number>(15).fill(0.1),
        dense: new Array<number>(DENSE).fill(1),
      };
      optimizer.step({ learningRate: 0.01, tokenIds: feed(state, each) });
      const before = state.exportState();
      const tokenIds = feed(state, { ...each, tokenIds: [5, 5, 6] });
      state.parameter(where).gradient[4] = bad;
      const report = optimizer.step({ learningRate: 0.01, tokenIds });
      expect(report.updated).toBe(false);
      expect(Number.isFinite(report.gradientNorm)).toBe(false);
      expect(state.exportState()).toEqual(before);
      // The next good step must not see anything of the refused one.
      const twin = createModel();
      twin.importState(before);
      const after = [state, twin].map((model) => {
        const next = createOptimizer(model, { kind: "adamw", clipNorm: 1 });
        next.step({ learningRate: 0.01, tokenIds: feed(model, { ...each, tokenIds: [6, 2, 5] }) });
        return model.exportState();
      });
      expect(after[0]).toEqual(after[1]);
    }
  });

  it("refuses ids outside the vocabulary and batches that are too long", () => {
    const state = createModel();
    const optimizer = createOptimizer(state, { kind: "sgd", clipNorm: null });
    const step = (tokenIds: number[]) => () =>
      optimizer.step({ learningRate: 0.01, tokenIds: Int32Array.from(tokenIds) });
    expect(step([ROWS])).toThrow(/token id 9 is not in 0..8/);
    expect(step([-1])).toThrow(/token id -1/);
    expect(step(new Array<number>(21).fill(0))).toThrow(/21 tokens in a batch, room for 20/);
  });

  it.each([
    { kind: "adamw", beta1: 1, clipNorm: null },
    { kind: "adamw", epsilon: 0, clipNorm: null },
    { kind: "sgd", momentum: -1, clipNorm: null },
    { kind: "sgd", weightDecay: -0.1, clipNorm: null },
    { kind: "adamw", clipNorm: 0 },
  ] as const)("refuses settings out of range: %o", (chosen) => {
    expect(() => createOptimizer(createModel(), chosen)).toThrow(/ is /);
  });
});

describe("ParameterState", () => {
  it("continues from an exported state bit for bit, in one arena or in several", () => {
    fc.assert(
      fc.property(settings, batches, batches, (chosen, first, second) => {
        const train = (state: ParameterState, run: readonly Batch[]): void => {
          const optimizer = createOptimizer(state, chosen);
          run.forEach((each, index) => {
            optimizer.step({ learningRate: rateOf(index), tokenIds: feed(state, each) });
          });
        };
        const whole = createModel();
        train(whole, first);
        const exported = whole.exportState();
        train(whole, second);
        const resumed = createModel(1);
        train(resumed, second);
        resumed.importState(exported);
        expect(resumed.exportState()).toEqual(exported);
        train(resumed, second);
        expect(resumed.exportState()).toEqual(whole.exportState());
      }),
      { numRuns: 60 },
    );
  });

  it("keeps a snapshot apart from later steps", () => {
    const state = createModel();
    const best = state.snapshot();
    const copy = best.slice();
    state.parameter("dense").value.fill(5);
    state.parameter("words").value.fill(6);
    expect(best).toEqual(copy);
    state.restore(best);
    expect(state.snapshot(new Float32Array(state.length))).toEqual(copy);
  });

  it("refuses a state of another model or a damaged one, and stays as it was", () => {
    const state = createModel();
    const good = state.exportState();
    const bad = [
      { ...good, parameters: good.parameters.slice(1) },
      { ...good, parameters: good.parameters.map((each) => ({ ...each, shape: [1] })) },
      {
        ...good,
        parameters: good.parameters.map((each) => ({ ...each, value: each.value.slice(1) })),
      },
      {
        ...good,
        parameters: good.parameters.map((each) => ({ ...each, firstMoment: new Float32Array(1) })),
      },
      { ...good, touchedRows: Int32Array.of(3, 2) },
      { ...good, touchedRows: Int32Array.of(ROWS) },
      { ...good, stepCount: -1 },
    ];
    for (const each of bad) {
      expect(() => state.importState(each)).toThrow(/training state: /);
      expect(state.exportState()).toEqual(good);
    }
  });

  it("loads initial values by name and lists what is missing", () => {
    const state = createModel();
    const words = new Float32Array(ROWS * WIDTH).fill(2);
    expect(() => state.load(new Map([["words", words]]))).toThrow(/"dense" needs 7 values.*none/);
    state.load(
      new Map([
        ["words", words],
        ["dense", new Float32Array(DENSE).fill(3)],
      ]),
    );
    expect([...new Set(state.snapshot())]).toEqual([2, 3]);
  });
});
