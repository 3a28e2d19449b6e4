import { canonicalJson, sha256, type WrittenJson } from "@counterweight/base";

/** All that decides a step's result, and nothing else: settings that change no bit stay outside. */
export interface Making {
  /** What kind of step, such as "train-classifier". */
  readonly kind: string;
  /** Version of the code of that kind: raised when equal settings and inputs may give other results. */
  readonly version: number;
  /** Plain JSON. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Key of a step, or SHA-256 of a content, by the name of what it is to this step. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** Resources a step asks of an executor that has to reserve them. */
export interface StepResources {
  /** Compute threads: part of the making too, since bits may depend on them. */
  readonly threads: number;
  readonly memoryMegabytes?: number;
  readonly minutes?: number;
}

/** One node of the plan. */
export interface Step {
  /** `keyOf(making)`: equal keys are one step. */
  readonly key: string;
  readonly making: Making;
  /** For people. */
  readonly label: string;
  /** Keys of the steps whose results it reads. */
  readonly needs: readonly string[];
  /**
   * `here`: so cheap that the coordinator makes it itself; `executor`: sent to a worker or a job.
   */
  readonly place: "here" | "executor";
  /**
   * Steps of equal shape cost the same a unit on one machine, such as "train 6ef0 batch 32 length 128
   * threads 1"; units count the work, such as rows times epochs.
   */
  readonly cost: { readonly shape: string; readonly units: number };
  readonly resources: StepResources;
  /** What a runner needs beside the making, as plain JSON: names and places. No part of the key. */
  readonly recipe: unknown;
}

/**
 * SHA-256 of a making as canonical JSON, 64 lower-case hexadecimal digits.
 * @param written text of parts that many makings share; it changes no key, see `canonicalJson`
 */
export const keyOf = (making: Making, written?: WrittenJson): string =>
  sha256(canonicalJson(making, written));
