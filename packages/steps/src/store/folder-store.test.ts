import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { canonicalJson, sha256 } from "@counterweight/base";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keyOf, type Making } from "../step.js";
import { logFile, readLog } from "./entry-log.js";
import { type FolderStore, folderStore } from "./folder-store.js";
import { isToy, makeToy, publishToy, toyKey, toyMaking, toyRecord } from "./toy-entry.fixture.js";

// Each publishing waits for the disk, which others may use.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let root: string;
let store: FolderStore;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "counterweight-store-"));
  store = folderStore(join(root, "store"));
});
afterEach(async () => {
  await store.close();
  await rm(root, { recursive: true });
});

describe("folderStore", () => {
  it("gives back what was published: files, result, making and record", async () => {
    const segment = fc
      .stringMatching(/^[\p{L}\p{N}._ -]{1,12}$/u)
      .filter((name) => !/^\.+$/.test(name) && Buffer.byteLength(name) < 200);
    const files = fc.dictionary(
      fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")),
      fc.uint8Array({ maxLength: 3000 }),
      { maxKeys: 5 },
    );
    let round = 0;
    await fc.assert(
      fc.asyncProperty(files, fc.jsonValue(), fc.jsonValue(), async (files, result, setting) => {
        const names = Object.keys(files);
        fc.pre(
          !names.some((name) => /^entry\.(json|log)(\/|$)/.test(name)) &&
            !names.some((name) => names.some((other) => other.startsWith(`${name}/`))),
        );
        const making: Making = { ...toyMaking(round++), settings: { round, setting } };
        const key = keyOf(making);
        const claim = await store.claim(key);
        if (claim.kind !== "mine") throw new Error(claim.kind);
        for (const [name, bytes] of Object.entries(files)) {
          await mkdir(dirname(join(claim.lease.draft, name)), { recursive: true });
          await writeFile(join(claim.lease.draft, name), bytes);
        }
        expect(await claim.lease.publish({ making, record: toyRecord(), result })).toBe(
          "published",
        );
        const lookup = await store.read(key);
        if (lookup.kind !== "found") throw new Error(JSON.stringify(lookup));
        const { entry } = lookup;
        expect(canonicalJson(entry.result)).toBe(canonicalJson(result));
        expect(canonicalJson(entry.making)).toBe(canonicalJson(making));
        expect(entry.record).toEqual(toyRecord());
        expect(Object.keys(entry.files).sort()).toEqual(names.sort());
        for (const [name, bytes] of Object.entries(files)) {
          expect(entry.files[name]).toEqual({ bytes: bytes.length, sha256: sha256(bytes) });
          expect(new Uint8Array(await store.file(entry, name))).toEqual(bytes);
        }
        expect(await store.describe(key)).toEqual(entry);
      }),
      { numRuns: 20 },
    );
  });

  it("keeps a log that is no file of the result, and entries without one stay whole", async () => {
    const log = "2026-01-01T00:00:00.000Z a line\n";
    await makeToy(store, 0, { log });
    await makeToy(store, 1);
    const [first, second] = await Promise.all(
      [0, 1].map((number) => store.describe(toyKey(number))),
    );
    if (first === undefined || second === undefined) throw new Error("an entry is gone");
    expect(Object.keys(first.files).sort()).toEqual(["reports/note.txt", "weights.bin"]);
    expect(first.log).toEqual({ bytes: log.length, sha256: sha256(log) });
    expect(await readLog(first)).toBe(log);
    expect(logFile(first)).toBe(join(first.folder, "entry.log"));
    expect(second).not.toHaveProperty("log");
    expect([await readLog(second), logFile(second)]).toEqual([undefined, undefined]);
    for (const number of [0, 1]) {
      const lookup = await store.read(toyKey(number));
      expect(lookup.kind === "found" && (await isToy(store, lookup.entry, number))).toBe(true);
    }
    // An entry as it was before there were logs: the same marker without the field.
    const line = canonicalJson({ format: 1, ...second, folder: undefined });
    expect(await readFile(join(second.folder, "entry.json"), "utf8")).toBe(
      `${line}\n${sha256(line)}\n`,
    );
  });

  it("writes nothing before the first claim, and finds nothing in no folder", async () => {
    expect(await store.has(toyKey(0))).toBe(false);
    expect(await store.read(toyKey(0))).toEqual({ kind: "absent" });
    expect(await store.describe(toyKey(0))).toBeUndefined();
    expect(await store.keys()).toEqual([]);
    expect(existsSync(store.folder)).toBe(false);
  });

  it("lists its keys in order, and removes and sets aside what it is told to", async () => {
    for (let number = 0; number < 5; number++) await makeToy(store, number);
    expect(await store.keys()).toEqual([0, 1, 2, 3, 4].map(toyKey).sort());
    await store.remove(toyKey(1));
    const movedTo = await store.quarantine(toyKey(2), "a person said so");
    expect(await readFile(`${movedTo}.txt`, "utf8")).toContain("a person said so");
    expect(await store.keys()).toEqual([0, 3, 4].map(toyKey).sort());
    expect(await readdir(join(store.folder, "drafts"))).toEqual([]);
    await store.remove(toyKey(1));
    await expect(store.quarantine(toyKey(1), "")).rejects.toMatchObject({ kind: "usage" });
    expect((await store.claim(toyKey(3))).kind).toBe("published");
  });

  it("refuses a store of a later version, in words", async () => {
    await makeToy(store, 0);
    const file = join(store.folder, "store.json");
    expect(await readFile(file, "utf8")).toBe('{"format":2}\n');
    await writeFile(file, '{"format":3}\n');
    const later = folderStore(store.folder);
    for (const call of [later.has, later.read, later.claim, later.describe, later.remove]) {
      await expect(call(toyKey(0))).rejects.toThrow(
        /store.json: The store has format 3; this program knows/,
      );
    }
    await writeFile(file, "{}");
    await expect(folderStore(store.folder).keys()).rejects.toThrow(/Put back {"format":2}/);
  });

  it("reads a store of version 1, and makes it version 2 with the first entry", async () => {
    await makeToy(store, 0);
    const file = join(store.folder, "store.json");
    await writeFile(file, '{"format":1}\n');
    const newer = folderStore(store.folder);
    expect((await newer.read(toyKey(0))).kind).toBe("found");
    expect(await readFile(file, "utf8")).toBe('{"format":1}\n');
    await makeToy(newer, 1);
    expect(await readFile(file, "utf8")).toBe('{"format":2}\n');
    expect(await newer.keys()).toEqual([0, 1].map(toyKey).sort());
    await newer.close();
  });

  it("refuses keys that are no hashes, and what is not the key's", async () => {
    for (const key of ["", "..", "../../x", toyKey(0).toUpperCase(), `${toyKey(0)}/..`]) {
      for (const call of [store.has, store.read, store.claim, store.describe, store.remove]) {
        await expect(call(key)).rejects.toMatchObject({ kind: "internal" });
      }
    }
    const claim = await store.claim(toyKey(0));
    if (claim.kind !== "mine") throw new Error(claim.kind);
    await expect(publishToy(claim.lease, 1)).rejects.toMatchObject({ kind: "internal" });
    await symlink("/etc/hostname", join(claim.lease.draft, "link"));
    await expect(publishToy(claim.lease, 0)).rejects.toThrow("no plain file");
    expect(await store.has(toyKey(0))).toBe(false);
    // The lease is still held after a refusal.
    await rm(join(claim.lease.draft, "link"));
    expect(await publishToy(claim.lease, 0)).toBe("published");
    await expect(publishToy(claim.lease, 0)).rejects.toMatchObject({ kind: "internal" });
  });

  it("says in words what the system refuses", async () => {
    await writeFile(join(root, "file"), "");
    const inFile = folderStore(join(root, "file"));
    expect(await inFile.read(toyKey(0))).toEqual({ kind: "absent" });
    await expect(inFile.claim(toyKey(0))).rejects.toMatchObject({
      kind: "usage",
      fix: expect.stringContaining("run the same command again"),
    });
  });

  it("moves nothing where it finds an entry without its folder being in the way", async () => {
    // What a broken copy may leave: the folder, empty, or with a file but no marker.
    const place = join(store.folder, "entries", toyKey(0).slice(0, 2), toyKey(0));
    await mkdir(place, { recursive: true });
    await makeToy(store, 0);
    await rm(place, { recursive: true });
    await mkdir(place);
    await writeFile(join(place, "left"), "x");
    await makeToy(store, 0);
    expect(await readdir(join(store.folder, "quarantine"))).toHaveLength(2);
    expect(await store.read(toyKey(0))).toMatchObject({ kind: "found" });
  });
});

describe.skipIf(process.geteuid?.() !== 0)("without the right to write (needs root)", () => {
  it("reads, verifies nothing away, and refuses to claim in words", async () => {
    await makeToy(store, 0);
    await chmod(root, 0o755);
    const reader = folderStore(store.folder);
    process.seteuid?.(65_534);
    try {
      expect(await reader.has(toyKey(0))).toBe(true);
      const lookup = await reader.read(toyKey(0));
      expect(lookup.kind === "found" && (await isToy(reader, lookup.entry, 0))).toBe(true);
      expect(await reader.claim(toyKey(0))).toEqual({ kind: "published" });
      await expect(reader.claim(toyKey(1))).rejects.toThrow(/may not be written \(EACCES\)/);
    } finally {
      process.seteuid?.(0);
    }
  });
});
