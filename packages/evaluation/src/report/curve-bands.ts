import { at } from "@counterweight/base";
import { mean } from "../statistics.js";
import type { Band } from "./band-chart.js";
import type { TrainingCurve } from "./report-data.js";

type Points = Band["points"];

/** Most places that a loss curve is drawn with. */
const PLACES = 40;

/**
 * Loss per step over seeds. Neighbouring steps are averaged into at most {@link PLACES} windows of
 * like width, per seed; then mean, lowest and highest over seeds are taken.
 */
export function lossPoints(runs: readonly TrainingCurve[]): Points {
  const steps = Math.max(0, ...runs.map(({ stepLoss }) => stepLoss.length));
  const width = Math.max(1, Math.ceil(steps / PLACES));
  const points: Points[number][] = [];
  for (let first = 0; first < steps; first += width) {
    const windows = runs.map(({ stepLoss }) => stepLoss.slice(first, first + width));
    const values = windows.filter((window) => window.length > 0).map(mean);
    const last = Math.min(first + width, steps);
    points.push(point((first + 1 + last) / 2, values));
  }
  return points;
}

/** How many steps one place of the loss curve averages. */
export function lossWindow(runs: readonly TrainingCurve[]): number {
  const steps = Math.max(0, ...runs.map(({ stepLoss }) => stepLoss.length));
  return Math.max(1, Math.ceil(steps / PLACES));
}

/** Validation accuracy in percent per epoch, over the seeds that reached it. */
export function accuracyPoints(runs: readonly TrainingCurve[]): Points {
  const epochs = new Map<number, number[]>();
  for (const { epoch, validationAccuracy } of runs.flatMap((run) => run.epochs)) {
    epochs.set(epoch, [...(epochs.get(epoch) ?? []), validationAccuracy * 100]);
  }
  return [...epochs]
    .sort(([left], [right]) => left - right)
    .map(([epoch, values]) => point(epoch, values));
}

function point(x: number, values: readonly number[]): Points[number] {
  const ascending = Float64Array.from(values).sort();
  return { x, mean: mean(values), low: at(ascending, 0), high: at(ascending, values.length - 1) };
}
