import { type Plain, type PointRow, toPlain } from "../operations.js";
import { type EventFields, fieldsOf, listOf, numberOf } from "./fields.js";

/** Points of one event of a training, before it is known whose they are. */
export interface EventPoints {
  readonly series: string;
  readonly step: number;
  readonly names: readonly string[];
  readonly values: readonly Plain[];
}

const named = (
  series: string,
  step: number,
  values: Readonly<Record<string, number>>,
): EventPoints => ({
  series,
  step,
  names: Object.keys(values),
  values: Object.values(values).map(toPlain),
});

/** What each step of a training has. */
export const stepNames = ["train/loss", "train/learning_rate", "train/gradient_norm"] as const;

const scores = (prefix: string, fields: EventFields): Record<string, number> => ({
  [`${prefix}/accuracy`]: numberOf(fields, "accuracy"),
  [`${prefix}/macro_f1`]: numberOf(fields, "macroF1"),
  [`${prefix}/log_loss`]: numberOf(fields, "logLoss"),
});

/** The metrics of an event of a training; undefined where it has none. Units as in the event. */
export function pointsOf(event: EventFields): EventPoints | undefined {
  switch (event.type) {
    case "step":
      return {
        series: "step",
        step: numberOf(event, "step"),
        names: stepNames,
        values: [
          toPlain(numberOf(event, "loss")),
          toPlain(numberOf(event, "learningRate")),
          toPlain(numberOf(event, "gradientNorm")),
        ],
      };
    case "epoch":
      return named("epoch", numberOf(event, "epoch"), {
        "train/epoch_loss": numberOf(event, "trainLoss"),
        ...scores("validation", fieldsOf(event, "validation")),
      });
    case "weights":
      return named("weights", numberOf(event, "epoch"), {
        "weights/effective_share": numberOf(event, "effectiveShare"),
        "weights/largest_share": numberOf(event, "largestShare"),
        "weights/mass_on_top_tenth": numberOf(event, "massOnTopTenth"),
      });
    case "end":
      return named("best", 0, { "train/best_epoch": numberOf(event, "bestEpoch") });
    case "training-end": {
      const seconds = numberOf(event, "seconds");
      return Number.isNaN(seconds) ? undefined : named("seconds", 0, { "train/seconds": seconds });
    }
    default:
      return undefined;
  }
}

/** Scores of a trial on the test rows, as points. */
export const testPoints = (fields: EventFields): EventPoints =>
  named("scores", 0, scores("test", fields));

/** Points of a series that are recorded together. */
export interface PointBlock extends Pick<EventPoints, "series" | "names"> {
  readonly rows: readonly PointRow[];
}

/** Rows of a record: as many as steps seen under way are gathered at most. */
const blockRows = 256;

/**
 * The whole course of a training that was made elsewhere, steps and epochs. It knows no gradient
 * norms.
 */
export function historyPoints(event: EventFields, at: number): PointBlock[] {
  const { loss, learningRate } = event;
  const losses: readonly unknown[] = Array.isArray(loss) ? loss : [];
  const rates: readonly unknown[] = Array.isArray(learningRate) ? learningRate : [];
  const plain = (value: unknown): Plain => toPlain(typeof value === "number" ? value : Number.NaN);
  const rows = losses.map(
    (value, index): PointRow => [index + 1, at, plain(value), plain(rates[index])],
  );
  const steps = Array.from({ length: Math.ceil(rows.length / blockRows) }, (_, block) => ({
    series: "step",
    names: stepNames.slice(0, 2),
    rows: rows.slice(block * blockRows, (block + 1) * blockRows),
  }));
  const epochs = listOf(event, "epochs").flatMap((epoch): PointBlock[] => {
    const found = pointsOf({ ...epoch, type: "epoch" });
    if (found === undefined) return [];
    const { series, names, step, values } = found;
    return [{ series, names, rows: [[step, at, ...values]] }];
  });
  return [...steps, ...epochs];
}
