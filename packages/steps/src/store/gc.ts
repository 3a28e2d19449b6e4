import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Store } from "../store.js";
import { bytesIn, namesIn, reading, writing } from "./files.js";
import { entryFolder, isKey, layoutOf, leaseFolder, workFolder } from "./layout.js";
import { removeLeases, type TopLease, topLease } from "./lease-files.js";
import { isGone, type ProcessIdentity, thisProcess } from "./owner.js";

export interface GcOptions {
  /** Only says what would go. */
  readonly dryRun?: boolean;
  /** Removes what is in the quarantine too. */
  readonly quarantine?: boolean;
}

/** What went, or would go. */
export interface Collected {
  /** Keys of entries. */
  readonly entries: readonly string[];
  /** Names of folders of drafts that nobody writes any more. */
  readonly drafts: readonly string[];
  /** Keys whose checkpoints nobody needs. */
  readonly work: readonly string[];
  /** Names in the quarantine. */
  readonly quarantine: readonly string[];
  /** Of all those. */
  readonly bytes: number;
  /** Keys that may be in the making now; nothing of them is touched. */
  readonly held: readonly string[];
}

/**
 * Removes entries that are not in `keep`, and what killed processes left: drafts, leases, and the
 * checkpoints of steps that are published or not in `keep`. A key whose lease is held is left alone;
 * so is one whose owner on another host may be dead, until another process took it over.
 * @throws CounterweightError `usage` where the folder cannot be read or written
 */
export function gc(
  store: Store,
  keep: ReadonlySet<string>,
  options: GcOptions = {},
): Promise<Collected> {
  return reading(store.folder, () => collect(store, keep, options));
}

async function collect(
  store: Store,
  keep: ReadonlySet<string>,
  { dryRun = false, quarantine = false }: GcOptions,
): Promise<Collected> {
  const layout = layoutOf(store.folder);
  const self = await thisProcess();
  const published = new Set(await store.keys());
  // Before the leases: a draft is younger than its lease, and one whose lease has ended is nobody's.
  const allDrafts = await namesIn(layout.drafts);
  const held = new Set<string>();
  const leases = (await namesIn(layout.leases)).filter(isKey).sort();
  for (const key of leases) {
    const top = await topLease(leaseFolder(layout, key));
    if (top !== undefined && (await isHeld(top, self))) held.add(key);
  }
  const isFree = (key: string): boolean => isKey(key) && !held.has(key);
  let bytes = 0;
  const removed = async (place: string, remove: () => Promise<void>): Promise<void> => {
    bytes += await bytesIn(place);
    if (!dryRun) await writing(place, remove);
  };

  const entries = [...published].filter((key) => isFree(key) && !keep.has(key));
  for (const key of entries) {
    await removed(entryFolder(layout, key), () => store.remove(key));
  }

  const drafts = allDrafts.filter(
    (name) => name.startsWith("removed.") || isFree(name.slice(0, name.indexOf("."))),
  );
  for (const name of drafts) {
    const place = join(layout.drafts, name);
    await removed(place, () => rm(place, { recursive: true, force: true }));
  }

  const work = (await namesIn(layout.work)).filter(
    (key) => isFree(key) && (published.has(key) || !keep.has(key)),
  );
  for (const key of work) {
    const place = workFolder(layout, key);
    await removed(place, () => removeWork(store, key, place));
  }

  if (!dryRun) {
    for (const key of (await namesIn(layout.leases)).filter(isFree)) {
      const folder = leaseFolder(layout, key);
      const top = await topLease(folder);
      if (top !== undefined && (await isHeld(top, self))) continue;
      // One that is taken from now on is greater.
      await writing(folder, () => removeLeases(folder, { upTo: top?.token ?? 0 }));
    }
  }

  const aside = quarantine ? await namesIn(layout.quarantine) : [];
  for (const name of aside) {
    const place = join(layout.quarantine, name);
    await removed(place, () => rm(place, { recursive: true, force: true }));
  }
  return { entries, drafts, work, quarantine: aside, bytes, held: [...held] };
}

/** Whether somebody may be making the key of a lease. */
async function isHeld({ released, owner }: TopLease, self: ProcessIdentity): Promise<boolean> {
  return !released && (owner === undefined || !(await isGone(owner, self)));
}

/** Removes checkpoints as the owner of their key, so that nobody begins to use them meanwhile. */
async function removeWork(store: Store, key: string, place: string): Promise<void> {
  const claim = await store.claim(key);
  if (claim.kind === "held") return;
  await rm(place, { recursive: true, force: true });
  if (claim.kind === "mine") await claim.lease.release();
}
