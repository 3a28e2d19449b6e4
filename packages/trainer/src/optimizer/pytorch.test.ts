import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createOptimizer } from "./optimizer.js";
import { createParameterState } from "./parameter-state.js";

type Values = Record<string, number[]>;

interface Golden {
  rows: number;
  width: number;
  shapes: Record<string, number[]>;
  cases: Record<
    string,
    {
      settings: {
        kind: "adamw" | "sgd";
        weightDecay: number;
        momentum: number;
        clipNorm: number | null;
      };
      initial: Values;
      steps: {
        learningRate: number;
        tokenIds: number[];
        gradients: Values;
        tokenGradient: number[];
        norm: number;
        values?: Values;
      }[];
    }
  >;
}

// Made by scripts/golden/optimizers.py.
const golden: Golden = JSON.parse(
  readFileSync(new URL("../../golden/optimizers.json", import.meta.url), "utf8"),
);

describe("createOptimizer", () => {
  it.each(Object.keys(golden.cases))("follows PyTorch: %s", (name) => {
    const found = golden.cases[name];
    if (found === undefined) throw new Error(`no case ${name}`);
    const { settings, initial, steps } = found;
    const state = createParameterState(
      [
        ...Object.entries(golden.shapes).map(([key, shape]) => ({ name: key, shape })),
        { name: "words", shape: [golden.rows, golden.width], sparseRows: true },
      ],
      { maximumTokens: 16 },
    );
    state.load(
      new Map(Object.entries(initial).map(([key, list]) => [key, Float32Array.from(list)])),
    );
    const optimizer = createOptimizer(state, settings);
    let compared = 0;
    let clipped = 0;
    for (const step of steps) {
      for (const [key, list] of Object.entries(step.gradients)) {
        state.parameter(key).gradient.set(list);
      }
      state.sparse?.tokenGradient.set(step.tokenGradient);
      const report = optimizer.step({
        learningRate: step.learningRate,
        tokenIds: Int32Array.from(step.tokenIds),
      });
      expect(Math.abs(report.gradientNorm / step.norm - 1)).toBeLessThan(1e-6);
      if (report.clipFactor < 1) clipped += 1;
      for (const [key, expected] of Object.entries(step.values ?? {})) {
        const { value } = state.parameter(key);
        expected.forEach((number, index) => {
          expect(Math.abs((value[index] ?? Number.NaN) - number)).toBeLessThan(1e-6);
          compared += 1;
        });
      }
    }
    expect(compared).toBe(2 * state.length);
    if (settings.clipNorm === null) expect(clipped).toBe(0);
    else expect(clipped > 0 && clipped < steps.length).toBe(true);
  });
});
