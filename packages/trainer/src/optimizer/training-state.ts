import { at, CounterweightError } from "@counterweight/base";
import type { ParameterStorage, SparseStorage } from "./storage.js";
import { listTouched, replaceTouched } from "./touched-rows.js";

/** A parameter with what the optimiser keeps for it. */
export interface StoredParameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major, in `shape`. */
  readonly value: Float32Array;
  /** Like `value`; for the sparse parameter `[touched rows, width]`, as all other rows are zero. */
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
}

/** Everything that the next optimiser step depends on, apart from the batch. */
export interface TrainingState {
  /** Optimiser steps taken. */
  readonly stepCount: number;
  readonly parameters: readonly StoredParameter[];
  /** Rows of the sparse parameter that ever had a gradient, ascending; empty without one. */
  readonly touchedRows: Int32Array;
}

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

/** The touched rows of a moment of the sparse parameter, `[touched rows, width]`. */
function gatherRows(table: Float32Array, width: number, rows: Int32Array): Float32Array {
  const gathered = new Float32Array(rows.length * width);
  rows.forEach((row, index) => {
    gathered.set(table.subarray(row * width, (row + 1) * width), index * width);
  });
  return gathered;
}

function scatterRows(
  gathered: Float32Array,
  width: number,
  rows: Int32Array,
  table: Float32Array,
): void {
  rows.forEach((row, index) => {
    table.set(gathered.subarray(index * width, (index + 1) * width), row * width);
  });
}

const sparseOf = (storages: readonly ParameterStorage[]): SparseStorage | undefined =>
  storages.find((storage) => storage.kind === "sparse");

/**
 * The state as views on the memory that steps change; only the sparse parameter's moments and the
 * touched rows are copies.
 */
export function viewState(storages: readonly ParameterStorage[], stepCount: number): TrainingState {
  const sparse = sparseOf(storages);
  const touchedRows = sparse === undefined ? new Int32Array(0) : listTouched(sparse);
  return {
    stepCount,
    touchedRows,
    parameters: storages.map((storage) => {
      const { name, shape, value, firstMoment, secondMoment } = storage;
      const moment = ({ view }: { readonly view: Float32Array }): Float32Array =>
        storage.kind === "dense" ? view : gatherRows(view, storage.width, touchedRows);
      return {
        name,
        shape,
        value: value.view,
        firstMoment: moment(firstMoment),
        secondMoment: moment(secondMoment),
      };
    }),
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
  if (!Number.isSafeInteger(state.stepCount) || state.stepCount < 0) {
    refuse(`its step count is ${state.stepCount}`);
  }
  const rows = sparseOf(storages)?.rows ?? 0;
  let last = -1;
  for (const row of state.touchedRows) {
    if (row <= last || row >= rows) {
      refuse(`touched row ${row} is out of order or not in the table`);
    }
    last = row;
  }
  storages.forEach((storage, index) => {
    const { name, shape, length } = storage;
    const other = at(state.parameters, index);
    if (other.name !== name || other.shape.join() !== shape.join()) {
      refuse(
        `parameter ${index} is "${other.name}" [${other.shape}], in the model "${name}" [${shape}]`,
      );
    }
    const moments = storage.kind === "dense" ? length : state.touchedRows.length * storage.width;
    if (
      other.value.length !== length ||
      other.firstMoment.length !== moments ||
      other.secondMoment.length !== moments
    ) {
      refuse(
        `"${name}" needs ${length} values and twice ${moments} moments, got ${other.value.length}, ` +
          `${other.firstMoment.length} and ${other.secondMoment.length}`,
      );
    }
  });
}

/** Makes `state` the memory's content, bit for bit; nothing changes where it does not fit. */
export function spreadState(storages: readonly ParameterStorage[], state: TrainingState): void {
  checkState(storages, state);
  const sparse = sparseOf(storages);
  if (sparse !== undefined) replaceTouched(sparse, state.touchedRows);
  storages.forEach((storage, index) => {
    const { value, firstMoment, secondMoment } = at(state.parameters, index);
    storage.value.view.set(value);
    if (storage.kind === "dense") {
      storage.firstMoment.view.set(firstMoment);
      storage.secondMoment.view.set(secondMoment);
    } else {
      scatterRows(firstMoment, storage.width, state.touchedRows, storage.firstMoment.view);
      scatterRows(secondMoment, storage.width, state.touchedRows, storage.secondMoment.view);
    }
  });
}

/** The same state in memory of its own. */
export function copyState({ stepCount, parameters, touchedRows }: TrainingState): TrainingState {
  return {
    stepCount,
    touchedRows: touchedRows.slice(),
    parameters: parameters.map(({ name, shape, value, firstMoment, secondMoment }) => ({
      name,
      shape: [...shape],
      value: value.slice(),
      firstMoment: firstMoment.slice(),
      secondMoment: secondMoment.slice(),
    })),
  };
}
