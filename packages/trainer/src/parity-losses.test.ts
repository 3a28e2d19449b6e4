import { at } from "@counterweight/base";
import {
  evaluate,
  gradients,
  input,
  logSoftmax,
  pick,
  program,
  reduceSum,
  type Tensor,
  type TensorValue,
} from "@counterweight/graph";
import { type Loss, losses } from "@counterweight/losses";
import { onnxRuntime } from "@counterweight/runtime";
import { describe, expect, test } from "vitest";

/** Losses in float32 through ONNX Runtime, where probabilities are nearly 0 or 1. */
const runtime = onnxRuntime();

function lossProgram(loss: Loss, gamma: number) {
  const logits = input("logits", "float32", ["rows", 2]);
  const column = (name: string): Tensor => input(name, "float32", ["rows"]);
  const logProbability = pick(logSoftmax(logits), input("labels", "int32", ["rows"]));
  const row = loss.rowLoss(
    {
      logProbability,
      ...(loss.needs.includes("quality") ? { logQuality: column("logQuality") } : {}),
      ...(loss.needs.includes("diversity") ? { logDiversity: column("logDiversity") } : {}),
    },
    { gamma },
  );
  const [gradient = logits] = gradients(reduceSum(row.loss, [0]), [logits]);
  return program("extremes", { loss: row.loss, weight: row.weight, gradient });
}

/** Logits from -60 to 60, dense where 1 - p goes under float32's last digit (16 to 18). */
const margins = [
  ...Array.from({ length: 121 }, (_, index) => index - 60),
  ...Array.from({ length: 81 }, (_, index) => 15 + index / 20),
];
const rows = margins.length;
const filled = (value: number): TensorValue => ({
  shape: [rows],
  data: new Float32Array(rows).fill(value),
});
const inputs = {
  logits: {
    shape: [rows, 2],
    data: Float32Array.from(margins.flatMap((margin) => [margin, 0])),
  },
  labels: { shape: [rows], data: new Int32Array(rows) },
  logQuality: filled(Math.log(0.4)),
  logDiversity: filled(Math.log(0.7)),
};

/**
 * What rounding can do to (1 - p)^gamma: float32 knows log p, and so 1 - p, to about 3e-7 absolute,
 * and the power enlarges that where gamma is below 1 and p near 1.
 */
function focalSlack(margin: number, gamma: number): number {
  const missing = 1 / (1 + Math.exp(margin));
  const rounding = 3e-7;
  const power = missing ** gamma;
  return Math.max(
    (missing + rounding) ** gamma - power,
    power - Math.max(0, missing - rounding) ** gamma,
  );
}

describe.each(losses)("$name", (loss) => {
  test.each([0, 0.05, 0.5, 1, 2])(
    "gamma %d: finite, and the float64 reference's",
    async (gamma) => {
      const extremes = lossProgram(loss, gamma);
      const executable = await runtime.compile(extremes);
      const actual = await executable.run(inputs);
      const wanted = evaluate(extremes, inputs);
      await executable.release();
      for (const name of ["loss", "weight", "gradient"] as const) {
        const width = name === "gradient" ? 2 : 1;
        wanted[name]?.data.forEach((exact, cell) => {
          const margin = at(margins, Math.floor(cell / width));
          const value = at(actual[name]?.data ?? [], cell);
          // DIMP's weight is e^120 at p = e^-60, gamma 2: beyond float32, which the trainer reports.
          if (Math.abs(exact) > 1e37) return;
          expect(Number.isFinite(value), `${name} at margin ${margin} is ${value}`).toBe(true);
          const slack = loss.name === "focal" ? 3 * focalSlack(margin, gamma) : 0;
          const tolerance = 1e-5 * Math.abs(exact) + 1e-6 + slack;
          expect(
            Math.abs(value - exact) <= tolerance,
            `${name} at margin ${margin}: ${value}, not ${exact}`,
          ).toBe(true);
        });
      }
    },
  );
});
