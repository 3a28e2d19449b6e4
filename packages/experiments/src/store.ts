import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  canonicalJson,
  removeUnfinished,
  sha256,
  systemCode,
  temporaryName,
  writeRefusal,
} from "@counterweight/base";
import { bytesOf, floatsOf } from "./float-bytes.js";
import type { EpochRecord } from "./run/backend.js";
import type { TrainingMaking } from "./run/plan.js";

/** What is kept of a finished training. */
export interface TrainingResult {
  readonly key: string;
  readonly making: TrainingMaking;
  readonly label: string;
  /** Seconds of training, without evaluation of the arrays. */
  readonly seconds: number;
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

/** What a look into the store finds. */
export type StoreLookup =
  | { readonly kind: "found"; readonly result: TrainingResult }
  | { readonly kind: "absent" }
  | { readonly kind: "damaged"; readonly reason: string };

/** Finished trainings by key. */
export interface TrainingStore {
  /** Reads an entry and proves it by its hashes. */
  read(key: string): Promise<StoreLookup>;
  /**
   * Writes an entry whole or not at all; replaces a damaged one.
   * @param model a folder with the trained model, which moves into the entry.
   */
  write(result: TrainingResult, model?: string): Promise<void>;
  /** The folder of an entry's model; undefined where none was kept. */
  model(key: string): Promise<string | undefined>;
}

type StoredResult = Omit<TrainingResult, "logProbabilities" | "rowHistory"> & {
  readonly format: 2;
  /** SHA-256 of the array files by name, 32-bit little-endian floats. */
  readonly arrays: Readonly<Record<string, string>>;
};

const resultFile = "result.jsonl";
const modelFolder = "model";
const roleArray = "log-probabilities-";
const historyArrays = {
  weights: "weights-epoch-",
  logProbabilities: "row-log-probabilities-epoch-",
} as const;
const arrayFile = (name: string): string => `${name}.f32`;

/** All arrays of a result by name. */
function arraysOf({ logProbabilities, rowHistory }: TrainingResult): Map<string, Float32Array> {
  const epochs = (stem: string, columns: readonly Float32Array[]) =>
    columns.map((values, index) => [`${stem}${index + 1}`, values] as const);
  return new Map([
    ...Object.entries(logProbabilities).map(
      ([role, values]) => [`${roleArray}${role}`, values] as const,
    ),
    ...epochs(historyArrays.weights, rowHistory.weights),
    ...epochs(historyArrays.logProbabilities, rowHistory.logProbabilities),
  ]);
}

/** The reverse of `arraysOf`. */
function fromArrays(
  arrays: ReadonlyMap<string, Float32Array>,
): Pick<TrainingResult, "logProbabilities" | "rowHistory"> {
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
    logProbabilities: Object.fromEntries(
      roles.map(([name, values]) => [name.slice(roleArray.length), values]),
    ),
    rowHistory: {
      weights: epochs(historyArrays.weights),
      logProbabilities: epochs(historyArrays.logProbabilities),
    },
  };
}

/**
 * A store of folders, `folder/<key>/`: the arrays, then `result.jsonl` with their hashes and, as its
 * last line, the hash of itself. An entry is written under a temporary name, synced and renamed.
 */
export function folderStore(folder: string): TrainingStore {
  return {
    async read(key) {
      const entry = join(folder, key);
      const text = await readIfThere(join(entry, resultFile));
      if (text === undefined) {
        const there = await isThere(entry);
        return there ? { kind: "damaged", reason: `${resultFile} is missing` } : { kind: "absent" };
      }
      const stored = parseStored(text.toString("utf8"));
      if (stored === undefined) {
        return { kind: "damaged", reason: `${resultFile} does not match its hash` };
      }
      if (stored.key !== key) return { kind: "damaged", reason: "it is the entry of another key" };
      const arrays = new Map<string, Float32Array>();
      for (const [name, hash] of Object.entries(stored.arrays)) {
        const bytes = await readIfThere(join(entry, arrayFile(name)));
        if (bytes === undefined || sha256(bytes) !== hash) {
          return { kind: "damaged", reason: `${arrayFile(name)} does not match its hash` };
        }
        arrays.set(name, floatsOf(bytes));
      }
      const { format: _, arrays: __, ...result } = stored;
      return { kind: "found", result: { ...result, ...fromArrays(arrays) } };
    },

    async model(key) {
      const place = join(folder, key, modelFolder);
      return (await isThere(join(place, "config.json"))) ? place : undefined;
    },

    async write(whole, model) {
      const { logProbabilities: _, rowHistory: __, ...result } = whole;
      const temporary = join(folder, temporaryName(`.${result.key}`));
      const entry = join(folder, result.key);
      try {
        await removeUnfinished(folder);
        await mkdir(temporary, { recursive: true });
        const arrays: Record<string, string> = {};
        for (const [name, values] of arraysOf(whole)) {
          const bytes = bytesOf(values);
          arrays[name] = sha256(bytes);
          await writeSynced(join(temporary, arrayFile(name)), bytes);
        }
        const stored: StoredResult = { format: 2, ...result, arrays };
        await writeSynced(join(temporary, resultFile), renderStored(stored));
        if (model !== undefined) await rename(model, join(temporary, modelFolder));
        await rm(entry, { recursive: true, force: true });
        await rename(temporary, entry);
      } catch (error) {
        await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
        throw writeRefusal(error, entry);
      }
    },
  };
}

/** One line of canonical JSON, then its hash on a line of its own. */
function renderStored(stored: StoredResult): string {
  const body = canonicalJson(stored);
  return `${body}\n${sha256(body)}\n`;
}

function parseStored(text: string): StoredResult | undefined {
  const [body, hash, end] = text.split("\n");
  if (body === undefined || end !== "" || sha256(body) !== hash) return undefined;
  const value: unknown = JSON.parse(body);
  // The hash proves that this process's code, or an equal one, wrote it.
  return isStored(value) ? value : undefined;
}

const isStored = (value: unknown): value is StoredResult =>
  typeof value === "object" && value !== null && "format" in value && value.format === 2;

async function writeSynced(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

const missing = (error: unknown): boolean =>
  ["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "");

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (missing(error)) return undefined;
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await (await open(path)).close();
    return true;
  } catch (error) {
    if (missing(error)) return false;
    throw error;
  }
}
