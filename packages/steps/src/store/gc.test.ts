import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type FolderStore, folderStore } from "./folder-store.js";
import { gc } from "./gc.js";
import { startRacer } from "./race.fixture.js";
import { makeToy, publishToy, toyKey, writeToy } from "./toy-entry.fixture.js";

// Each publishing waits for the disk, which others may use.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let root: string;
let store: FolderStore;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "counterweight-gc-"));
  store = folderStore(root);
});
afterEach(async () => {
  await store.close();
  await rm(root, { recursive: true });
});

/** All paths of a folder with their bytes, by the system's own tools. */
const tree = (): string =>
  spawnSync("bash", ["-c", "find . -type d -o -type f -exec sha256sum {} + | sort"], {
    cwd: root,
    encoding: "utf8",
  }).stdout;

/** A process that died while it made a toy. */
async function die(number: number): Promise<void> {
  const racer = startRacer("owner", root, number, 3600);
  await racer.answer();
  racer.process.kill("SIGKILL");
  await racer.end;
}

it("removes what is not kept and what dead processes left, and says so before", async () => {
  for (const number of [0, 1, 2]) await makeToy(store, number);
  const keep = new Set([toyKey(0), toyKey(3), toyKey(5)]);
  const bytes = async (number: number) =>
    Object.values((await store.describe(toyKey(number)))?.files ?? {}).reduce(
      (sum, file) => sum + file.bytes,
      0,
    );
  const filesOfTwo = (await bytes(1)) + (await bytes(2));
  // 3 is wanted and 4 is not; both died half-way. 5 was given back half-way, 6 too, 7 is being made.
  await die(3);
  await die(4);
  for (const number of [5, 6]) {
    const claim = await store.claim(toyKey(number));
    if (claim.kind !== "mine") throw new Error(claim.kind);
    await writeFile(join(claim.lease.work, "checkpoint"), "x");
    await claim.lease.release();
  }
  const claim = await store.claim(toyKey(7));
  if (claim.kind !== "mine") throw new Error(claim.kind);
  await writeToy(claim.lease.draft, 7);
  await writeFile(join(claim.lease.work, "checkpoint"), "x");

  const before = tree();
  const planned = await gc(store, keep, { dryRun: true });
  expect(tree()).toBe(before);
  expect(planned.entries).toEqual([toyKey(1), toyKey(2)].sort());
  expect(planned.drafts.map((name) => name.slice(0, 64)).sort()).toEqual(
    [toyKey(3), toyKey(4)].sort(),
  );
  expect([...planned.work].sort()).toEqual([toyKey(4), toyKey(6)].sort());
  expect(planned.held).toEqual([toyKey(7)]);
  expect(planned.bytes).toBeGreaterThan(filesOfTwo);

  expect(await gc(store, keep)).toEqual(planned);
  expect(await store.keys()).toEqual([toyKey(0)]);
  expect(await readdir(join(root, "leases"))).toEqual([toyKey(7)]);
  expect((await readdir(join(root, "work"))).sort()).toEqual(
    [toyKey(3), toyKey(5), toyKey(7)].sort(),
  );
  expect(await gc(store, keep)).toMatchObject({ entries: [], drafts: [], work: [], bytes: 0 });
  expect(await publishToy(claim.lease, 7)).toBe("published");
  // The checkpoint of a wanted step goes on.
  const again = await store.claim(toyKey(3));
  if (again.kind !== "mine") throw new Error(again.kind);
  expect(await readFile(join(again.lease.work, "checkpoint"), "utf8")).toBe("half");
  await again.lease.release();
});

it("removes the quarantine only when told to", async () => {
  await makeToy(store, 0);
  const movedTo = await store.quarantine(toyKey(0), "a person said so");
  await gc(store, new Set());
  expect(existsSync(movedTo)).toBe(true);
  const { quarantine } = await gc(store, new Set(), { quarantine: true });
  expect(quarantine).toHaveLength(2);
  expect(await readdir(join(root, "quarantine"))).toEqual([]);
});

it("has nothing to do where there is no store", async () => {
  const none = folderStore(join(root, "none"));
  expect(await gc(none, new Set())).toMatchObject({ entries: [], bytes: 0 });
  expect(existsSync(none.folder)).toBe(false);
});
