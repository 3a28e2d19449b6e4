import { at, CounterweightError } from "@counterweight/base";
import type { ParameterState } from "./parameter-state.js";
import type { SparseStorage } from "./storage.js";
import {
  type AdamwSettings,
  adamwRule,
  type SgdSettings,
  sgdRule,
  type UpdateContext,
} from "./update-rules.js";

/** Settings of both update rules; each reads its own. Defaults are PyTorch's, weight decay 0. */
export interface OptimizerSettings extends AdamwSettings, SgdSettings {
  readonly kind: "adamw" | "sgd";
  /** Largest global gradient norm; null leaves gradients as they are. */
  readonly clipNorm: number | null;
}

export interface StepInput {
  /** This step's learning rate, schedule included. */
  readonly learningRate: number;
  /** Vocabulary ids of the batch's packed tokens; empty without a sparse parameter. */
  readonly tokenIds: Int32Array;
}

export interface StepReport {
  /** Euclidean norm of all gradients before clipping, those of tokens summed per vocabulary id. */
  readonly gradientNorm: number;
  /** What gradients were multiplied by: `min(1, clipNorm / (gradientNorm + 1e-6))`. */
  readonly clipFactor: number;
  /** False where the norm was not finite: then nothing has changed, the step count included. */
  readonly updated: boolean;
}

export interface Optimizer {
  /**
   * One update from the gradients in the state's memory. They are used up: the token gradient is
   * summed per vocabulary id in place. No parameter moves before the global norm is known.
   */
  step(input: StepInput): StepReport;
}

/** Sums token gradients per vocabulary id; returns how many ids the batch has. */
function sumBatch(storage: SparseStorage, tokenIds: Int32Array): number {
  const { kernels, gradient, ids, width, firstToken, batchRows, rows, maximumTokens } = storage;
  if (tokenIds.length > maximumTokens) {
    throw new CounterweightError(
      "internal",
      `optimizer: ${tokenIds.length} tokens in a batch, room for ${maximumTokens}`,
    );
  }
  for (const id of tokenIds) {
    if (id < 0 || id >= rows) {
      throw new CounterweightError(
        "internal",
        `optimizer: token id ${id} is not in 0..${rows - 1}`,
      );
    }
  }
  ids.view.set(tokenIds);
  return kernels.sumTokens(
    gradient.address,
    ids.address,
    tokenIds.length,
    width,
    firstToken.address,
    batchRows.address,
  );
}

function sumOfSquares(state: ParameterState, batchRowCount: number): number {
  let sum = 0;
  for (const storage of state.storages) {
    const { kernels, gradient } = storage;
    sum +=
      storage.kind === "dense"
        ? kernels.sumOfSquares(gradient.address, storage.length)
        : kernels.sumOfSquaresRows(
            gradient.address,
            storage.width,
            storage.batchRows.address,
            batchRowCount,
            storage.firstToken.address,
          );
  }
  return sum;
}

/**
 * AdamW or SGD over a state, with PyTorch's clipping (`torch.nn.utils.clip_grad_norm_`). Exactly the
 * dense update: see `adamwRule` and `sgdRule` for which embedding rows move. Throws "spec" for
 * settings out of range.
 */
export function createOptimizer(state: ParameterState, settings: OptimizerSettings): Optimizer {
  const { clipNorm } = settings;
  if (clipNorm !== null && !(clipNorm > 0)) {
    throw new CounterweightError("spec", `clipNorm is ${clipNorm}.`, {
      fix: "Give a number above 0, or null for no clipping.",
    });
  }
  const rule = settings.kind === "adamw" ? adamwRule(settings) : sgdRule(settings);
  const sparse = state.storages.find((storage) => storage.kind === "sparse");

  const update = (batchRowCount: number, context: UpdateContext): void => {
    if (sparse !== undefined) {
      for (let index = 0; index < batchRowCount; index++) {
        sparse.touched.view[at(sparse.batchRows.view, index)] = 0;
      }
    }
    for (const storage of state.storages) {
      if (storage.kind === "dense") rule.dense(storage, context);
      else rule.sparse(storage, context);
    }
  };

  return {
    step({ learningRate, tokenIds }) {
      const batchRowCount = sparse === undefined ? 0 : sumBatch(sparse, tokenIds);
      const gradientNorm = Math.sqrt(sumOfSquares(state, batchRowCount));
      const updated = Number.isFinite(gradientNorm);
      const clipFactor =
        clipNorm === null || !updated ? 1 : Math.min(1, clipNorm / (gradientNorm + 1e-6));
      if (updated) {
        state.stepCount += 1;
        update(batchRowCount, { learningRate, gradientFactor: clipFactor, step: state.stepCount });
      }
      sparse?.kernels.forgetTokens(
        sparse.batchRows.address,
        batchRowCount,
        sparse.firstToken.address,
      );
      return { gradientNorm, clipFactor, updated };
    },
  };
}
