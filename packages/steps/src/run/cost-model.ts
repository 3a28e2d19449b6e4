import { at } from "@counterweight/base";
import type { Step } from "../step.js";
import type { Measurement } from "./measurements.js";

/** What a step is expected to cost. */
export interface StepCost {
  readonly seconds: number;
  /** Undefined where no step like it was measured. */
  readonly peakMemoryBytes: number | undefined;
  /** It is taken from steps of the same kind and another shape. */
  readonly guess: boolean;
}

/** A line through the costs of one shape: `fixed + each * units`. */
interface Line {
  readonly fixed: number;
  readonly each: number;
  readonly peakMemoryBytes: number | undefined;
}

/** The line of a shape, or of the nearest one that was measured. */
interface FoundLine {
  readonly line: Line;
  readonly guess: boolean;
}

/**
 * Expected cost by kind and shape: seconds a unit as the median over measured steps; where they had
 * clearly different numbers of units, a line that also finds what a step costs at no unit, such as
 * the loading of a model (Theil and Sen: the median slope over pairs). Memory is the largest seen.
 * @param executor measurements from it are preferred, since processes side by side slow each other.
 * @returns undefined for a step of a kind that was never measured.
 */
export function costModel(
  measured: readonly Measurement[],
  executor?: string,
): (step: Step) => StepCost | undefined {
  const shapes = new Map<string, Map<string, Measurement[]>>();
  for (const each of measured) {
    const ofKind = shapes.get(each.kind) ?? new Map<string, Measurement[]>();
    shapes.set(each.kind, ofKind);
    const ofShape = ofKind.get(each.shape) ?? [];
    ofKind.set(each.shape, ofShape);
    ofShape.push(each);
  }
  const lines = new Map<string, Map<string, FoundLine | undefined>>();
  const find = (kind: string, shape: string): FoundLine | undefined => {
    const ofKind = shapes.get(kind);
    if (ofKind === undefined) return undefined;
    const own = ofKind.get(shape) ?? ofKind.get(nearestShape(shape, [...ofKind.keys()])) ?? [];
    const there = own.filter((each) => each.executor === executor);
    return { line: lineThrough(there.length > 0 ? there : own), guess: !ofKind.has(shape) };
  };
  return ({ making: { kind }, cost: { shape, units } }) => {
    const known = lines.get(kind) ?? new Map<string, FoundLine | undefined>();
    lines.set(kind, known);
    const found = known.has(shape) ? known.get(shape) : find(kind, shape);
    known.set(shape, found);
    if (found === undefined) return undefined;
    const { fixed, each, peakMemoryBytes } = found.line;
    return { seconds: fixed + each * units, peakMemoryBytes, guess: found.guess };
  };
}

/** Points that a line is drawn through: more make it no better. */
const mostPoints = 60;

function lineThrough(all: readonly Measurement[]): Line {
  const peaks = all.flatMap(({ peakMemoryBytes }) => peakMemoryBytes ?? []);
  const peakMemoryBytes = peaks.length === 0 ? undefined : peaks.reduce((a, b) => Math.max(a, b));
  const points = all.slice(-mostPoints);
  const ratio = median(points.map(({ seconds, units }) => seconds / Math.max(units, 1e-9)));
  const slopes = points.flatMap((left, index) =>
    points.slice(index + 1).flatMap((right) => {
      const [few, many] = left.units < right.units ? [left, right] : [right, left];
      // Near each other, their noise would be the slope.
      if (many.units < 1.5 * few.units) return [];
      return [(many.seconds - few.seconds) / (many.units - few.units)];
    }),
  );
  if (slopes.length > 0) {
    const each = median(slopes);
    const fixed = median(points.map(({ seconds, units }) => seconds - each * units));
    if (each >= 0 && fixed >= 0) return { fixed, each, peakMemoryBytes };
  }
  return { fixed: 0, each: ratio, peakMemoryBytes };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = at(sorted, middle);
  return sorted.length % 2 === 1 ? upper : (at(sorted, middle - 1) + upper) / 2;
}

/** The shape with the most words equal in their place, then with the nearest numbers. */
function nearestShape(shape: string, others: readonly string[]): string {
  const words = shape.split(" ");
  let best = { shape: at(others, 0), equal: -1, distance: 0 };
  for (const other of [...others].sort()) {
    let equal = 0;
    let distance = 0;
    for (const [index, word] of other.split(" ").entries()) {
      const own = words[index];
      if (own === word) equal += 1;
      else distance += Math.abs(Math.log(Number(word) / Number(own))) || 1;
    }
    if (equal > best.equal || (equal === best.equal && distance < best.distance)) {
      best = { shape: other, equal, distance };
    }
  }
  return best.shape;
}
