import { CounterweightError } from "@counterweight/base";
import type { AdamwScalars } from "../kernels/kernels.js";
import type { DenseStorage, SparseStorage } from "./storage.js";

/** What an update rule is told about a step. */
export interface UpdateContext {
  readonly learningRate: number;
  /** What every gradient is multiplied by first (clipping). */
  readonly gradientFactor: number;
  /** Number of this step, from 1. */
  readonly step: number;
}

/** One way to move parameters along their gradients. */
export interface UpdateRule {
  dense(storage: DenseStorage, context: UpdateContext): void;
  sparse(storage: SparseStorage, context: UpdateContext): void;
}

export interface AdamwSettings {
  /** Decay of the gradient's running mean; default 0.9. */
  readonly beta1?: number;
  /** Decay of the squared gradient's running mean; default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment; default 1e-8. */
  readonly epsilon?: number;
  /** Decay on every parameter as in PyTorch, decoupled from the gradient; default 0. */
  readonly weightDecay?: number;
}

export interface SgdSettings {
  /** Default 0: no buffer. */
  readonly momentum?: number;
  /** Decay on every parameter, added to the gradient; default 0. */
  readonly weightDecay?: number;
}

function requireIn(name: string, value: number, low: number, high: number): void {
  if (!(value >= low && value < high)) {
    throw new CounterweightError("spec", `${name} is ${value}.`, {
      fix: `Give a number from ${low} up to but not including ${high}.`,
    });
  }
}

/**
 * AdamW (Loshchilov and Hutter, 2019) as `torch.optim.AdamW`; formula in `assembly/adamw.ts`. An
 * embedding row that ever had a gradient moves at every later step, as its moments last; with
 * weight decay every row does.
 */
export function adamwRule(settings: AdamwSettings): UpdateRule {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = settings;
  requireIn("beta1", beta1, 0, 1);
  requireIn("beta2", beta2, 0, 1);
  requireIn("epsilon", epsilon, Number.MIN_VALUE, Number.POSITIVE_INFINITY);
  requireIn("weightDecay", weightDecay, 0, Number.POSITIVE_INFINITY);
  const scalars = ({ learningRate, gradientFactor, step }: UpdateContext): AdamwScalars => [
    gradientFactor,
    1 - learningRate * weightDecay,
    1 - beta1,
    beta2,
    1 - beta2,
    Math.sqrt(1 - beta2 ** step),
    epsilon,
    learningRate / (1 - beta1 ** step),
  ];
  return {
    dense({ kernels, value, gradient, firstMoment, secondMoment, length }, context) {
      kernels.adamw(
        value.address,
        gradient.address,
        firstMoment.address,
        secondMoment.address,
        length,
        ...scalars(context),
      );
    },
    sparse(storage, context) {
      storage.kernels.adamwRows(
        storage.value.address,
        storage.gradient.address,
        storage.firstMoment.address,
        storage.secondMoment.address,
        storage.width,
        storage.rows,
        weightDecay > 0 ? 0 : storage.touched.address,
        storage.firstToken.address,
        storage.zeros.address,
        ...scalars(context),
      );
    },
  };
}

/**
 * Stochastic gradient descent as `torch.optim.SGD` (no dampening, no Nesterov); formula in
 * `assembly/sgd.ts`. Embedding rows that move: the batch's; with momentum all that ever had a
 * gradient; with weight decay every row.
 */
export function sgdRule({ momentum = 0, weightDecay = 0 }: SgdSettings): UpdateRule {
  requireIn("momentum", momentum, 0, 1);
  requireIn("weightDecay", weightDecay, 0, Number.POSITIVE_INFINITY);
  return {
    dense({ kernels, value, gradient, firstMoment, length }, { learningRate, gradientFactor }) {
      if (momentum === 0) {
        kernels.sgd(
          value.address,
          gradient.address,
          length,
          gradientFactor,
          weightDecay,
          learningRate,
        );
      } else {
        kernels.sgdMomentum(
          value.address,
          gradient.address,
          firstMoment.address,
          length,
          gradientFactor,
          weightDecay,
          momentum,
          learningRate,
        );
      }
    },
    sparse(storage, { learningRate, gradientFactor }) {
      // Here decay is part of the gradient, so it reaches the buffer of every row.
      if (momentum > 0 && weightDecay > 0) storage.touched.view.fill(0);
      const moving = momentum > 0 ? storage.touched : storage.firstToken;
      storage.kernels.sgdRows(
        storage.value.address,
        storage.gradient.address,
        momentum > 0 ? storage.firstMoment.address : 0,
        storage.width,
        storage.rows,
        weightDecay > 0 ? 0 : moving.address,
        storage.firstToken.address,
        storage.zeros.address,
        gradientFactor,
        weightDecay,
        momentum,
        learningRate,
      );
    },
  };
}
