import { canonicalJson, sha256 } from "@counterweight/base";
import { type Role, roles, rowCount } from "@counterweight/data";
import type { PreparedBenchmark } from "../run/prepare.js";
import type { ModelSpec } from "../spec/schema.js";
import type { RowsRef } from "./recipes.js";
import type { StepBuilder } from "./step-builder.js";

/** Data of one benchmark as one variant of the spec chooses it. */
export interface PlannedSource {
  readonly id: string;
  readonly prepared: PreparedBenchmark;
}

/** A model, and what decides its tokens. */
export interface PlannedModel {
  readonly model: ModelSpec;
  readonly digest: string;
  /** Undefined where the words of the data are the vocabulary. */
  readonly tokenizer: string | undefined;
}

/** Rows with the keys that stand for them in a making. */
export interface PlannedRows {
  readonly ref: RowsRef;
  /** Key of the step they come from. */
  readonly key: string;
  readonly count: number;
  /** Roles whose tokens they need. */
  readonly roles: readonly Role[];
}

/** The steps read, split and tokenise of one source. */
export interface DataSteps {
  read(role: Role): string;
  role(role: Role): PlannedRows;
  /** The real rows a quality checker of this seed learns from. */
  checkerRows(fraction: number, seed: number): PlannedRows;
  /** Those and the validation rows, whole and by folds. */
  folds(
    fraction: number,
    seed: number,
    count: number,
  ): {
    readonly split: string;
    readonly pool: PlannedRows;
    readonly parts: readonly { readonly rows: PlannedRows; readonly validation: PlannedRows }[];
  };
  /** Key of a tokenised role. */
  tokens(role: Role, model: PlannedModel, maxLength: number): string;
  /** SHA-256 of all roles, for models whose vocabulary is the words of the data. */
  readonly vocabulary: string;
}

/**
 * Plans what is done to data before anything learns from it.
 * @param backend who tokenises: another version of a tokenizer's library may give other tokens
 */
export function dataSteps(
  builder: StepBuilder,
  { id, prepared }: PlannedSource,
  backend: { readonly version: string },
): DataSteps {
  const { benchmark, digests } = prepared;
  const name = benchmark.name;
  const reads = new Map<Role, string>();
  const splits = new Map<string, string>();
  const tokens = new Map<string, string>();
  const count = (role: Role): number => rowCount(benchmark[role]);

  const read = (role: Role): string => {
    const known = reads.get(role);
    if (known !== undefined) return known;
    const rows = count(role);
    const key = builder.add({
      kind: "read",
      settings: { rows },
      inputs: { content: digests[role] },
      label: `${name}, ${role}, ${rows} rows`,
      recipe: { kind: "read", source: id, role },
      cost: { shape: "read", units: rows },
    });
    reads.set(role, key);
    return key;
  };

  /** @param folds "pool": with the validation rows, undivided */
  const split = (fraction: number, seed: number, folds?: number | "pool"): string => {
    const own = `${fraction}/${seed}/${folds ?? ""}`;
    const known = splits.get(own);
    if (known !== undefined) return known;
    const inFolds =
      folds === undefined
        ? ""
        : folds === "pool"
          ? ", with the validation rows"
          : `, ${folds} folds with the validation rows`;
    const key = builder.add({
      kind: "split",
      settings: { fraction, seed, folds },
      inputs: {
        train: read("train"),
        validation: folds === undefined ? undefined : read("validation"),
      },
      label: `${name}, ${fraction} of train, seed ${seed}${inFolds}`,
      recipe: {
        kind: "split",
        source: id,
        fraction,
        seed,
        folds: typeof folds === "number" ? folds : undefined,
      },
      cost: { shape: "split", units: count("train") },
    });
    splits.set(own, key);
    return key;
  };

  const ofRole = new Map<Role, PlannedRows>();
  const role = (which: Role): PlannedRows => {
    const known = ofRole.get(which);
    if (known !== undefined) return known;
    const ref = { kind: "role", role: which } as const;
    const rows: PlannedRows = { ref, key: read(which), count: count(which), roles: [which] };
    ofRole.set(which, rows);
    return rows;
  };
  const part = (fraction: number): number =>
    Math.max(benchmark.labelNames.length, Math.round(fraction * count("train")));

  return {
    read,
    role,
    checkerRows(fraction, seed) {
      if (fraction === 1) return role("train");
      const key = split(fraction, seed);
      return {
        ref: { kind: "fraction", split: key },
        key,
        count: part(fraction),
        roles: ["train"],
      };
    },
    folds(fraction, seed, folds) {
      const key = split(fraction, seed, folds);
      const size = part(fraction) + count("validation");
      const both: readonly Role[] = ["train", "validation"];
      // Not the folds: how many there are is nothing to those who see all rows.
      const pool = split(fraction, seed, "pool");
      const rows = (ref: RowsRef, share: number, from = key): PlannedRows => ({
        ref,
        key: from,
        count: Math.round(share * size),
        roles: both,
      });
      return {
        split: key,
        pool: rows({ kind: "pool", split: pool }, 1, pool),
        parts: Array.from({ length: folds }, (_, fold) => ({
          rows: rows({ kind: "others", split: key, fold }, 1 - 1 / folds),
          validation: rows({ kind: "fold", split: key, fold }, 1 / folds),
        })),
      };
    },
    tokens(which, { model, tokenizer }, maxLength) {
      const own = `${which}/${tokenizer ?? ""}/${maxLength}`;
      const known = tokens.get(own);
      if (known !== undefined) return known;
      const words =
        tokenizer === undefined
          ? Object.fromEntries(roles.map((other) => [`words-${other}`, read(other)]))
          : {};
      const key = builder.add({
        kind: "tokenise",
        settings: {
          backend: backend.version,
          tokenizer: tokenizer ?? "words of the data",
          maxLength,
        },
        inputs: { rows: read(which), ...words },
        label: `${name}, ${which}, at most ${maxLength} tokens`,
        recipe: {
          kind: "tokenise",
          source: id,
          role: which,
          model,
          tokenizerDigest: tokenizer,
          maxLength,
        },
        cost: { shape: `tokenise ${name} length ${maxLength}`, units: count(which) },
      });
      tokens.set(own, key);
      return key;
    },
    vocabulary: sha256(canonicalJson(digests)),
  };
}
