/** How a model is trained. Defaults and meanings of the paper: see its section on settings. */
export interface TrainingSettings {
  /** Passes over the rows. */
  readonly epochs: number;
  /** Rows a step; the last batch of an epoch may be smaller. */
  readonly batchSize: number;
  /** Peak learning rate. */
  readonly learningRate: number;
  readonly schedule: "linear" | "cosine" | "constant";
  /** Share of the steps in which the rate rises from 0. */
  readonly warmupRatio: number;
  readonly optimizer: "adamw" | "sgd";
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** SGD only. */
  readonly momentum: number;
  readonly weightDecay: number;
  /** Largest global gradient norm; null: no clipping. */
  readonly clipNorm: number | null;
  /** Which epoch is kept: the best on validation (the earliest of equals), or the last. */
  readonly selectBy: "accuracy" | "macro-f1" | "last";
  /** Compute threads; bits may depend on it. */
  readonly threads: number;
  /** Order of rows, dropout masks. */
  readonly seed: number;
}

/**
 * The paper's settings and its authors' code: AdamW, linear decay to 0 without warm-up, gradients
 * clipped at 1, the best of 5 epochs by validation accuracy. Two threads, seed 0.
 */
export const paperSettings: TrainingSettings = {
  epochs: 5,
  batchSize: 32,
  learningRate: 6e-5,
  schedule: "linear",
  warmupRatio: 0,
  optimizer: "adamw",
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  momentum: 0,
  weightDecay: 0,
  clipNorm: 1,
  selectBy: "accuracy",
  threads: 2,
  seed: 0,
};
