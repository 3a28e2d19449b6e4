import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, sampleSpec } from "../command.fixture.js";
import { checkStorePlace } from "./store-place.js";

let folder = "";
let spec = "";
let file = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-place-"));
  spec = join(folder, "sample.yaml");
  file = join(folder, "file");
  await writeFile(spec, sampleSpec);
  await writeFile(file, "");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Any use of it would be too late. */
const noBackend = (): never => {
  throw new Error("data or model were about to be read");
};

describe("a store that is a file, or lies below one, is refused before data is read", () => {
  it.each([
    ["run", () => ["run", spec, "--out", join(folder, "out")]],
    ["plan", () => ["plan", spec]],
    ["run --dry-run", () => ["run", spec, "--dry-run"]],
    ["store ls", () => ["store", "ls"]],
    ["store show", () => ["store", "show", "ab"]],
    ["store verify", () => ["store", "verify"]],
    ["store gc", () => ["store", "gc", "--keep", spec]],
  ])("by %s", async (_, words) => {
    const before = await readdir(folder);
    const { code, stdout, stderr } = await command([...words(), "--store", file], noBackend);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toBe(
      `counterweight: ${file}: this is a file, and a store is a folder. Give the folder with --store or COUNTERWEIGHT_STORE.\n`,
    );
    const below = await command([...words(), "--store", join(file, "below")], noBackend);
    expect(below.code).toBe(2);
    expect(below.stderr).toMatch(/is a file, and a store is a folder|there is no store here/);
    expect(await readdir(folder)).toEqual(before);
  });

  it("by status, where a store became one", async () => {
    const store = join(folder, "gone");
    const out = join(folder, "ran");
    const { code } = await command(["run", spec, "--out", out, "--store", store]);
    expect(code).toBe(0);
    await rm(store, { recursive: true });
    expect((await command(["status", out])).code).toBe(0);
    await writeFile(store, "");
    const { code: refused, stderr } = await command(["status", out]);
    expect(refused).toBe(2);
    expect(stderr).toContain(`${store}: this is a file, and a store is a folder.`);
  });

  it("and one of a later version is too", async () => {
    const later = join(folder, "later");
    await mkdir(later);
    await writeFile(join(later, "store.json"), '{"format":3}\n');
    for (const words of [
      ["run", spec, "--out", join(folder, "later-out")],
      ["plan", spec],
    ]) {
      const { code, stderr } = await command([...words, "--store", later], noBackend);
      expect(code).toBe(2);
      expect(stderr).toContain("The store has format 3");
    }
  });
});

const mounts = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", "/mnt"]).status === 0;
if (mounts) spawnSync("umount", ["/mnt"]);

describe.skipIf(!mounts)("a file system that is read-only (needs leave to mount)", () => {
  it("is good to read and to run what is there, and no place for a new store", async () => {
    const place = join(folder, "sealed");
    await mkdir(place);
    const mount = (...words: string[]) => expect(spawnSync("mount", words).status).toBe(0);
    mount("-t", "tmpfs", "-o", "size=1m", "none", place);
    try {
      await mkdir(join(place, "store", "entries"), { recursive: true });
      await mkdir(join(place, "empty"));
      mount("-o", "remount,ro", place);
      const sealed = join(place, "store");
      expect(() => checkStorePlace(sealed, "read")).not.toThrow();
      expect(() => checkStorePlace(sealed, "add")).not.toThrow();
      expect(() => checkStorePlace(sealed, "change")).toThrow("may not be written (EROFS)");
      for (const name of ["empty", "new", "new/below"]) {
        const words = ["run", spec, "--store", join(place, name), "--out", join(folder, "no")];
        const { code, stderr } = await command(words, noBackend);
        expect(code).toBe(2);
        expect(stderr).toMatch(/may not be written \(EROFS\)\. Ask for the right to, or give/);
        // These write nothing.
        for (const dry of [
          ["plan", spec],
          ["run", spec, "--dry-run"],
        ]) {
          const planned = await command([...dry, "--store", join(place, name)]);
          expect(planned.code, planned.stderr).toBe(0);
          expect(planned.stderr).toContain("Nothing was trained.");
        }
      }
    } finally {
      spawnSync("umount", [place]);
    }
  });
});
