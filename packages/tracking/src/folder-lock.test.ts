import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockSpool } from "./folder-lock.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-lock-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const lock = () => join(folder, "spool.lock");
/** As if nothing was heard of its owner for an hour. */
const silence = () => utimes(lock(), new Date(), new Date(Date.now() - 3_600_000));
const change = async (fields: Readonly<Record<string, unknown>>): Promise<void> => {
  const owner: unknown = JSON.parse(await readFile(lock(), "utf8"));
  await writeFile(lock(), JSON.stringify(Object.assign({}, owner, fields)));
};

describe("the lock of a spool", () => {
  it("is one process's until that gives it back", async () => {
    const release = await lockSpool(folder);
    expect(await lockSpool(folder)).toBeUndefined();
    await release?.();
    const again = await lockSpool(folder);
    expect(again).toBeDefined();
    await again?.();
    expect(existsSync(lock())).toBe(false);
  });

  it.skipIf(!existsSync("/proc/self/stat"))(
    "stays with a process that is there but silent, such as a stopped one (needs /proc)",
    async () => {
      const release = await lockSpool(folder);
      await silence();
      expect(await lockSpool(folder)).toBeUndefined();
      // The same number, but another process.
      await change({ started: "1" });
      expect(await lockSpool(folder)).toBeDefined();
      await release?.();
    },
  );

  it("of another host ends with its heartbeat", async () => {
    const release = await lockSpool(folder);
    await change({ host: "elsewhere" });
    expect(await lockSpool(folder)).toBeUndefined();
    await silence();
    const taken = await lockSpool(folder);
    expect(taken).toBeDefined();
    await release?.();
    // What the old owner gives back is not its own any more.
    expect(await lockSpool(folder)).toBeUndefined();
    await taken?.();
  });
});
