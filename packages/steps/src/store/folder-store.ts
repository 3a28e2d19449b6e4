import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CounterweightError, sha256 } from "@counterweight/base";
import type { Entry, Lookup, Store } from "../store.js";
import { claimKey, isPublished } from "./claims.js";
import { ifThere, namesIn, reading, writing } from "./files.js";
import { heartbeats } from "./heartbeat.js";
import { checkFormat, entryFolder, isKey, layoutOf, markerName, writeFormat } from "./layout.js";
import { parseMarker } from "./marker.js";
import { type ProcessIdentity, thisProcess } from "./owner.js";
import { proveEntry } from "./prove.js";
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

  async function read(key: string): Promise<Lookup> {
    const place = entryFolder(layout, key);
    for (;;) {
      const before = await identity(place);
      const proof = await proveEntry(place, key);
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
    read: (key) =>
      reading(layout.root, async () => {
        await known();
        return read(key);
      }),
    file: (entry, name) => reading(entry.folder, () => provenFile(entry, name)),
    claim: async (key) => {
      await said();
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
      await known();
      const movedTo = await moveToQuarantine(layout, key, reason);
      if (movedTo !== undefined) return movedTo;
      throw new CounterweightError("usage", "The store has no such entry.", {
        where: entryFolder(layout, key),
      });
    },
    remove: async (key) => {
      await known();
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

async function provenFile({ files, folder }: Entry, name: string): Promise<Buffer> {
  const expected = Object.hasOwn(files, name) ? files[name] : undefined;
  const path = join(folder, name);
  if (expected === undefined) {
    throw new CounterweightError("internal", `An entry has no file ${JSON.stringify(name)}.`, {
      where: folder,
    });
  }
  const bytes = await ifThere(readFile(path));
  if (bytes !== undefined && sha256(bytes) === expected.sha256) return bytes;
  const what = bytes === undefined ? "is gone" : "does not match its hash";
  throw new CounterweightError("data", `The file ${what}.`, {
    where: path,
    fix: "Run the same command again: the entry is set aside and made anew.",
  });
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
