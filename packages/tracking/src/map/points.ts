import { type Plain, toPlain } from "../operations.js";
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

/**
 * The whole course of a training that was made elsewhere, a step and an epoch each. It knows no
 * gradient norms.
 */
export function historyPoints(event: EventFields): EventPoints[] {
  const { loss, learningRate } = event;
  const rates: readonly unknown[] = Array.isArray(learningRate) ? learningRate : [];
  const plain = (value: unknown): Plain => toPlain(typeof value === "number" ? value : Number.NaN);
  const steps = (Array.isArray(loss) ? loss : []).map(
    (value: unknown, index): EventPoints => ({
      series: "step",
      step: index + 1,
      names: stepNames.slice(0, 2),
      values: [plain(value), plain(rates[index])],
    }),
  );
  const epochs = listOf(event, "epochs").flatMap(
    (epoch) => pointsOf({ ...epoch, type: "epoch" }) ?? [],
  );
  return [...steps, ...epochs];
}
