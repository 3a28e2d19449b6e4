import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Claim, Lease } from "../store.js";
import { type FolderStore, type FolderStoreOptions, folderStore } from "./folder-store.js";
import { layoutOf } from "./layout.js";
import { leaseContent } from "./lease-files.js";
import { type ProcessIdentity, thisProcess } from "./owner.js";
import { publishDraft } from "./publish.js";
import { startRacer } from "./race.fixture.js";
import { stopRound } from "./stop-round.fixture.js";
import {
  makeToy,
  publishToy,
  toyKey,
  toyMaking,
  toyRecord,
  writeToy,
} from "./toy-entry.fixture.js";

// Each publishing waits for the disk, which others may use.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let root: string;
const stores: FolderStore[] = [];
const open = (options?: FolderStoreOptions): FolderStore => {
  const store = folderStore(root, options);
  stores.push(store);
  return store;
};
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "counterweight-leases-"));
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await rm(root, { recursive: true });
});

const key = toyKey(0);
function mine(claim: Claim): Lease {
  if (claim.kind !== "mine") throw new Error(`the claim is ${claim.kind}`);
  return claim.lease;
}

/** A lease file as another process would have left it. */
async function leave(token: number, owner: ProcessIdentity | undefined): Promise<void> {
  const folder = join(root, "leases", key);
  await mkdir(folder, { recursive: true });
  const content = owner === undefined ? "" : leaseContent({ ...owner, nonce: "0123" });
  await writeFile(join(folder, String(token)), content);
}

describe("a lease", () => {
  it("is one object's, of two in a process", async () => {
    const [first, second] = [open(), open()];
    const claims = await Promise.all(
      [first, second, first, second].map((store) => store.claim(key)),
    );
    expect(claims.map(({ kind }) => kind).sort()).toEqual(["held", "held", "held", "mine"]);
    for (const claim of claims) {
      if (claim.kind === "held") expect(claim.by).toMatchObject({ process: process.pid });
      if (claim.kind === "mine") await claim.lease.release();
    }
  });

  it("has a greater token for each next owner, and hands the work folder on", async () => {
    const [first, second] = [open(), open()];
    for (let token = 1; token <= 6; token++) {
      const lease = mine(await (token % 2 === 0 ? first : second).claim(key));
      expect(lease).toMatchObject({ token, takenFrom: undefined });
      expect(await readdir(lease.work)).toHaveLength(token - 1);
      expect(await readdir(lease.draft)).toEqual([]);
      await writeFile(join(lease.work, `${token}`), "");
      await lease.release();
      expect(existsSync(lease.draft)).toBe(false);
      expect(await lease.stillMine()).toBe(false);
    }
    expect(await readdir(join(root, "leases", key))).toEqual(["6.released"]);
    await makeToy(first, 0);
    expect(await second.claim(key)).toEqual({ kind: "published" });
    for (const part of ["leases", "work", "drafts"]) {
      expect(await readdir(join(root, part))).toEqual([]);
    }
  });

  it("of a process that is gone is taken at once", async () => {
    const racer = startRacer("owner", root, 0, 3600);
    await racer.answer();
    const store = open({ leaseSeconds: 3600 });
    expect(await store.claim(key)).toMatchObject({
      kind: "held",
      by: { process: racer.process.pid, token: 1 },
    });
    racer.process.kill("SIGKILL");
    await racer.end;
    const lease = mine(await store.claim(key));
    expect(lease).toMatchObject({ token: 2, takenFrom: { process: racer.process.pid, token: 1 } });
    expect(await readFile(join(lease.work, "checkpoint"), "utf8")).toBe("half");
    // The dead owner's draft is gone with it.
    expect(await readdir(join(root, "drafts"))).toHaveLength(1);
    await lease.release();
  });

  it("is not taken for dead where that cannot be known", async () => {
    const store = open({ leaseSeconds: 3600 });
    const self = await thisProcess();
    const { host, process } = self;
    const kindOf = async (owner: ProcessIdentity | undefined): Promise<string> => {
      await leave(7, owner);
      const claim = await store.claim(key);
      if (claim.kind === "mine") {
        expect(claim.lease.token).toBe(8);
        await claim.lease.release();
        await rm(join(root, "leases", key), { recursive: true });
      }
      return claim.kind;
    };
    expect(await kindOf(self)).toBe("held");
    expect(await kindOf({ host, process })).toBe("held");
    expect(await kindOf({ host, process: 2 ** 22 + 1 })).toBe("held");
    expect(await kindOf({ host: "other", process, place: "other", started: "1" })).toBe("held");
    // Killed between making its file and writing it.
    expect(await kindOf(undefined)).toBe("held");
    if (self.place === undefined) return;
    const { place } = self;
    // The same number, used again by this process; then a number that nobody has.
    expect(await kindOf({ host, process, place, started: "1" })).toBe("mine");
    expect(await kindOf({ ...self, process: 2 ** 22 + 1 })).toBe("mine");
  });

  it("ends by silence alone, by the observer's clock, however that jumps", async () => {
    let now = 0;
    const store = open({ leaseSeconds: 30, clock: () => now });
    const owner = { host: "other", process: 5 };
    const look = async (seconds: number): Promise<string> => {
      now += 1000 * seconds;
      const claim = await store.claim(key);
      if (claim.kind === "mine") await claim.lease.release();
      return claim.kind;
    };
    await leave(3, owner);
    expect(await look(0)).toBe("held");
    for (let second = 1; second < 30; second++) expect(await look(1)).toBe("held");
    // A sign of life begins it anew.
    await writeFile(
      join(root, "leases", key, "3"),
      leaseContent({ ...owner, nonce: "0123" }).replace("000000000000", "000000000001"),
    );
    expect(await look(5)).toBe("held");
    // Jumps: a day on and back; a jump alone never ends a lease.
    expect(await look(86_400)).toBe("held");
    expect(await look(-86_400)).toBe("held");
    expect(await look(14)).toBe("held");
    now += 1000;
    const lease = mine(await store.claim(key));
    expect(lease).toMatchObject({
      token: 4,
      takenFrom: { host: "other", process: 5, token: 3, silentSeconds: 30 },
    });
    await lease.release();
  });

  it("is kept alive while the main thread computes for seconds", async () => {
    const lease = mine(await open({ leaseSeconds: 1 }).claim(key));
    const beats = (): number =>
      Number(readFileSync(join(root, "leases", key, "1"), "latin1").split("\n")[0]);
    const [before, start] = [beats(), performance.now()];
    const spent = (): number => performance.now() - start;
    // Three seconds do on a machine that has nothing else to do.
    while (spent() < 3000 || (beats() < before + 6 && spent() < 200_000));
    expect(beats()).toBeGreaterThanOrEqual(before + 6);
    expect(await lease.stillMine()).toBe(true);
    expect(lease.lost.aborted).toBe(false);
    await lease.release();
  });
});

describe("an owner whose lease was taken", () => {
  /** A first owner whose heartbeats never come, and the one that took its lease. */
  async function twoOwners(): Promise<readonly [Lease, Lease]> {
    let now = 0;
    const first = mine(await open({ heartbeatSeconds: 3600 }).claim(key));
    const second = open({ clock: () => now });
    for (; now < 30_000; now += 10_000) await second.claim(key);
    const successor = mine(await second.claim(key));
    await writeToy(successor.draft, 0);
    return [first, successor];
  }

  it("is told so when it publishes, and leaves nothing", async () => {
    const [first, successor] = await twoOwners();
    expect(existsSync(first.draft)).toBe(false);
    await writeToy(first.draft, 0);
    expect(await first.publish({ making: toyMaking(0), record: toyRecord(), result: 1 })).toBe(
      "lost",
    );
    expect(first.lost.aborted).toBe(true);
    await first.release();
    expect(await successor.stillMine()).toBe(true);
    expect(await readdir(join(root, "leases", key))).toEqual(["2"]);
    expect(await readdir(join(root, "drafts"))).toHaveLength(1);
    expect(await publishToy(successor, 0)).toBe("published");
  });

  it("comes second when it had passed the look at its token", async () => {
    const [first, successor] = await twoOwners();
    await writeToy(first.draft, 0);
    expect(await publishToy(successor, 0)).toBe("published");
    const bytes = () => readFile(join(root, "entries", key.slice(0, 2), key, "entry.json"));
    const before = await bytes();
    const passed = { key, draft: first.draft, stillMine: async () => true };
    const context = { layout: layoutOf(root), setAside: () => Promise.reject(new Error("moved")) };
    const content = { making: toyMaking(0), record: toyRecord(), result: "other" };
    expect(await publishDraft(context, passed, content)).toBe("already");
    expect(await bytes()).toEqual(before);
  });

  it("is stopped at the last moment before the rename", async () => {
    let now = 0;
    const second = open({ clock: () => now });
    const first = mine(
      await open({
        heartbeatSeconds: 3600,
        beforeFence: async () => {
          for (; now < 30_000; now += 10_000) await second.claim(key);
          const successor = mine(await second.claim(key));
          await writeToy(successor.draft, 0);
          expect(await publishToy(successor, 0)).toBe("published");
        },
      }).claim(key),
    );
    await writeToy(first.draft, 0);
    expect(await publishToy(first, 0)).toBe("already");
  });

  it("is told by its heartbeats", async () => {
    const first = mine(await open({ heartbeatSeconds: 0.02 }).claim(key));
    await writeFile(join(root, "leases", key, "2"), "");
    while (!first.lost.aborted) await sleep(10);
    expect(await first.stillMine()).toBe(false);
  });

  it("gives up when the store is closed", async () => {
    const store = open();
    const lease = mine(await store.claim(key));
    await store.close();
    expect(lease.lost.aborted).toBe(true);
  });
});

describe("a stopped process", () => {
  it.each([true, false])("wakes up too late (successor first: %s)", async (successorFirst) => {
    const leaseSeconds = 0.6;
    const store = open({ leaseSeconds });
    expect(await stopRound({ store, number: 0, leaseSeconds, successorFirst })).toEqual([]);
  });
});
