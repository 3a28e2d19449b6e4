import {
  appendFile,
  cp,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FolderStore, folderStore } from "./folder-store.js";
import { proveEntry } from "./prove.js";
import { isToy, makeToy, toyKey } from "./toy-entry.fixture.js";
import { verify } from "./verify.js";

// Each publishing waits for the disk, which others may use.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let root: string;
let store: FolderStore;
let entry: string;
const key = toyKey(0);
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "counterweight-damage-"));
  store = folderStore(root);
  await makeToy(store, 0, { log: "a line\n" });
  entry = join(root, "entries", key.slice(0, 2), key);
});
afterEach(async () => {
  await store.close();
  await rm(root, { recursive: true });
});

/** The entry must be found damaged and set aside; gives where it is then. */
async function expectDamaged(reason: RegExp): Promise<string> {
  const lookup = await store.read(key);
  if (lookup.kind !== "damaged") throw new Error(`found ${lookup.kind}, not ${reason}`);
  expect(lookup.reason).toMatch(reason);
  expect(dirname(lookup.movedTo)).toBe(join(root, "quarantine"));
  return lookup.movedTo;
}

const files = ["entry.json", "entry.log", "weights.bin", "reports/note.txt"];

describe("a damaged entry", () => {
  it("is found for every flipped byte and every length", async () => {
    for (const name of files) {
      const path = join(entry, name);
      const good = await readFile(path);
      expect(good.length).toBeGreaterThan(0);
      for (let place = 0; place < good.length; place++) {
        const flipped = Buffer.from(good);
        flipped[place] = (flipped[place] ?? 0) ^ (1 << (place % 8));
        for (const bad of [flipped, good.subarray(0, place)]) {
          await writeFile(path, bad);
          expect(await proveEntry(entry, key)).toMatchObject({
            kind: "damaged",
            reason: expect.stringMatching(new RegExp(`^${name} (does not match|has)`)),
          });
        }
        if (place % 20 > 0) continue;
        const movedTo = await expectDamaged(new RegExp(`^${name}`));
        await rm(`${movedTo}.txt`);
        await rename(movedTo, entry);
      }
      await writeFile(path, good);
      expect(await store.read(key)).toMatchObject({ kind: "found" });
    }
  });

  it.each<[string, RegExp, (path: string) => Promise<unknown>]>([
    ["a file removed", /^weights.bin is missing/, (path) => rm(join(path, "weights.bin"))],
    ["a folder removed", /is missing/, (path) => rm(join(path, "reports"), { recursive: true })],
    ["the marker removed", /^entry.json is missing/, (path) => rm(join(path, "entry.json"))],
    [
      "everything removed",
      /^entry.json is missing/,
      async (path) => {
        for (const name of await readdir(path)) await rm(join(path, name), { recursive: true });
      },
    ],
    ["a file cut", /instead of/, (path) => truncate(join(path, "weights.bin"), 3)],
    ["a file longer", /instead of/, (path) => appendFile(join(path, "weights.bin"), "x")],
    ["the marker longer", /does not match/, (path) => appendFile(join(path, "entry.json"), "\n")],
    ["a strange file", /^reports\/x does not/, (path) => writeFile(join(path, "reports/x"), "")],
    [
      "a link for a file",
      /does not belong/,
      async (path) => {
        await rename(join(path, "weights.bin"), join(root, "elsewhere"));
        await symlink(join(root, "elsewhere"), join(path, "weights.bin"));
      },
    ],
    [
      "the entry of another key",
      /another key/,
      async (path) => {
        await makeToy(store, 1);
        await rm(path, { recursive: true });
        await cp(join(root, "entries", toyKey(1).slice(0, 2), toyKey(1)), path, {
          recursive: true,
        });
      },
    ],
    [
      "a file of another entry",
      /does not match|instead of/,
      async (path) => {
        await makeToy(store, 1);
        const other = join(root, "entries", toyKey(1).slice(0, 2), toyKey(1), "weights.bin");
        await cp(other, join(path, "weights.bin"));
      },
    ],
  ])("%s: it is set aside and can be made anew", async (_, reason, damage) => {
    await damage(entry);
    const movedTo = await expectDamaged(reason);
    expect(await readFile(`${movedTo}.txt`, "utf8")).toMatch(
      new RegExp(reason.source.replace("^", "")),
    );
    expect(await store.has(key)).toBe(false);
    expect(await store.read(key)).toEqual({ kind: "absent" });
    await makeToy(store, 0);
    const lookup = await store.read(key);
    expect(lookup.kind === "found" && (await isToy(store, lookup.entry, 0))).toBe(true);
  });

  it("is set aside once by two who read it, and the other finds nothing wrong", async () => {
    const other = folderStore(root);
    for (let round = 0; round < 20; round++) {
      await appendFile(join(entry, "weights.bin"), "x");
      const kinds = (await Promise.all([store.read(key), other.read(key)])).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === "damaged")).toHaveLength(1);
      expect(kinds.filter((kind) => kind === "absent")).toHaveLength(1);
      await makeToy(store, 0);
    }
  });

  it("is found by `file` when it was damaged after it had been proven", async () => {
    const lookup = await store.read(key);
    if (lookup.kind !== "found") throw new Error(lookup.kind);
    await appendFile(join(entry, "weights.bin"), "x");
    await expect(store.file(lookup.entry, "weights.bin")).rejects.toMatchObject({ kind: "data" });
    await rm(join(entry, "weights.bin"));
    await expect(store.file(lookup.entry, "weights.bin")).rejects.toThrow("is gone");
    await expect(store.file(lookup.entry, "../../x")).rejects.toMatchObject({ kind: "internal" });
  });

  it("is found by `verify` among whole ones", async () => {
    for (const number of [1, 2, 3]) await makeToy(store, number);
    await rm(join(entry, "weights.bin"));
    const seen: string[] = [];
    const found = await verify(store, { onEntry: (found) => seen.push(found) });
    expect(found).toMatchObject({ whole: 3, damaged: [{ key, reason: "weights.bin is missing" }] });
    expect(seen).toEqual([0, 1, 2, 3].map(toyKey).sort());
    expect((await verify(store)).damaged).toEqual([]);
  });
});
