import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { canonicalJson, sha256 } from "@counterweight/base";
import { isResultFile } from "@counterweight/steps";

/** Times and machines differ between runs that are otherwise equal. */
const ofTheRun = new Set(["time", "seconds", "environment"]);

/** Outputs whose bytes are compared. */
const fixed = [
  "results.csv",
  "predictions.csv",
  "weights.csv",
  "ledger.csv",
  "ledger.parquet",
  "spec.yaml",
];

/** SHA-256 of what has to be equal, by the name of what it is. */
export type Digests = Readonly<Record<string, string>>;

/** The same text for equal values without times and machines, whatever the order of their keys. */
const withoutTimes = (text: string, others: readonly string[] = []): string =>
  canonicalJson(
    JSON.parse(text, (key, value) =>
      ofTheRun.has(key) || others.includes(key) ? undefined : value,
    ),
  );

/** A card names the commit of the working tree, which may move on between two runs. */
const withoutCommit = (card: string): string => card.replace(/^\| commit \|.*$/m, "");

/**
 * Outputs of a run: tables, the ledger, results without times and environment, models.
 * @param anyExecutor leaves out what repeats the spec's section `run`, which says who made the steps
 */
export async function outputDigests(out: string, { anyExecutor = false } = {}): Promise<Digests> {
  const found: Record<string, string> = {};
  for (const name of fixed) {
    if (anyExecutor && name === "spec.yaml") continue;
    found[name] = sha256(await readFile(join(out, name)));
  }
  const results = await readFile(join(out, "results.json"), "utf8");
  found["results.json"] = sha256(withoutTimes(results, anyExecutor ? ["run"] : []));
  const models = join(out, "models");
  for (const name of await filesIn(models)) {
    const bytes = await readFile(join(models, name));
    const isCard = basename(name) === "README.md";
    if (anyExecutor && isCard) continue;
    found[`models/${name}`] = sha256(isCard ? withoutCommit(bytes.toString("utf8")) : bytes);
  }
  return found;
}

/** An entry of a store, by its marker. */
export interface SweepEntry {
  readonly key: string;
  readonly kind: string;
  readonly label: string;
  readonly folder: string;
  /** Names of the files of its result: not the marker, nor the log of how it was made. */
  readonly files: readonly string[];
}

/** Entries of a store, by key. */
export async function sweepEntries(store: string): Promise<SweepEntry[]> {
  const entries = join(store, "entries");
  const found: SweepEntry[] = [];
  for (const shard of (await readdir(entries)).sort()) {
    for (const key of (await readdir(join(entries, shard))).sort()) {
      const folder = join(entries, shard, key);
      const { making, record } = await markerIn(folder);
      const files = (await filesIn(folder)).filter(isResultFile);
      found.push({ key, folder, files, kind: making.kind, label: record.label });
    }
  }
  return found;
}

/** Every file of every result; of a marker all but what it says of who made it, when and how. */
export async function entryDigests(store: string): Promise<Digests> {
  const found: Record<string, string> = {};
  for (const { key, folder, files } of await sweepEntries(store)) {
    for (const name of files) found[`${key}/${name}`] = sha256(await readFile(join(folder, name)));
    const { record: _, log: __, ...marker } = await markerIn(folder);
    found[`${key}/entry.json`] = sha256(withoutTimes(JSON.stringify(marker)));
  }
  return found;
}

/** Names that are in one and not the other, or stand for something else there. */
export function differences(found: Digests, wanted: Digests): string[] {
  const names = new Set([...Object.keys(found), ...Object.keys(wanted)]);
  return [...names].filter((name) => found[name] !== wanted[name]).sort();
}

/** What lies in a store or folder of results after its end and should not. */
export async function remains({
  out,
  store,
}: {
  readonly out: string;
  readonly store: string;
}): Promise<string[]> {
  const work = ["work", "drafts", "leases"];
  const inStore = (await filesIn(store)).filter((name) => work.includes(name.split("/")[0] ?? ""));
  const unfinished = (await filesIn(out)).filter(
    (name) => /\.tmp\b/.test(name) || name === "run.lock",
  );
  return [...inStore, ...unfinished];
}

/** What happened to a sweep, over all commands that it took. */
export interface Tally {
  /** Trainings that went on after step 0. */
  resumed: number;
  /** Steps whose owner was replaced since its process was gone. */
  inherited: number;
  /** Steps whose owner was replaced though its process was there, silent past its lease. */
  takenOver: number;
  /** Steps that were computed to the end twice, and their keys. */
  readonly twice: string[];
  /** Those of them of whom no take-over was told. */
  readonly twiceUnreported: string[];
  attemptsFailed: number;
}

/**
 * Reads the event logs and the steps' own logs, which the processes that make them write: a step is
 * computed again if its log has more than one end.
 * @param outs all folders of results that worked on one store
 */
export async function tallyOf(outs: readonly string[]): Promise<Tally> {
  const tally: Tally = {
    resumed: 0,
    inherited: 0,
    takenOver: 0,
    twice: [],
    twiceUnreported: [],
    attemptsFailed: 0,
  };
  const ends = new Map<string, number>();
  const taken = new Set<string>();
  const inherited = new Set<string>();
  const replaced = (key: string, silentSeconds: number) =>
    (silentSeconds >= leaseSeconds ? taken : inherited).add(key);
  for (const out of outs) {
    for (const { type, step = 0, silentSeconds = 0 } of await eventsIn(out)) {
      if (type === "resumed" && step !== 0) tally.resumed += 1;
      if (type === "step-taken-over") replaced(String(step), silentSeconds);
      if (type === "step-retry") tally.attemptsFailed += 1;
    }
    const logs = join(out, "logs");
    for (const name of await filesIn(logs)) {
      const text = await readFile(join(logs, name), "utf8");
      const count = text.match(/Z (made in |published by another process)/g)?.length ?? 0;
      ends.set(name, (ends.get(name) ?? 0) + count);
      for (const [, silent] of text.matchAll(/Z taken over from .* silent for ([\d.]+) s/g)) {
        replaced(basename(name, ".log"), Number(silent));
      }
    }
  }
  for (const [name, count] of ends) {
    if (count < 2) continue;
    tally.twice.push(name);
    if (!taken.has(basename(name, ".log"))) tally.twiceUnreported.push(name);
  }
  tally.takenOver = taken.size;
  tally.inherited = inherited.size;
  return tally;
}

/** The store's lease: an owner that is there may not be replaced before. */
const leaseSeconds = 30;

interface LoggedEvent {
  readonly type: string;
  /** Number of a training's step, or key of the plan's. */
  readonly step?: number | string;
  readonly silentSeconds?: number;
}

/** `events.jsonl`; all but an unfinished last line must be JSON. */
async function eventsIn(out: string): Promise<LoggedEvent[]> {
  const text = await readFile(join(out, "events.jsonl"), "utf8").catch(() => "");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line): LoggedEvent => JSON.parse(line));
}

interface MarkerBody {
  readonly making: { readonly kind: string };
  readonly record: { readonly label: string };
  readonly log?: unknown;
}

async function markerIn(folder: string): Promise<MarkerBody> {
  const [body = ""] = (await readFile(join(folder, "entry.json"), "utf8")).split("\n");
  return JSON.parse(body);
}

/** Paths of all files below a folder, sorted; none where there is no folder. */
async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
}
