import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isKeyBias, loadStart, runCurve, worstLoss } from "./curves.mjs";

// The small golden file of torch_curves.py: a few numbers of every tensor, for the losses that have
// all parts of the others. Every number of every tensor under all losses is compared by
// scripts/ci/20-torch-parity.sh, with curves made on the spot.
const golden = JSON.parse(
  readFileSync(new URL("../../packages/trainer/golden/torch-parity.json", import.meta.url), "utf8"),
);
const assets = process.env.COUNTERWEIGHT_ASSETS;

interface Sample {
  readonly largest: number;
  readonly places: readonly number[];
  readonly gradient: readonly number[];
  readonly parameter: readonly number[];
}

describe.skipIf(assets === undefined)(
  "50 steps as PyTorch takes them (needs COUNTERWEIGHT_ASSETS)",
  () => {
    test.each(["imp", "dimp"])(
      "%s",
      async (name) => {
        const start = await loadStart(assets ?? "", golden);
        const ours = await runCurve(start, golden, name);
        expect(worstLoss(ours.losses, golden.losses[name]).difference).toBeLessThanOrEqual(1e-5);
        const samples = Object.entries<Sample>(golden.samples[name]);
        const top = Math.max(...samples.map(([, { largest }]) => largest));
        for (const [tensor, sample] of samples) {
          sample.places.forEach((place, index) => {
            const gradient = ours.gradients?.get(tensor)?.values[place] ?? Number.NaN;
            const parameter = ours.parameters[tensor]?.data[place] ?? Number.NaN;
            expect(Number.isFinite(gradient) && Number.isFinite(parameter), tensor).toBe(true);
            if (isKeyBias(tensor)) return;
            const bar = 1e-4 * Math.max(sample.largest, 1e-6 * top);
            expect(Math.abs(gradient - (sample.gradient[index] ?? 0)), tensor).toBeLessThanOrEqual(
              bar,
            );
            expect(
              Math.abs(parameter - (sample.parameter[index] ?? 0)),
              tensor,
            ).toBeLessThanOrEqual(1e-4);
          });
        }
      },
      120_000,
    );
  },
);
