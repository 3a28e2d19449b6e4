import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CounterweightError, sha256, systemCode } from "@counterweight/base";
import { keyOf } from "../step.js";
import type { FileProof, Lease } from "../store.js";
import { hashFile, ifThere, listFolder, syncFolder, writing } from "./files.js";
import { entryFolder, isResultFile, type Layout, logName, markerName } from "./layout.js";
import { renderMarker } from "./marker.js";

export interface PublishContext {
  readonly layout: Layout;
  /** Called right before the fencing token is looked at; for tests. */
  readonly beforeFence?: (() => Promise<void>) | undefined;
  /** Moves a damaged entry out of the way. */
  readonly setAside: (key: string) => Promise<void>;
}

type Content = Parameters<Lease["publish"]>[0];
type Published = Awaited<ReturnType<Lease["publish"]>>;

/**
 * Makes a draft an entry, whole or not at all: files hashed and synced, the marker last, the token
 * looked at, the folder renamed. A rename never replaces a folder that holds something, so of two
 * owners that both passed the look only the first publishes.
 * @throws CounterweightError `internal` where the making is not the key's, or the draft holds what
 * no entry can; `usage` where the system refuses.
 */
export async function publishDraft(
  { layout, setAside, beforeFence }: PublishContext,
  lease: Pick<Lease, "key" | "draft" | "stillMine">,
  { making, record, result, log }: Content,
): Promise<Published> {
  const { key, draft } = lease;
  if (keyOf(making) !== key) {
    throw new CounterweightError("internal", `The making is not that of ${key}.`);
  }
  const entry = entryFolder(layout, key);
  return writing(entry, async () => {
    const files = await hashDraft(draft);
    // A woken owner's draft was removed by the next one, maybe while it was read.
    if (files === undefined) return standing(layout, key, lease);
    const kept = await writeLog(join(draft, logName), log);
    const marker = renderMarker({ key, making, record, result, files, ...kept });
    await writeSynced(join(draft, markerName), marker);
    await syncFolder(draft);
    const shard = dirname(entry);
    const made = await mkdir(shard, { recursive: true });
    if (made !== undefined) {
      await syncFolder(dirname(made));
      await syncFolder(dirname(shard));
    }
    await beforeFence?.();
    for (let attempt = 1; ; attempt++) {
      if (!(await lease.stillMine())) return standing(layout, key, lease);
      try {
        await rename(draft, entry);
        await syncFolder(shard);
        return "published";
      } catch (error) {
        const there = await ifThere(readFile(join(entry, markerName), "utf8"));
        // A network file system may do a thing and say that it failed.
        if (there === marker) return "published";
        if (there !== undefined) return "already";
        if (attempt === 3) throw error;
        await setAside(key);
      }
    }
  }).catch(async (error: unknown) => {
    // The draft may go at any moment once the lease is another's. Where that cannot be seen, the
    // first error is the one to tell.
    if (await lease.stillMine().catch(() => true)) throw error;
    return standing(layout, key, lease);
  });
}

/** What an owner without its lease is told. */
async function standing(
  layout: Layout,
  key: string,
  lease: Pick<Lease, "draft" | "stillMine">,
): Promise<Published> {
  const marker = join(entryFolder(layout, key), markerName);
  if ((await ifThere(readFile(marker))) !== undefined) return "already";
  if (await lease.stillMine()) {
    throw new CounterweightError("internal", "The draft is gone.", { where: lease.draft });
  }
  return "lost";
}

/** Proofs of a draft's files, all on the disk; undefined where the draft is gone. */
async function hashDraft(draft: string): Promise<Record<string, FileProof> | undefined> {
  const listing = await ifThere(listFolder(draft));
  if (listing === undefined) return undefined;
  const [other] = listing.others;
  if (other !== undefined) {
    throw new CounterweightError("internal", "A step left what is no plain file.", {
      where: join(draft, other),
    });
  }
  // What an attempt to publish left that was refused by the system is written anew.
  const names = listing.files.filter(isResultFile);
  for (const name of [markerName, logName]) await rm(join(draft, name), { force: true });
  const files: Record<string, FileProof> = {};
  for (const name of names) files[name] = await hashFile(join(draft, name), { sync: true });
  for (const folder of listing.folders) await syncFolder(join(draft, folder));
  return files;
}

/** The result matters more than its log: one that the disk refuses is left out. */
async function writeLog(path: string, log = ""): Promise<{ readonly log?: FileProof }> {
  if (log === "") return {};
  try {
    await writeSynced(path, log);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    await rm(path, { force: true });
    return {};
  }
  return { log: { bytes: Buffer.byteLength(log), sha256: sha256(log) } };
}

async function writeSynced(path: string, content: string): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
