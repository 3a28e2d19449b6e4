/**
 * A process that uses a store beside others. Its first word says how:
 * - `race FOLDER LOG SEED KEYS LEASE`: makes all toys that nobody else makes, and tells the log;
 * - `owner FOLDER NUMBER LEASE`: owns a toy, makes it when it gets a line, and says how that went;
 * Answers are lines of JSON.
 */
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { randomStream } from "@counterweight/base";
import type { Store } from "../store.js";
import { folderStore } from "./folder-store.js";
import { isToy, publishToy, toyKey, toyRecord, writeToy } from "./toy-entry.fixture.js";

/** What racers tell the log. */
export interface RaceLine {
  readonly what: "making" | "published" | "already" | "lost" | "wrong";
  readonly number: number;
  readonly process: number;
  readonly token?: number;
  readonly from?: number | undefined;
  readonly detail?: string;
}

const say = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};

const lines = () => createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/**
 * Differs from process to process, as real ones do: a publisher that was told an error knows its own
 * entry by its marker.
 */
const record = { ...toyRecord(), label: `a toy of process ${process.pid}` };

async function race(store: Store, log: string, seed: string, keys: number): Promise<void> {
  const random = randomStream("racer", seed);
  const tell = (line: Omit<RaceLine, "process">): void =>
    appendFileSync(log, `${JSON.stringify({ ...line, process: process.pid })}\n`);
  const open = Array.from({ length: keys }, (_, number) => number);
  while (open.length > 0) {
    const place = random.integer(open.length);
    const number = open[place] ?? 0;
    const lookup = await store.read(toyKey(number));
    if (lookup.kind === "found") {
      if (!(await isToy(store, lookup.entry, number))) tell({ what: "wrong", number });
      open.splice(place, 1);
      continue;
    }
    if (lookup.kind === "damaged") tell({ what: "wrong", number, detail: lookup.reason });
    const claim = await store.claim(toyKey(number));
    if (claim.kind !== "mine") {
      await sleep(random.integer(20));
      continue;
    }
    const { lease } = claim;
    tell({ what: "making", number, token: lease.token, from: lease.takenFrom?.process });
    try {
      await writeToy(lease.draft, number, async () => {
        writeFileSync(join(lease.work, "checkpoint"), String(number));
        await sleep(random.integer(60));
      });
      tell({ what: await publishToy(lease, number, { record }), number, token: lease.token });
    } catch (error) {
      // A woken owner finds its folders gone.
      const mine = await lease.stillMine();
      tell({ what: mine ? "wrong" : "lost", number, detail: String(error) });
    } finally {
      await lease.release();
    }
  }
}

async function owner(store: Store, number: number): Promise<void> {
  const claim = await store.claim(toyKey(number));
  if (claim.kind !== "mine") throw new Error(claim.kind);
  const { lease } = claim;
  await writeToy(lease.draft, number);
  writeFileSync(join(lease.work, "checkpoint"), "half");
  say({ token: lease.token });
  await lines().next();
  const outcome = await publishToy(lease, number, { record });
  say({ outcome, lost: lease.lost.aborted, draft: existsSync(lease.draft) });
}

const [how, folder = "", ...words] = process.argv.slice(2);
const leaseSeconds = Number(words.at(-1));
const store = folderStore(folder, { leaseSeconds });
const [first = "", second = "", third = ""] = words;
if (how === "race") await race(store, first, second, Number(third));
else if (how === "owner") await owner(store, Number(first));
// The pipe to the parent would keep the process alive.
process.stdin.unref?.();
process.exit();
