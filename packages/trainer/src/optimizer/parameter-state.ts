import { CounterweightError } from "@counterweight/base";
import { allocateParameters, type ParameterSpec, type ParameterStorage } from "./storage.js";
import {
  copyState,
  copyValues,
  spreadState,
  type TrainingState,
  viewState,
} from "./training-state.js";

/** A parameter's memory as the graph sees it; the views stay valid for the state's life. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** Float32, row-major, in `shape`. */
  readonly value: Float32Array<ArrayBuffer>;
  /**
   * Where a step's gradient belongs: float32 in `shape`, or, for the parameter with sparse rows,
   * `[maximumTokens, width]`, one row a token (`tokenGradient`).
   */
  readonly gradient: Float32Array<ArrayBuffer>;
}

/** The embedding table whose gradient comes per token. */
export interface SparseParameter extends Parameter {
  /** Float32 `[maximumTokens, width]`; a batch of T tokens uses the first T rows. */
  readonly tokenGradient: Float32Array<ArrayBuffer>;
  readonly rows: number;
  readonly width: number;
}

export interface ParameterStateOptions {
  /** Most tokens that a batch will have (packed); sizes the token gradient. */
  readonly maximumTokens: number;
  /** Bytes at which a new memory block is begun; default 1.9 GiB. Bits do not depend on it. */
  readonly arenaBytes?: number;
}

/**
 * Values, gradients and moments of a model's parameters, in WebAssembly memory that ONNX Runtime
 * reads and writes in place. Address space: 16 bytes an element (value, gradient, two moments of 4
 * bytes), 12 for the parameter with sparse rows, plus `4 * maximumTokens * width` for its token
 * gradient. Pages count against resident memory once written: the moments of untouched rows, and
 * the second moment under SGD, cost none.
 */
export class ParameterState {
  /** In the order of the specs. */
  readonly parameters: readonly Parameter[];
  /** The parameter with sparse rows, or null. */
  readonly sparse: SparseParameter | null;
  /** Optimiser steps taken; the optimiser counts. */
  stepCount = 0;
  /** The optimiser's view of the memory. */
  readonly storages: readonly ParameterStorage[];
  readonly #byName: ReadonlyMap<string, Parameter>;

  /** All values, gradients and moments zero. Throws as `allocateParameters` does. */
  constructor(specs: readonly ParameterSpec[], options: ParameterStateOptions) {
    this.storages = allocateParameters(specs, options.maximumTokens, options.arenaBytes);
    let sparse: SparseParameter | null = null;
    this.parameters = this.storages.map((storage) => {
      const { name, shape } = storage;
      const parameter = { name, shape, value: storage.value.view, gradient: storage.gradient.view };
      if (storage.kind === "dense") return parameter;
      const { rows, width } = storage;
      sparse = { ...parameter, tokenGradient: parameter.gradient, rows, width };
      return sparse;
    });
    this.sparse = sparse;
    this.#byName = new Map(this.parameters.map((parameter) => [parameter.name, parameter]));
  }

  /** Number of trained numbers. */
  get length(): number {
    return this.storages.reduce((sum, { length }) => sum + length, 0);
  }

  /** The parameter of that name. Throws "internal" where there is none. */
  parameter(name: string): Parameter {
    const found = this.#byName.get(name);
    if (found === undefined) {
      throw new CounterweightError("internal", `there is no parameter "${name}"`);
    }
    return found;
  }

  /** Copies initial values in, by name. Throws "model" where one is missing or of another length. */
  load(initial: ReadonlyMap<string, Float32Array>): void {
    for (const { name, shape, value } of this.parameters) {
      const given = initial.get(name);
      if (given?.length !== value.length) {
        throw new CounterweightError(
          "model",
          `parameter "${name}" needs ${value.length} values [${shape}], ` +
            `got ${given === undefined ? "none" : given.length}.`,
        );
      }
    }
    for (const { name, value } of this.parameters) {
      const given = initial.get(name);
      if (given !== undefined) value.set(given);
    }
  }

  /** A copy of all values, such as those of the best epoch; `into` is an older one to write over. */
  snapshot(into?: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
    const flat = into ?? new Float32Array(this.length);
    this.#checkSnapshot(flat);
    copyValues(this.storages, flat, "out");
    return flat;
  }

  /** Puts values back from a snapshot; moments and step count stay. */
  restore(snapshot: Float32Array): void {
    this.#checkSnapshot(snapshot);
    copyValues(this.storages, snapshot, "in");
  }

  /** Everything that the next step depends on, as live views: good until that step. */
  viewState(): TrainingState {
    return viewState(this.storages, this.stepCount);
  }

  /** A copy of everything that the next step depends on: what a checkpoint holds. */
  exportState(): TrainingState {
    return copyState(this.viewState());
  }

  /** Continues from such a state, bit for bit. Throws "model" where it does not fit. */
  importState(state: TrainingState): void {
    spreadState(this.storages, state);
    this.stepCount = state.stepCount;
  }

  #checkSnapshot(flat: Float32Array): void {
    if (flat.length !== this.length) {
      throw new CounterweightError(
        "internal",
        `snapshot of ${flat.length} values for ${this.length} parameters`,
      );
    }
  }
}

/** A `ParameterState` for `specs`, all zero. Throws as its constructor does. */
export function createParameterState(
  specs: readonly ParameterSpec[],
  options: ParameterStateOptions,
): ParameterState {
  return new ParameterState(specs, options);
}
