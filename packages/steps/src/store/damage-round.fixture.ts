import { createHash } from "node:crypto";
import { open, readFile, rename, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { at, randomStream, sha256 } from "@counterweight/base";
import { keyOf, type Making } from "../step.js";
import { type FolderStore, folderStore } from "./folder-store.js";
import { makeToy, toyKey, toyRecord } from "./toy-entry.fixture.js";

export interface DamageReport {
  readonly problems: readonly string[];
  /** Damages that were done. */
  readonly places: number;
}

const fileNames = ["entry.json", "entry.log", "weights.bin", "reports/note.txt"];
const log = "2026-01-01T00:00:00.000Z a line\n";

const folderOf = (store: FolderStore, key: string): string =>
  join(store.folder, "entries", key.slice(0, 2), key);

/**
 * Flips one bit of every byte of a small entry, one after the other: each is found by the next read,
 * set aside, and the entry is made anew with the same bits.
 * @param number of the toy; also decides which bit of a byte
 */
export async function damageEveryByte(folder: string, number: number): Promise<DamageReport> {
  const store = folderStore(folder);
  const problems: string[] = [];
  const key = toyKey(number);
  const entry = folderOf(store, key);
  let places = 0;
  await makeToy(store, number, { log });
  const good = await Promise.all(fileNames.map((name) => readFile(join(entry, name))));
  for (const [index, name] of fileNames.entries()) {
    const path = join(entry, name);
    const bytes = at(good, index);
    for (let place = 0; place < bytes.length; place++) {
      const flipped = Buffer.from(bytes);
      flipped[place] = at(bytes, place) ^ (1 << ((place + number) % 8));
      await writeFile(path, flipped);
      places += 1;
      const lookup = await store.read(key);
      if (lookup.kind !== "damaged" || !lookup.reason.startsWith(name)) {
        problems.push(`byte ${place} of ${name}: ${JSON.stringify(lookup)}`);
        await store.remove(key);
      } else await rm(lookup.movedTo, { recursive: true });
      await makeToy(store, number, { log });
      if (!(await readFile(path)).equals(bytes)) problems.push(`${name} was made otherwise`);
    }
  }
  await store.close();
  return { problems, places };
}

const largeBytes = 1 << 20;
/** Files older than this are not hashed again where nothing was written since. */
const settleMilliseconds = 2600;

const largeMaking = (number: number): Making => ({
  ...{ kind: "large", version: 1, settings: { number }, inputs: {} },
});
const largeContent = (number: number, name: string): Buffer =>
  createHash("shake256", { outputLength: largeBytes }).update(`${number} ${name}`).digest();
const largeNames = ["a.bin", "b.bin"];

async function makeLarge(store: FolderStore, number: number): Promise<void> {
  const making = largeMaking(number);
  const claim = await store.claim(keyOf(making));
  if (claim.kind !== "mine") throw new Error(`large ${number} is ${claim.kind}`);
  for (const name of largeNames) {
    await writeFile(join(claim.lease.draft, name), largeContent(number, name));
  }
  const outcome = await claim.lease.publish({ making, record: toyRecord(), result: null, log });
  if (outcome !== "published") throw new Error(`large ${number} was ${outcome}`);
}

const damages = ["flip", "zero", "cut", "swap", "edit", "remove"] as const;
type Damage = (typeof damages)[number];

/** Damages a file at a place; "edit" keeps its length and sets its times back. */
async function damage(how: Damage, paths: readonly [string, string], place: number): Promise<void> {
  const [path, other] = paths;
  if (how === "remove") return rm(path);
  if (how === "cut") return truncate(path, place);
  if (how === "swap") {
    await rename(path, `${path}.x`);
    await rename(other, path);
    return rename(`${path}.x`, other);
  }
  const { atime, mtime } = await stat(path);
  const file = await open(path, "r+");
  const count = how === "flip" ? 1 : Math.min(512, largeBytes - place);
  const { buffer } = await file.read(Buffer.alloc(count), 0, count, place);
  for (const index of buffer.keys()) {
    const byte = at(buffer, index);
    buffer[index] = how === "zero" ? 0 : how === "flip" ? byte ^ 16 : 255 - byte;
  }
  await file.write(buffer, 0, count, place);
  await file.close();
  if (how === "edit") await utimes(path, atime, mtime);
}

/**
 * Damages large entries that a store has proven, one place each, and reads them by the same store:
 * each is found damaged, set aside, and made anew with the same bits.
 */
export async function damageLarge(
  folder: string,
  { entries, seed }: { readonly entries: number; readonly seed: number },
): Promise<DamageReport> {
  const store = folderStore(folder);
  const random = randomStream("damage", seed);
  const problems: string[] = [];
  const numbers = Array.from({ length: entries }, (_, index) => index);
  for (const number of numbers) await makeLarge(store, number);
  await sleep(settleMilliseconds);
  for (const number of numbers) {
    const { kind } = await store.read(keyOf(largeMaking(number)));
    if (kind !== "found") problems.push(`large ${number} is ${kind} before any damage`);
  }
  for (const number of numbers) {
    const key = keyOf(largeMaking(number));
    const how = at(damages, random.integer(damages.length));
    const place = random.integer(largeBytes);
    const [a = "", b = ""] = largeNames.map((name) => join(folderOf(store, key), name));
    await damage(how, random.integer(2) === 0 ? [a, b] : [b, a], place);
    const lookup = await store.read(key);
    if (lookup.kind !== "damaged") {
      problems.push(`large ${number}: ${how} at ${place}: ${lookup.kind}`);
      await store.remove(key);
    } else await rm(lookup.movedTo, { recursive: true });
    await makeLarge(store, number);
    const made = await store.read(key);
    for (const name of largeNames) {
      const right = sha256(largeContent(number, name));
      const found = made.kind === "found" ? sha256(await store.file(made.entry, name)) : made.kind;
      if (found !== right) problems.push(`large ${number}: ${name} was made otherwise`);
    }
    await store.remove(key);
  }
  await store.close();
  return { problems, places: entries };
}
