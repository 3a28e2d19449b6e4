import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson, sha256 } from "@counterweight/base";
import { isResultFile } from "@counterweight/steps";
import { storeOf } from "./run-process.fixture.js";

/** Times and machines differ between runs that are otherwise equal. */
const ofTheRun = new Set(["time", "seconds", "environment"]);

/** The JSON value without them, the same text for equal values whatever the order of their keys. */
const withoutTimes = (text: string): string =>
  canonicalJson(JSON.parse(text, (key, value) => (ofTheRun.has(key) ? undefined : value)));

/** Outputs that hold nothing of the moment: their bytes are compared. */
const fixed = [
  "results.csv",
  "predictions.csv",
  "weights.csv",
  "ledger.csv",
  "ledger.parquet",
  "spec.yaml",
];

/** An entry of a store: its key, and the folder with its files. */
export interface StoredEntry {
  readonly key: string;
  readonly kind: string;
  readonly label: string;
  readonly folder: string;
}

/** The entries of a run's store, by key. */
export async function storedEntries(out: string): Promise<StoredEntry[]> {
  const entries = join(storeOf(out), "entries");
  const found: StoredEntry[] = [];
  for (const shard of (await readdir(entries)).sort()) {
    for (const key of (await readdir(join(entries, shard))).sort()) {
      const folder = join(entries, shard, key);
      const [body = ""] = (await readFile(join(folder, "entry.json"), "utf8")).split("\n");
      const { making, record } = JSON.parse(body);
      found.push({ key, folder, kind: making.kind, label: record.label });
    }
  }
  return found;
}

/**
 * All that must be equal between an undisturbed run and one that was disturbed, by file: a hash of
 * the bytes, or of what is left of results without times and environment. Of an entry that is
 * the result files, and of its marker all but what it says of who made it, when and how.
 */
export async function comparableResults(out: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of fixed) found[name] = sha256(await readFile(join(out, name)));
  found["results.json"] = sha256(withoutTimes(await readFile(join(out, "results.json"), "utf8")));
  for (const { key, folder } of await storedEntries(out)) {
    for (const name of (await readdir(folder)).filter(isResultFile).sort()) {
      found[`${key}/${name}`] = sha256(await readFile(join(folder, name)));
    }
    const [body = ""] = (await readFile(join(folder, "entry.json"), "utf8")).split("\n");
    const { record: _, log: __, ...rest } = JSON.parse(body);
    found[`${key}/entry.json`] = sha256(withoutTimes(JSON.stringify(rest)));
  }
  return found;
}

/** Whatever lies in a finished folder and should not: temporary files, checkpoints, leases. */
export async function leftovers(out: string): Promise<string[]> {
  const all = await readdir(out, { recursive: true });
  return all.filter((name) => /\.tmp\b/.test(name) || /^store\/(work|drafts|leases)\/./.test(name));
}

/** What the tests read of an event. */
export interface LoggedLine {
  readonly type: string;
  readonly run: string;
  readonly training?: string;
  readonly step?: number;
  readonly problem?: string;
  readonly damaged?: readonly string[];
}

/** `events.jsonl`, every line of which must be JSON. */
export async function loggedEvents(out: string): Promise<LoggedLine[]> {
  const text = await readFile(join(out, "events.jsonl"), "utf8");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line): LoggedLine => JSON.parse(line));
}

/** How a training went on after a kill, from the log. */
export interface Continuation {
  /** The last step that the killed run told of. */
  readonly reached: number;
  /** The last checkpoint that it told of; 0 where none was written. */
  readonly saved: number;
  /** The step that the next run went on from. */
  readonly resumed: number;
}

/** Every training of a log that one run left in the middle and the next took up. */
export function continuations(events: readonly LoggedLine[]): Continuation[] {
  const found: Continuation[] = [];
  const open = new Map<string, { reached: number; saved: number; started: boolean }>();
  for (const { type, training, step = 0, problem } of events) {
    if (training === undefined) continue;
    const before = open.get(training) ?? { reached: 0, saved: 0, started: false };
    // A run that is killed before it tells where it goes on leaves things as they were.
    if (type === "training-start") open.set(training, { ...before, started: true });
    if (type === "training-end") open.delete(training);
    if (!open.has(training)) continue;
    const { reached, saved } = before;
    if (type === "resumed") {
      found.push({ reached, saved, resumed: step });
      open.set(training, { reached: step, saved: step, started: false });
    } else if (type === "step") {
      const fromTheStart = before.started && reached > 0;
      if (fromTheStart) found.push({ reached, saved, resumed: 0 });
      open.set(training, { reached: step, saved: fromTheStart ? 0 : saved, started: false });
    } else if (type === "checkpoint" && problem === undefined) {
      open.set(training, { ...before, saved: step });
    }
  }
  return found;
}
