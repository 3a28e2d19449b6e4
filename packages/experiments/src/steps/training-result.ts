import { CounterweightError } from "@counterweight/base";
import type { Entry, Store } from "@counterweight/steps";
import { bytesOf, floatsOf } from "../float-bytes.js";
import type { EpochRecord } from "../run/backend.js";
import { writeDraft } from "./write-draft.js";

/** What is kept of a finished training, or of a vote of several. */
export interface TrainingResult {
  readonly key: string;
  readonly label: string;
  /** Wall time, all attempts at it added up. */
  readonly seconds: number;
  /** 0 for a vote. */
  readonly bestEpoch: number;
  readonly epochs: readonly EpochRecord[];
  /** One entry a step. */
  readonly steps: { readonly loss: readonly number[]; readonly learningRate: readonly number[] };
  /** Natural-log probabilities by role, row-major `[rows, classes]`. */
  readonly logProbabilities: Readonly<Record<string, Float32Array>>;
  readonly rowHistory: RowHistory;
}

/** Columns of the training rows, an array an epoch, each `[rows]`; empty where none were reported. */
export interface RowHistory {
  /** The loss's weight of each row as last used. */
  readonly weights: readonly Float32Array[];
  /** `log p(y|x)` of each row's label as last seen in training, dropout on. */
  readonly logProbabilities: readonly Float32Array[];
}

/** The part of it that is small, as an entry's `result` holds it. */
type SmallResult = Pick<TrainingResult, "seconds" | "bestEpoch" | "epochs" | "steps">;

const roleArray = "log-probabilities-";
const historyArrays = {
  weights: "weights-epoch-",
  logProbabilities: "row-log-probabilities-epoch-",
} as const;
const ending = ".f32";

/** All arrays of a result by the name of their file. */
function arraysOf({
  logProbabilities,
  rowHistory,
}: Pick<TrainingResult, "logProbabilities" | "rowHistory">): [string, Float32Array][] {
  const epochs = (stem: string, columns: readonly Float32Array[]) =>
    columns.map((values, index): [string, Float32Array] => [`${stem}${index + 1}`, values]);
  return [
    ...Object.entries(logProbabilities).map(([role, values]): [string, Float32Array] => [
      `${roleArray}${role}`,
      values,
    ]),
    ...epochs(historyArrays.weights, rowHistory.weights),
    ...epochs(historyArrays.logProbabilities, rowHistory.logProbabilities),
  ];
}

/** Writes a result's arrays into a draft; gives what the entry's `result` is to hold. */
export async function writeTraining(
  draft: string,
  result: Omit<TrainingResult, "key" | "label">,
): Promise<SmallResult> {
  for (const [name, values] of arraysOf(result)) {
    await writeDraft(draft, `${name}${ending}`, bytesOf(values));
  }
  const { seconds, bestEpoch, epochs, steps } = result;
  return { seconds, bestEpoch, epochs, steps };
}

/** Reads a result back from a proven entry. */
export async function readTraining(store: Store, entry: Entry): Promise<TrainingResult> {
  const arrays = new Map<string, Float32Array>();
  for (const name of Object.keys(entry.files)) {
    if (!name.endsWith(ending)) continue;
    arrays.set(name.slice(0, -ending.length), floatsOf(await store.file(entry, name)));
  }
  const epochs = (stem: string): Float32Array[] => {
    const columns: Float32Array[] = [];
    for (let epoch = 1; ; epoch++) {
      const values = arrays.get(`${stem}${epoch}`);
      if (values === undefined) return columns;
      columns.push(values);
    }
  };
  const roles = [...arrays].filter(([name]) => name.startsWith(roleArray));
  return {
    key: entry.key,
    label: entry.record.label,
    ...courseOf(entry),
    logProbabilities: Object.fromEntries(
      roles.map(([name, values]) => [name.slice(roleArray.length), values]),
    ),
    rowHistory: {
      weights: epochs(historyArrays.weights),
      logProbabilities: epochs(historyArrays.logProbabilities),
    },
  };
}

/** A training's course and what it took, from a proven entry; none of its arrays is read. */
export function courseOf(entry: Entry): SmallResult {
  const small = smallResult(entry);
  // The entry's record adds up what all attempts took; a vote takes what its checkers took.
  return { ...small, seconds: entry.making.kind === "vote" ? small.seconds : entry.record.seconds };
}

/** The entry's hash proves that this package's code, at the version in its making, wrote it. */
function smallResult({ result, record }: Entry): SmallResult {
  const isSmall = (value: unknown): value is SmallResult =>
    typeof value === "object" && value !== null && "bestEpoch" in value && "steps" in value;
  if (isSmall(result)) return result;
  throw new CounterweightError("internal", `${record.label}: no result of a training`);
}
