import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../checkpoint/model-folder.js";
import type { EncodedTexts } from "../encoded-texts.js";

/** A model with its batch's results, from `scripts/golden/architectures.py`. */
export interface GoldenCase {
  readonly name: string;
  /** Which checkpoint: `<weights>.safetensors`. */
  readonly weights: string;
  readonly pooling: "cls" | "mean";
  readonly config: JsonObject;
  readonly parameters: readonly (readonly [string, readonly number[]])[];
  readonly loss: number;
  readonly logits: readonly (readonly number[])[];
}

interface Golden {
  readonly rows: readonly (readonly number[])[];
  readonly types: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly cases: readonly GoldenCase[];
}

/** Path of a golden file. */
export const goldenPath = (name: string): string =>
  fileURLToPath(new URL(`./golden/${name}`, import.meta.url));

/** The golden file, parsed. */
export function readGolden(): Golden {
  return JSON.parse(readFileSync(goldenPath("models.json"), "utf8"));
}

/** The golden batch's rows end to end. */
export function goldenTexts({ rows, types }: Golden): EncodedTexts {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach((row, index) => {
    offsets[index + 1] = (offsets[index] ?? 0) + row.length;
  });
  return {
    offsets,
    tokenIds: Int32Array.from(rows.flat()),
    typeIds: Uint8Array.from(types.flat()),
  };
}
