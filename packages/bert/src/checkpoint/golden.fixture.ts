import { readFileSync } from "node:fs";

/** What `scripts/golden/checkpoint.py` writes; see there for the meaning of each part. */
interface Golden {
  readonly files: readonly {
    readonly base64: string;
    readonly tensors: Readonly<Record<string, readonly [readonly number[], string]>>;
    readonly skipped: readonly string[];
  }[];
  readonly exhaustive: { readonly half: string; readonly brain: string };
  readonly lengths: readonly (readonly [string, number, number])[];
  readonly headers: readonly (readonly [string, string, number, number])[];
  readonly mutations: readonly (readonly [
    number,
    readonly (readonly [number, number, string])[],
    number,
  ])[];
  readonly written: {
    readonly tensors: Readonly<Record<string, readonly [readonly number[], readonly number[]]>>;
    readonly metadata: Readonly<Record<string, string>>;
    readonly sha256: string;
  };
  readonly models: readonly {
    readonly config: Readonly<Record<string, unknown>>;
    readonly parameters: readonly (readonly [string, readonly number[]])[];
  }[];
}

/** The golden file, parsed. */
export function readGolden(): Golden {
  return JSON.parse(readFileSync(new URL("./golden/checkpoint.json", import.meta.url), "utf8"));
}
