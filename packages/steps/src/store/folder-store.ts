import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CounterweightError } from "@counterweight/base";
import type { Entry, Lookup, Store } from "../store.js";
import { claimKey, isPublished } from "./claims.js";
import { ifThere, namesIn, reading, writing } from "./files.js";
import { heartbeats } from "./heartbeat.js";
import { checkFormat, entryFolder, isKey, layoutOf, markerName, writeFormat } from "./layout.js";
import { parseMarker } from "./marker.js";
import { type ProcessIdentity, thisProcess } from "./owner.js";
import { proveEntry, provenBytes } from "./prove.js";
import { type ProvenEntries, provenEntries } from "./proven-entries.js";
import { moveToQuarantine, setAsideDamaged } from "./set-aside.js";
import { silence } from "./silence.js";

export interface FolderStoreOptions {
  /**
   * An owner of whom nothing was heard for so long is replaced; default 30. All processes of a store
   * should say the same.
   */
  readonly leaseSeconds?: number;
  /** Time between two signs of life; default a sixth of `leaseSeconds`. */
  readonly heartbeatSeconds?: number;
  /** Milliseconds of a monotonic clock; default `performance.now`. */
  readonly clock?: () => number;
  /** Called between the last write of a publishing and the look at the fencing token; for tests. */
  readonly beforeFence?: () => Promise<void>;
}

/** A store in a folder. */
export interface FolderStore extends Store {
  /** Ends the thread of heartbeats; leases that are still held are lost. */
  close(): Promise<void>;
}

/**
 * A content-addressed store in a folder that processes and hosts may share. Nothing is written before
 * the first claim, and reading needs no right to write unless an entry is damaged.
 *
 * An owner on this host whose process is gone is replaced at once; any other when its lease file has
 * not changed for `leaseSeconds` by the clock of the one that looks, over several calls of `claim`:
 * the time between two calls counts for half of `leaseSeconds` at most.
 *
 * @throws CounterweightError `usage` from any call where the folder cannot be read or written, or is
 * a store of a later version.
 */
export function folderStore(folder: string, options: FolderStoreOptions = {}): FolderStore {
  const { leaseSeconds = 30, heartbeatSeconds = leaseSeconds / 6 } = options;
  const leaseMilliseconds = 1000 * leaseSeconds;
  const layout = layoutOf(resolve(folder));
  const known = once(() => checkFormat(layout));
  const said = once(() => writeFormat(layout));
  const whoWeAre: () => Promise<ProcessIdentity> = once(thisProcess);
  const beats = heartbeats(1000 * heartbeatSeconds);
  const proven = provenEntries();
  const context = {
    layout,
    beats,
    self: whoWeAre,
    silence: silence(options.clock ?? (() => performance.now()), leaseMilliseconds / 2),
    leaseMilliseconds,
    beforeFence: options.beforeFence,
    setAside: async (key: string) => {
      await setAsideDamaged(layout, key, "it was in the way of a new entry");
    },
  };

  async function read(key: string, { afresh = false } = {}): Promise<Lookup> {
    if (afresh) proven.forget(key);
    const place = entryFolder(layout, key);
    for (;;) {
      const before = await identity(place);
      const proof = await proveEntry(place, key, proven);
      if (proof.kind === "whole") return { kind: "found", entry: proof.entry };
      if (proof.kind === "absent") return { kind: "absent" };
      // Removed or replaced while it was read.
      if (before === undefined || before !== (await identity(place))) continue;
      const movedTo = await setAsideDamaged(layout, key, proof.reason);
      if (movedTo !== undefined) return { kind: "damaged", reason: proof.reason, movedTo };
    }
  }

  return {
    folder: layout.root,
    has: (key) =>
      reading(layout.root, async () => {
        await known();
        return isPublished(layout, key);
      }),
    read: (key, options) =>
      reading(layout.root, async () => {
        await known();
        return read(key, options);
      }),
    file: (entry, name) => reading(entry.folder, () => provenFile(entry, name, proven)),
    claim: async (key) => {
      await writing(layout.root, said);
      return claimKey(context, key);
    },
    keys: () =>
      reading(layout.entries, async () => {
        await known();
        const shards = (await namesIn(layout.entries)).filter((name) => /^[0-9a-f]{2}$/.test(name));
        const keys: string[] = [];
        for (const shard of shards.sort()) {
          const names = await namesIn(join(layout.entries, shard));
          keys.push(...names.filter((name) => isKey(name) && name.startsWith(shard)).sort());
        }
        return keys;
      }),
    describe: (key) =>
      reading(layout.root, async () => {
        await known();
        const place = entryFolder(layout, key);
        const content = await ifThere(readFile(join(place, markerName)));
        const marker = content === undefined ? undefined : parseMarker(content);
        return marker?.key === key ? { ...marker, folder: place } : undefined;
      }),
    quarantine: async (key, reason) => {
      await reading(layout.root, known);
      proven.forget(key);
      const movedTo = await moveToQuarantine(layout, key, reason);
      if (movedTo !== undefined) return movedTo;
      throw new CounterweightError("usage", "The store has no such entry.", {
        where: entryFolder(layout, key),
      });
    },
    remove: async (key) => {
      await reading(layout.root, known);
      proven.forget(key);
      const place = entryFolder(layout, key);
      await writing(place, async () => {
        // Gone at once: a reader sees all of it or nothing.
        const out = join(layout.drafts, `removed.${randomBytes(6).toString("hex")}`);
        await mkdir(layout.drafts, { recursive: true });
        await ifThere(rename(place, out));
        await rm(out, { recursive: true, force: true });
      });
    },
    close: () => beats.close(),
  };
}

/** Tells a folder from another one that came in its place. */
async function identity(folder: string): Promise<string | undefined> {
  const found = await ifThere(stat(folder, { bigint: true }));
  return found === undefined ? undefined : `${found.dev} ${found.ino} ${found.mtimeNs}`;
}

async function provenFile(
  { key, files, folder }: Entry,
  name: string,
  proven: ProvenEntries,
): Promise<Buffer> {
  const expected = Object.hasOwn(files, name) ? files[name] : undefined;
  if (expected === undefined) {
    throw new CounterweightError("internal", `An entry has no file ${JSON.stringify(name)}.`, {
      where: folder,
    });
  }
  try {
    return await provenBytes(join(folder, name), expected);
  } catch (error) {
    // The next look is to find it, however it came.
    proven.forget(key);
    throw error;
  }
}

/** What `action` gives, asked for once; a failure is asked for again. */
function once<T>(action: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => {
    asked ??= action().catch((error: unknown) => {
      asked = undefined;
      throw error;
    });
    return asked;
  };
}
