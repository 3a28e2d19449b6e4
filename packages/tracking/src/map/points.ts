import { type Plain, toPlain } from "../operations.js";
import { type EventFields, fieldsOf, numberOf } from "./fields.js";

/** Points of one event of a training, before it is known whose they are. */
export interface EventPoints {
  readonly series: string;
  readonly step: number;
  readonly values: Readonly<Record<string, Plain>>;
}

const plain = (values: Readonly<Record<string, number>>): Record<string, Plain> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, toPlain(value)]));

const scores = (prefix: string, fields: EventFields): Record<string, number> => ({
  [`${prefix}/accuracy`]: numberOf(fields, "accuracy"),
  [`${prefix}/macro_f1`]: numberOf(fields, "macroF1"),
  [`${prefix}/log_loss`]: numberOf(fields, "logLoss"),
});

/** The metrics of an event of a training; undefined where it has none. Units as in the event. */
export function pointsOf(event: EventFields): EventPoints | undefined {
  switch (event.type) {
    case "step":
      // The one that comes 10,000 times a minute: no detours.
      return {
        series: "step",
        step: numberOf(event, "step"),
        values: {
          "train/loss": toPlain(numberOf(event, "loss")),
          "train/learning_rate": toPlain(numberOf(event, "learningRate")),
          "train/gradient_norm": toPlain(numberOf(event, "gradientNorm")),
        },
      };
    case "epoch":
      return {
        series: "epoch",
        step: numberOf(event, "epoch"),
        values: plain({
          "train/epoch_loss": numberOf(event, "trainLoss"),
          ...scores("validation", fieldsOf(event, "validation")),
        }),
      };
    case "weights":
      return {
        series: "weights",
        step: numberOf(event, "epoch"),
        values: plain({
          "weights/effective_share": numberOf(event, "effectiveShare"),
          "weights/largest_share": numberOf(event, "largestShare"),
          "weights/mass_on_top_tenth": numberOf(event, "massOnTopTenth"),
        }),
      };
    case "end":
      return {
        series: "best",
        step: 0,
        values: plain({ "train/best_epoch": numberOf(event, "bestEpoch") }),
      };
    default:
      return undefined;
  }
}

/** Scores of a trial on the test rows, as points. */
export const testPoints = (fields: EventFields): EventPoints => ({
  series: "scores",
  step: 0,
  values: plain(scores("test", fields)),
});
