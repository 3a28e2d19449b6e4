import { at, CounterweightError } from "@counterweight/base";
import type { ParameterStorage } from "./storage.js";
import { listTouched, replaceTouched } from "./touched-rows.js";

/**
 * Everything that the next optimiser step depends on, apart from the batch: a checkpoint's content.
 * Flat arrays in parameter order. A sparse parameter's moments are those of its touched rows alone,
 * in ascending order of row: all others are zero.
 */
export interface TrainingState {
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Optimiser steps taken. */
  readonly stepCount: number;
  readonly values: Float32Array<ArrayBuffer>;
  readonly firstMoments: Float32Array<ArrayBuffer>;
  readonly secondMoments: Float32Array<ArrayBuffer>;
  /** Rows of the sparse parameter that ever had a gradient, ascending; empty without one. */
  readonly touchedRows: Int32Array<ArrayBuffer>;
}

type Moment = "firstMoment" | "secondMoment";

/** Copies values to (or from) one flat array, in parameter order. */
export function copyValues(
  storages: readonly ParameterStorage[],
  flat: Float32Array,
  direction: "out" | "in",
): void {
  let offset = 0;
  for (const { value, length } of storages) {
    const part = flat.subarray(offset, offset + length);
    if (direction === "out") part.set(value.view);
    else value.view.set(part);
    offset += length;
  }
}

/** The pieces of a moment that a checkpoint holds, as views, in its order. */
function momentPieces(
  storages: readonly ParameterStorage[],
  moment: Moment,
  touchedRows: Int32Array,
): Float32Array[] {
  return storages.flatMap((storage) => {
    const { view } = storage[moment];
    if (storage.kind === "dense") return [view];
    const { width } = storage;
    return Array.from(touchedRows, (row) => view.subarray(row * width, (row + 1) * width));
  });
}

function totalLength(pieces: readonly Float32Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

function gather(pieces: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(totalLength(pieces));
  let offset = 0;
  for (const piece of pieces) {
    flat.set(piece, offset);
    offset += piece.length;
  }
  return flat;
}

function scatter(flat: Float32Array, pieces: readonly Float32Array[]): void {
  let offset = 0;
  for (const piece of pieces) {
    piece.set(flat.subarray(offset, offset + piece.length));
    offset += piece.length;
  }
}

/** A copy of values, moments, touched rows and the step count. */
export function collectState(
  storages: readonly ParameterStorage[],
  stepCount: number,
): TrainingState {
  const sparse = storages.find((storage) => storage.kind === "sparse");
  const touchedRows = sparse === undefined ? new Int32Array(0) : listTouched(sparse);
  return {
    parameters: storages.map(({ name, shape }) => ({ name, shape })),
    stepCount,
    values: gather(storages.map(({ value }) => value.view)),
    firstMoments: gather(momentPieces(storages, "firstMoment", touchedRows)),
    secondMoments: gather(momentPieces(storages, "secondMoment", touchedRows)),
    touchedRows,
  };
}

function refuse(what: string): never {
  throw new CounterweightError("model", `training state: ${what}.`, {
    fix: "Continue with the model and the version that wrote it, or start anew.",
  });
}

/** Throws "model" unless `state` belongs to these parameters and is whole. */
function checkState(storages: readonly ParameterStorage[], state: TrainingState): void {
  if (state.parameters.length !== storages.length) {
    refuse(`it has ${state.parameters.length} parameters, the model ${storages.length}`);
  }
  storages.forEach(({ name, shape }, index) => {
    const other = at(state.parameters, index);
    if (other.name !== name || other.shape.join() !== shape.join()) {
      refuse(
        `parameter ${index} is "${other.name}" [${other.shape}], in the model "${name}" [${shape}]`,
      );
    }
  });
  if (!Number.isSafeInteger(state.stepCount) || state.stepCount < 0) {
    refuse(`its step count is ${state.stepCount}`);
  }
  const sparse = storages.find((storage) => storage.kind === "sparse");
  let last = -1;
  for (const row of state.touchedRows) {
    if (row <= last || row >= (sparse?.rows ?? 0)) {
      refuse(`touched row ${row} is out of order or not in the table`);
    }
    last = row;
  }
  const values = storages.reduce((sum, { length }) => sum + length, 0);
  const moments = values - (sparse?.length ?? 0) + state.touchedRows.length * (sparse?.width ?? 0);
  if (
    state.values.length !== values ||
    state.firstMoments.length !== moments ||
    state.secondMoments.length !== moments
  ) {
    refuse(
      `needed ${values} values and twice ${moments} moments, got ${state.values.length}, ` +
        `${state.firstMoments.length} and ${state.secondMoments.length}`,
    );
  }
}

/** The reverse of `collectState`, bit for bit; nothing changes where `state` does not fit. */
export function spreadState(storages: readonly ParameterStorage[], state: TrainingState): void {
  checkState(storages, state);
  copyValues(storages, state.values, "in");
  const sparse = storages.find((storage) => storage.kind === "sparse");
  if (sparse !== undefined) replaceTouched(sparse, state.touchedRows);
  scatter(state.firstMoments, momentPieces(storages, "firstMoment", state.touchedRows));
  scatter(state.secondMoments, momentPieces(storages, "secondMoment", state.touchedRows));
}
