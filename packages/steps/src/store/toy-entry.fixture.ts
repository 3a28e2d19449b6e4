import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { randomStream } from "@counterweight/base";
import { keyOf, type Making } from "../step.js";
import type { Entry, EntryRecord, Lease, Store } from "../store.js";

/** A making like those of real steps, one a number. */
export const toyMaking = (number: number): Making => ({
  kind: "toy",
  version: 1,
  settings: { number, train: { learningRate: 0.1, tags: ["a", "b"] } },
  inputs: {},
});

export const toyKey = (number: number): string => keyOf(toyMaking(number));

export const toyRecord = (): EntryRecord => ({
  started: "2026-01-01T00:00:00.000Z",
  ended: "2026-01-01T00:00:01.000Z",
  seconds: 1,
  label: "a toy",
  cost: { shape: "toy", units: 1 },
  threads: 1,
  code: {},
  machine: { id: "0", cpu: "none", cores: 1, memoryGiB: 1, platform: "none", node: "none" },
  executor: "test",
  attempt: 1,
});

/** The files of a toy: the same bytes whoever makes them. */
export function toyFiles(number: number): ReadonlyMap<string, Buffer> {
  const random = randomStream("toy", number);
  const bytes = (count: number) =>
    Buffer.from(Uint8Array.from({ length: count }, () => random.integer(256)));
  return new Map([
    ["weights.bin", bytes(40 + random.integer(200))],
    ["reports/note.txt", bytes(random.integer(20))],
  ]);
}

/** Writes a toy's files into a draft, with a pause after each. */
export async function writeToy(
  draft: string,
  number: number,
  pause: () => Promise<void> = async () => undefined,
): Promise<void> {
  for (const [name, bytes] of toyFiles(number)) {
    await mkdir(join(draft, name, ".."), { recursive: true });
    await writeFile(join(draft, name), bytes);
    await pause();
  }
}

export const publishToy = (
  lease: Lease,
  number: number,
  more: { readonly log?: string; readonly record?: EntryRecord } = {},
): ReturnType<Lease["publish"]> =>
  lease.publish({ making: toyMaking(number), record: toyRecord(), result: { number }, ...more });

/** Claims, makes and publishes a toy that nobody else makes. */
export async function makeToy(
  store: Store,
  number: number,
  more: { readonly log?: string } = {},
): Promise<void> {
  const claim = await store.claim(toyKey(number));
  if (claim.kind !== "mine") throw new Error(`a toy is ${claim.kind}`);
  await writeToy(claim.lease.draft, number);
  const outcome = await publishToy(claim.lease, number, more);
  if (outcome !== "published") throw new Error(`a toy was ${outcome}`);
}

/** Whether an entry is the toy, to the byte. */
export async function isToy(store: Store, entry: Entry, number: number): Promise<boolean> {
  const files = toyFiles(number);
  if (Object.keys(entry.files).sort().join() !== [...files.keys()].sort().join()) return false;
  for (const [name, bytes] of files) {
    if (!bytes.equals(await store.file(entry, name))) return false;
  }
  return JSON.stringify(entry.result) === JSON.stringify({ number });
}
