import { CounterweightError, nearest } from "@counterweight/base";
import {
  checkBenchmarkLabels,
  checkSharedText,
  type SharingRole,
  sharingRoles,
} from "../guards.js";
import { visible } from "../reading/visible.js";
import type { BenchmarkSource, LoadedBenchmark } from "./benchmark-source.js";
import { files } from "./files.js";
import { financialPhraseBank } from "./financial-phrasebank.js";
import { hub } from "./hub.js";
import { mrpc } from "./mrpc.js";
import { type OptionShape, readOptions } from "./options.js";
import { toyWorld } from "./toy-world.js";
import { tweetIrony } from "./tweet-irony.js";

/** All built-in benchmarks. A new dataset is one file beside this one and one entry here. */
export const benchmarkSources: readonly BenchmarkSource[] = [
  tweetIrony,
  mrpc,
  financialPhraseBank,
  toyWorld,
  files,
  hub,
];

/** The option that every benchmark has, beside its own. */
export const allowSharedTextOption: OptionShape = {
  kind: "strings",
  choices: sharingRoles,
  description: "Roles that may share texts with test: train, validation, generated. Default: none.",
};

/**
 * The built-in benchmark of that name.
 * @throws CounterweightError `spec` for an unknown name, with the nearest.
 */
export function findBenchmarkSource(name: string): BenchmarkSource {
  const source = benchmarkSources.find((candidate) => candidate.name === name);
  if (source !== undefined) return source;
  const names = benchmarkSources.map((candidate) => candidate.name);
  const close = nearest(name, names);
  throw new CounterweightError("spec", `unknown benchmark ${visible(name)}.`, {
    fix: close === undefined ? `Known: ${names.join(", ")}.` : `Did you mean ${visible(close)}?`,
  });
}

/**
 * Loads a built-in benchmark and checks it: one class order, the same classes in real and generated
 * rows, and no text shared between test and another role unless `allowSharedText` names that role.
 * @param record the benchmark's own options and `allowSharedText`, plain values, paths resolved.
 * @throws CounterweightError `spec` for options that do not fit, `data` for rows that do not.
 */
export async function loadBenchmark(
  name: string,
  record: Readonly<Record<string, unknown>>,
): Promise<LoadedBenchmark> {
  const source = findBenchmarkSource(name);
  const { allowSharedText, ...own } = record;
  const shared = readOptions(
    `benchmark ${name}`,
    { allowSharedText: allowSharedTextOption },
    { allowSharedText },
  );
  const allow: readonly SharingRole[] = shared.choiceList("allowSharedText", sharingRoles) ?? [];
  const loaded = await source.load(own);
  checkBenchmarkLabels(loaded.benchmark);
  checkSharedText(loaded.benchmark, allow);
  return loaded;
}
