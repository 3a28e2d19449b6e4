import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSweep } from "./sweep-process.fixture.js";
import {
  type Digests,
  entryDigests,
  outputDigests,
  sweepEntries,
} from "./sweep-results.fixture.js";
import { quickSpec } from "./sweep-spec.fixture.js";

const patience = 900_000;

let folder = "";
let spec = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-refusals-"));
  spec = join(folder, "quick.yaml");
  await writeFile(spec, quickSpec);
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const run = (out: string, store: string) => startSweep({ spec, out, store }).ended;

/** A message for people, with the place and what to do. */
function expectClear(stderr: string, ...parts: readonly RegExp[]): void {
  const message = stderr.slice(stderr.lastIndexOf("counterweight: "));
  for (const part of parts) expect(message).toMatch(part);
  expect(stderr).not.toMatch(/^\s+at |mistake in Counterweight/m);
}

test(
  "a store of a later version is refused and left as it is",
  async () => {
    const store = join(folder, "later");
    await mkdir(store);
    const said = `${JSON.stringify({ format: 3 })}\n`;
    await writeFile(join(store, "store.json"), said);
    const { code, stderr } = await run(join(folder, "later-out"), store);
    expect(code).toBe(2);
    expectClear(stderr, /store has format 3; this program knows format 2/, /another folder/);
    expect(await readFile(join(store, "store.json"), "utf8")).toBe(said);
    expect(await sweepEntries(store).catch(() => [])).toEqual([]);
  },
  patience,
);

test(
  "a store below a file is refused",
  async () => {
    await writeFile(join(folder, "file"), "");
    const { code, stderr } = await run(join(folder, "below"), join(folder, "file", "store"));
    expect(code).toBe(2);
    expectClear(stderr, /file/);
  },
  patience,
);

const mounts = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", "/mnt"]).status === 0;
if (mounts) spawnSync("umount", ["/mnt"]);

describe.skipIf(!mounts)("a store on a file system of its own (needs leave to mount)", () => {
  test(
    "that is full, then larger, then read-only: clear words, nothing lost, the same bits",
    async () => {
      const whole = join(folder, "whole");
      const end = await run(whole, join(folder, "whole-store"));
      expect(end.code, end.stderr).toBe(0);
      const outputs: Digests = await outputDigests(whole);
      const entries: Digests = await entryDigests(join(folder, "whole-store"));

      const place = join(folder, "mounted");
      const [out, store] = [join(folder, "mounted-out"), join(place, "store")];
      await mkdir(place);
      const mount = (...words: string[]): void => {
        const { status, stderr } = spawnSync("mount", words);
        expect(status, String(stderr)).toBe(0);
      };
      mount("-t", "tmpfs", "-o", "size=200k", "none", place);
      try {
        const cramped = await run(out, store);
        expect(cramped.code, cramped.stderr).toBe(2);
        expectClear(
          cramped.stderr,
          /the disk is full \(ENOSPC\)/,
          /store/,
          /run the same command/i,
        );
        const before = await entryDigests(store);
        expect(Object.keys(before).length).toBeGreaterThan(0);
        for (const [name, digest] of Object.entries(before)) expect(entries[name]).toBe(digest);

        mount("-o", "remount,size=8m,ro", place);
        const sealed = await run(out, store);
        expect(sealed.code, sealed.stderr).toBe(2);
        expectClear(sealed.stderr, /EROFS|read-only/, /store/);
        expect(await entryDigests(store)).toEqual(before);

        mount("-o", "remount,rw", place);
        const larger = await run(out, store);
        expect(larger.code, larger.stderr).toBe(0);
        expect(await outputDigests(out)).toEqual(outputs);
        expect(await entryDigests(store)).toEqual(entries);

        // All that is wanted is there: reading asks for no right to write.
        mount("-o", "remount,ro", place);
        const read = await run(join(folder, "read-out"), store);
        expect(read.code, read.stderr).toBe(0);
        expect(await outputDigests(join(folder, "read-out"))).toEqual(outputs);
      } finally {
        spawnSync("umount", [place]);
      }
    },
    patience,
  );
});
