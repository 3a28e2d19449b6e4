import { at, CounterweightError } from "@counterweight/base";
import type { TensorValue } from "@counterweight/graph";
import type { EncodedTexts } from "../encoded-texts.js";

/** Values for {@link BatchTensors}, ready to be given to a program, and the sizes they have. */
export interface Batch {
  readonly values: Readonly<Record<string, TensorValue>>;
  /** Vocabulary ids of the packed tokens, int32 `[tokens]`. */
  readonly tokenIds: Int32Array;
  readonly rows: number;
  readonly tokens: number;
  /** Tokens of the longest row. */
  readonly longest: number;
}

/** Large enough that exp underflows to exactly 0 in float32, small enough never to overflow. */
const maskedScore = -1e9;

/**
 * Packs the given rows end to end, in the order given.
 * Throws `internal` for an empty batch or a row that does not exist, `data` for a row without tokens.
 */
export function packBatch(encoded: EncodedTexts, rowIndices: ArrayLike<number>): Batch {
  const rows = rowIndices.length;
  if (rows === 0) throw new CounterweightError("internal", "a batch needs at least one row.");
  const starts = Int32Array.from(rowIndices, (row) => at(encoded.offsets, row));
  const lengths = Int32Array.from(
    rowIndices,
    (row, index) => at(encoded.offsets, row + 1) - at(starts, index),
  );
  const tokens = lengths.reduce((total, length) => total + length, 0);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const tokenIds = new Int32Array(tokens);
  const typeIds = new Int32Array(tokens);
  const positions = new Int32Array(tokens);
  const tokenCell = new Int32Array(tokens);
  const firstTokens = new Int32Array(rows);
  const cellToken = new Int32Array(longest * rows).fill(-1);
  const attentionMask = new Float32Array(rows * longest).fill(maskedScore);
  let token = 0;
  for (let row = 0; row < rows; row++) {
    const length = lengths[row] ?? 0;
    const start = starts[row] ?? 0;
    if (length === 0) throw new CounterweightError("data", `row ${rowIndices[row]} has no tokens.`);
    firstTokens[row] = token;
    attentionMask.fill(0, row * longest, row * longest + length);
    for (let position = 0; position < length; position++) {
      const cell = position * rows + row;
      tokenIds[token] = encoded.tokenIds[start + position] ?? 0;
      typeIds[token] = encoded.typeIds[start + position] ?? 0;
      positions[token] = position;
      tokenCell[token] = cell;
      cellToken[cell] = token;
      token += 1;
    }
  }
  const column = (data: Int32Array): TensorValue => ({ data, shape: [data.length] });
  return {
    values: {
      tokenIds: column(tokenIds),
      typeIds: column(typeIds),
      positions: column(positions),
      tokenCell: column(tokenCell),
      cellToken: column(cellToken),
      attentionMask: { data: attentionMask, shape: [rows, 1, 1, longest] },
      firstTokens: column(firstTokens),
    },
    tokenIds,
    rows,
    tokens,
    longest,
  };
}
