import { CounterweightError, canonicalJson, sha256 } from "@counterweight/base";
import type { FileDigest } from "./state-file.js";

/** What JSON can hold; an absent property is left out. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** Format of a checkpoint's folder. */
const FORMAT = 1;

/** What a checkpoint holds besides tensors: the content of `progress.json`. */
export interface Progress {
  /** Of the training that it belongs to. */
  readonly key: string;
  readonly step: number;
  readonly lossSum: number;
  /** Optimiser steps taken. */
  readonly stepCount: number;
  readonly best: {
    readonly epoch: number;
    readonly score: number;
    /** Whether its values are the parameters' own, and so not stored twice. */
    readonly current: boolean;
  } | null;
  /** Names of the parameters in their order. */
  readonly parameters: readonly string[];
  /** The tensors' file. */
  readonly state: FileDigest;
  /** The caller's own. */
  readonly extra: JsonValue;
}

/** `{"progress": ..., "sha256": ...}`, the hash being that of the first part's canonical JSON. */
export function renderProgress(progress: Progress): string {
  const content = { format: FORMAT, ...progress };
  return canonicalJson({ progress: content, sha256: sha256(canonicalJson(content)) });
}

/** The reverse of `renderProgress`. Throws "model" where one byte is not as it was written. */
export function parseProgress(text: string): Progress {
  const damaged = (what: string): never => {
    throw new CounterweightError("model", what);
  };
  let root: { readonly progress: Progress & { readonly format: number }; readonly sha256: string };
  try {
    // Its own hash says below whether it is what `renderProgress` wrote.
    root = JSON.parse(text);
    const { progress } = root;
    if (root.sha256 !== sha256(canonicalJson(progress)) || canonicalJson(root) !== text) {
      return damaged("progress.json is not as it was written");
    }
  } catch (cause) {
    if (cause instanceof CounterweightError) throw cause;
    return damaged("progress.json is not whole");
  }
  const { format, ...progress } = root.progress;
  if (format !== FORMAT) return damaged(`its format is ${format}, this version reads ${FORMAT}`);
  return progress;
}
