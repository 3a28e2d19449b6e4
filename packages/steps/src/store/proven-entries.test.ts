import { copyFile, mkdtemp, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at } from "@counterweight/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Entry } from "../store.js";
import { type FolderStore, folderStore } from "./folder-store.js";
import { makeToy, toyKey } from "./toy-entry.fixture.js";
import { verify } from "./verify.js";

/** Bytes that go piece by piece into hashes of this process, as those of files do. */
const { Hash } = createRequire(import.meta.url)("node:crypto");
let hashed = 0;
const { update } = Hash.prototype;
function countBytes(this: unknown, content: string | Uint8Array, ...rest: unknown[]): unknown {
  hashed += content.length;
  return Reflect.apply(update, this, [content, ...rest]);
}

let root = "";
let store: FolderStore;
const folderOf = (number: number) =>
  join(root, "entries", toyKey(number).slice(0, 2), toyKey(number));
const weightsOf = (number: number) => join(folderOf(number), "weights.bin");
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "counterweight-proven-"));
  store = folderStore(root);
  for (let number = 0; number < 5; number++) await makeToy(store, number);
  // Until every write since leaves a trace.
  await new Promise((done) => setTimeout(done, 2600));
  Hash.prototype.update = countBytes;
}, 60_000);
afterAll(async () => {
  Hash.prototype.update = update;
  await store.close();
  await rm(root, { recursive: true });
});

async function hashedBy(action: () => Promise<unknown>): Promise<number> {
  hashed = 0;
  await action();
  return hashed;
}

async function entryOf(number: number): Promise<Entry> {
  const lookup = await store.read(toyKey(number));
  if (lookup.kind !== "found") throw new Error(lookup.kind);
  return lookup.entry;
}

describe("an entry that was proven", () => {
  it("is hashed once by a store, and again by `afresh` and another store", async () => {
    const key = toyKey(0);
    const first = await hashedBy(() => store.read(key));
    const { size } = await stat(weightsOf(0));
    expect(first).toBeGreaterThanOrEqual(size);
    expect(await hashedBy(() => store.read(key))).toBeLessThanOrEqual(first - size);
    expect(await hashedBy(() => store.read(key, { afresh: true }))).toBe(first);
    expect(await hashedBy(() => folderStore(root).read(key))).toBe(first);
  });

  it.each<[number, string, (path: string) => Promise<unknown>]>([
    [
      1,
      "a byte flipped and the time of the write set back",
      async (path) => {
        const { atime, mtime } = await stat(path);
        const bytes = await readFile(path);
        bytes[3] = at(bytes, 3) ^ 1;
        await writeFile(path, bytes);
        await utimes(path, atime, mtime);
      },
    ],
    [
      2,
      "another file of its length and times in its place",
      async (path) => {
        const { atime, mtime } = await stat(path);
        const other = join(root, "other");
        await copyFile(path, other);
        const bytes = await readFile(other);
        bytes[0] = at(bytes, 0) ^ 128;
        await writeFile(other, bytes);
        await utimes(other, atime, mtime);
        await rename(other, path);
      },
    ],
    [3, "removed", (path) => rm(path)],
  ])("toy %i is found damaged by the next read: %s", async (number, _, damage) => {
    await entryOf(number);
    await entryOf(number);
    await damage(weightsOf(number));
    expect((await store.read(toyKey(number))).kind).toBe("damaged");
    await makeToy(store, number);
  });

  it("is hashed again while its files are so young that a write may leave no trace", async () => {
    await makeToy(store, 9);
    const first = await hashedBy(() => store.read(toyKey(9)));
    const again = await hashedBy(() => store.read(toyKey(9)));
    // The machine may be slow enough for the files to have settled meanwhile.
    const { ctimeMs } = await stat(weightsOf(9));
    if (Date.now() - ctimeMs < 2400) expect(again).toBe(first);
  });

  it("is looked at afresh once `file` found what no read could", async () => {
    const entry = await entryOf(4);
    const known = await hashedBy(() => store.read(toyKey(4)));
    // As damage on the disk would show: by its times the file is whole, by its bytes it is not.
    const proof = { bytes: 0, sha256: "0".repeat(64) };
    const rotten = { ...entry, files: { "weights.bin": proof } };
    await expect(store.file(rotten, "weights.bin")).rejects.toMatchObject({ kind: "data" });
    const { size } = await stat(weightsOf(4));
    expect(await hashedBy(() => store.read(toyKey(4)))).toBeGreaterThanOrEqual(known + size);
  });

  it("is hashed by `verify` all the same", async () => {
    const once = await hashedBy(() => verify(folderStore(root)));
    await verify(store);
    expect(await hashedBy(() => verify(store))).toBe(once);
  });
});
