import { join } from "node:path";
import { CounterweightError, nearest } from "@counterweight/base";
import { bytesIn, type Entry, type FolderStore, folderStore } from "@counterweight/steps";
import type { CommandIo } from "../io.js";
import { storeFolder } from "../read-spec.js";
import { shortKey } from "../words.js";
import { checkStorePlace, type StoreUse } from "./store-place.js";

const giveStore = "Give the folder with --store or COUNTERWEIGHT_STORE.";

/**
 * The store that a command is about.
 * @throws CounterweightError `usage` where there is no such folder, or not the right to use it.
 */
export function openStore(
  flags: { readonly store?: string },
  io: CommandIo,
  use: StoreUse = "read",
): FolderStore {
  const folder = storeFolder(flags, io);
  checkStorePlace(folder, use);
  return folderStore(folder);
}

/**
 * The store that a run would add to; nothing is written yet, and by a plan never will be.
 * @throws CounterweightError `usage` where it cannot be one: before any data is read.
 */
export async function storeToFill(
  flags: { readonly store?: string },
  io: Pick<CommandIo, "environment">,
  use: "add" | "plan" = "add",
): Promise<FolderStore> {
  const folder = storeFolder(flags, io);
  checkStorePlace(folder, use);
  const store = folderStore(folder);
  // Any question makes it look at the format.
  await store.has("0".repeat(64));
  return store;
}

/**
 * The entry whose key begins with some digits.
 * @throws CounterweightError `usage` where no key or more than one does.
 */
export async function entryOf(store: FolderStore, prefix: string): Promise<Entry> {
  const keys = await store.keys();
  if (keys.length === 0) {
    throw new CounterweightError("usage", "the store is empty.", {
      where: store.folder,
      fix: giveStore,
    });
  }
  const typed = prefix.toLowerCase();
  const matching = keys.filter((key) => key.startsWith(typed));
  const [key] = matching;
  if (key === undefined || matching.length > 1) throw await noSuchKey(store, typed, keys, matching);
  const entry = await store.describe(key);
  if (entry !== undefined) return entry;
  throw new CounterweightError("usage", "the entry is damaged.", {
    where: key,
    fix: "Run `counterweight store verify`; it is made again by the next run that needs it.",
  });
}

async function noSuchKey(
  store: FolderStore,
  prefix: string,
  keys: readonly string[],
  matching: readonly string[],
): Promise<CounterweightError> {
  const named = async (key: string): Promise<string> => {
    const entry = await store.describe(key);
    const what = entry === undefined ? "damaged" : `${entry.making.kind}, ${entry.record.label}`;
    return `${shortKey(key)} (${what})`;
  };
  if (matching.length > 1) {
    const some = await Promise.all(matching.slice(0, 5).map(named));
    const more = matching.length > 5 ? `; and ${matching.length - 5} more` : "";
    const what = `${matching.length} keys begin so: ${some.join("; ")}${more}.`;
    return new CounterweightError("usage", what, { where: prefix, fix: "Give more digits." });
  }
  const close = closestKey(prefix, keys);
  const hint = close === undefined ? "" : ` Did you mean ${await named(close)}?`;
  return new CounterweightError("usage", `no key begins so.${hint}`, {
    where: prefix,
    fix: "`counterweight store ls` lists all keys.",
  });
}

/** The key with the nearest beginning: one slip away, or the most first digits in common. */
function closestKey(prefix: string, keys: readonly string[]): string | undefined {
  const starts = new Map(keys.map((key) => [key.slice(0, prefix.length), key]));
  const slip = nearest(prefix, [...starts.keys()]);
  if (slip !== undefined) return starts.get(slip);
  const common = (key: string): number => {
    let length = 0;
    while (length < prefix.length && key[length] === prefix[length]) length += 1;
    return length;
  };
  const best = keys.reduce((left, right) => (common(right) > common(left) ? right : left));
  return common(best) >= 2 ? best : undefined;
}

/** Entries that are looked at together. */
const atOnce = 64;

/** Descriptions of entries, some at a time; undefined for one whose marker is damaged. */
export async function describeAll(
  store: FolderStore,
  keys: readonly string[],
): Promise<{ readonly key: string; readonly entry: Entry | undefined }[]> {
  const found: { readonly key: string; readonly entry: Entry | undefined }[] = [];
  for (let first = 0; first < keys.length; first += atOnce) {
    const some = keys.slice(first, first + atOnce);
    found.push(
      ...(await Promise.all(some.map(async (key) => ({ key, entry: await store.describe(key) })))),
    );
  }
  return found;
}

/** Bytes of an entry's result files, by its marker. */
export const bytesOf = ({ files }: Pick<Entry, "files">): number =>
  Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * Sizes of entries by key, in bytes: of all files in an entry's folder, its marker too. The one
 * measure of `ls`, `gc` and `verify`: what `ls` adds up is what `gc` would free.
 */
export async function sizesOf(
  { folder }: FolderStore,
  keys: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  const measure = async (key: string): Promise<void> => {
    sizes.set(key, await bytesIn(join(folder, "entries", key.slice(0, 2), key)));
  };
  for (let first = 0; first < keys.length; first += atOnce) {
    await Promise.all(keys.slice(first, first + atOnce).map(measure));
  }
  return sizes;
}
