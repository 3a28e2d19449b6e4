import type { Tensor } from "@counterweight/graph";
import type { WeightTransform } from "./transforms.js";

/** Checker scores that a loss can ask for: P'(y|x) and Q'(y|x) of each row's given label. */
export type ScoreName = "quality" | "diversity";

/** What a loss sees of a batch. All are float32 `[rows]`, natural logarithms. */
export interface LossInputs {
  /** `log p(y|x; theta)` of the given label; carries gradient. */
  readonly logProbability: Tensor;
  /** `log P'(y|x)`, the quality checker's, when the loss needs it. */
  readonly logQuality?: Tensor;
  /** `log Q'(y|x)`, the diversity checker's, when the loss needs it. */
  readonly logDiversity?: Tensor;
}

export interface LossSettings {
  /** Exponent on the weight (for Focal: on 1 - p). 1 is the paper's. */
  readonly gamma: number;
  /** What happens to the weights of a `weighted` loss after gamma, in this order; default none. */
  readonly transforms?: readonly WeightTransform[];
}

/** Per-row results, float32 `[rows]`. */
export interface RowLoss {
  /** The loss of each row; the trainer takes the batch mean. */
  readonly loss: Tensor;
  /** The factor on `-log p(y|x)`, without gradient, for the row ledger. */
  readonly weight: Tensor;
}

/**
 * A training loss: what it needs, and how log-probabilities and scores become row losses.
 * The trainer knows losses only by this interface.
 */
export interface Loss {
  /** As specs, tables and metrics spell it. */
  readonly name: string;
  /** As a figure's legend spells it. */
  readonly title: string;
  readonly needs: readonly ScoreName[];
  /**
   * Whether it weights rows by checkers' scores. Only such a loss's weights are transformed: the
   * others (cross-entropy, Focal) ignore `transforms`.
   */
  readonly weighted: boolean;
  rowLoss(inputs: LossInputs, settings: LossSettings): RowLoss;
}
