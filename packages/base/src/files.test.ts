import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { at } from "./errors.js";
import { writeFileAtomic } from "./files.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atomic-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("writeFileAtomic", () => {
  it("writes any text or bytes, makes folders, and leaves nothing else behind", async () => {
    const content = fc.oneof(fc.string({ unit: "grapheme" }), fc.uint8Array());
    await fc.assert(
      fc.asyncProperty(content, async (written) => {
        const path = join(folder, "runs", "deep", "results.json");
        await writeFileAtomic(path, written);
        expect(await readFile(path)).toEqual(Buffer.from(written));
        expect(await readdir(join(folder, "runs", "deep"))).toEqual(["results.json"]);
      }),
      { numRuns: 30 },
    );
  });

  it("leaves no temporary file and changes nothing when the rename fails", async () => {
    const path = join(folder, "taken");
    await mkdir(path);
    await writeFile(join(path, "inside"), "kept");
    await expect(writeFileAtomic(path, "new")).rejects.toThrow();
    expect(await readdir(folder)).toEqual(["taken"]);
    expect(await readFile(join(path, "inside"), "utf8")).toBe("kept");
  });

  it("leaves no temporary file and the old content when the write fails", async () => {
    const path = join(folder, "results.json");
    await writeFileAtomic(path, "old");
    const unwritable = new Proxy(new Uint8Array(4), {});
    await expect(writeFileAtomic(path, unwritable)).rejects.toThrow();
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["results.json"]);
  });

  it("says which file when a folder of the path is a file", async () => {
    await writeFile(join(folder, "file"), "");
    const path = join(folder, "file", "results.json");
    await expect(writeFileAtomic(path, "x")).rejects.toThrow(/file/);
  });

  it("lets many writers of one file each win whole", async () => {
    const path = join(folder, "results.json");
    const contents = Array.from({ length: 12 }, (_, index) => `${index}`.repeat(100_000));
    await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
    expect(contents).toContain(await readFile(path, "utf8"));
    expect(await readdir(folder)).toEqual(["results.json"]);
  });

  it("keeps a reader from ever seeing half a file", async () => {
    const path = join(folder, "results.json");
    const contents = ["0", "1", "2"].map((digit) => digit.repeat(300_000));
    await writeFileAtomic(path, "0".repeat(300_000));
    let writing = true;
    const writer = (async () => {
      for (let round = 0; round < 40; round++) {
        await writeFileAtomic(path, at(contents, round % contents.length));
      }
      writing = false;
    })();
    let reads = 0;
    while (writing) {
      expect(contents.includes(await readFile(path, "utf8"))).toBe(true);
      reads++;
    }
    await writer;
    expect(reads).toBeGreaterThan(10);
  });
});
