import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Claim, Entry, Holder, Lease, Lookup, Store } from "../store.js";

/** A store in memory, for tests and measurements of what uses one. Entries hold results, no files. */
export interface MemoryStore extends Store {
  /** Puts an entry there at once, with as little as `has` and `claim` need. */
  readonly put: (key: string) => void;
  /** Another process gets the lease until `free`, or publishes by `put`. */
  readonly hold: (key: string, by?: Holder) => void;
  readonly free: (key: string) => void;
  /** The next `read` finds the entry damaged. */
  readonly damage: (key: string) => void;
  /** How often an entry of the key was published. */
  readonly published: ReadonlyMap<string, number>;
}

/** @param folder where drafts and work folders are made; without it steps have none. */
export function memoryStore(folder?: string): MemoryStore {
  const entries = new Map<string, Entry | undefined>();
  const holders = new Map<string, Holder>();
  const damaged = new Set<string>();
  const published = new Map<string, number>();
  let tokens = 0;
  const place = (...names: string[]): string => {
    if (folder === undefined) return "";
    const path = join(folder, ...names);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const count = (key: string) => published.set(key, (published.get(key) ?? 0) + 1);

  const lease = (key: string, token: number): Lease => {
    const draft = place("drafts", `${key}-${token}`);
    const work = place("work", key);
    const owns = () => holders.get(key)?.token === token;
    return {
      ...{ key, token, draft, work, takenFrom: undefined },
      lost: new AbortController().signal,
      stillMine: async () => owns(),
      publish: async ({ making, record, result }) => {
        if (!owns()) return "lost";
        if (entries.has(key)) return "already";
        entries.set(key, { key, making, record, result, files: {}, folder: "" });
        count(key);
        holders.delete(key);
        if (work !== "") await rm(work, { recursive: true, force: true });
        return "published";
      },
      release: async () => {
        if (owns()) holders.delete(key);
      },
    };
  };

  const store: MemoryStore = {
    folder: folder ?? "",
    published,
    put: (key) => {
      entries.set(key, undefined);
      holders.delete(key);
      count(key);
    },
    hold: (key, by = { host: "other", process: 1, token: 0 }) => {
      tokens += 1;
      holders.set(key, { ...by, token: tokens });
    },
    free: (key) => {
      holders.delete(key);
    },
    damage: (key) => {
      damaged.add(key);
    },
    has: async (key) => entries.has(key),
    read: async (key): Promise<Lookup> => {
      const entry = entries.get(key);
      if (damaged.delete(key) && entries.delete(key)) {
        return { kind: "damaged", reason: "a byte was flipped.", movedTo: "quarantine" };
      }
      return entry === undefined ? { kind: "absent" } : { kind: "found", entry };
    },
    file: async () => {
      throw new Error("entries in memory have no files");
    },
    claim: async (key): Promise<Claim> => {
      if (entries.has(key)) return { kind: "published" };
      const by = holders.get(key);
      if (by !== undefined) return { kind: "held", by };
      tokens += 1;
      holders.set(key, { host: "here", process: process.pid, token: tokens });
      return { kind: "mine", lease: lease(key, tokens) };
    },
    keys: async () => [...entries.keys()].sort(),
    describe: async (key) => entries.get(key),
    quarantine: async (key) => {
      entries.delete(key);
      return "quarantine";
    },
    remove: async (key) => {
      entries.delete(key);
    },
  };
  return store;
}
