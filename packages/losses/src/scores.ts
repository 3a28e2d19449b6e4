import { CounterweightError } from "@counterweight/base";
import type { ScoreName } from "./loss.js";

/**
 * Natural logarithms of a score column, float32. Throws `data` naming the first row (0-based) whose
 * score is not finite and positive, since its weight would be zero, infinite or not a number.
 */
export function logScores(name: ScoreName, scores: ArrayLike<number>): Float32Array {
  return Float32Array.from(scores, (value, row) => {
    if (!(value > 0 && Number.isFinite(value))) {
      throw new CounterweightError(
        "data",
        `the ${name} score of row ${row} is ${value}; a checker score must be finite and above 0.`,
        { fix: "Train that checker again, or leave the row out." },
      );
    }
    return Math.log(value);
  });
}
