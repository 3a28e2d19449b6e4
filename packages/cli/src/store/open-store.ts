import { existsSync } from "node:fs";
import { CounterweightError, nearest } from "@counterweight/base";
import { type Entry, type FolderStore, folderStore } from "@counterweight/steps";
import type { CommandIo } from "../io.js";
import { storeFolder } from "../read-spec.js";
import { shortKey } from "../words.js";

const giveStore = "Give the folder with --store or COUNTERWEIGHT_STORE.";

/**
 * The store that a command is about.
 * @throws CounterweightError `usage` where there is no such folder.
 */
export function openStore(flags: { readonly store?: string }, io: CommandIo): FolderStore {
  const folder = storeFolder(flags, io);
  if (!existsSync(folder)) {
    throw new CounterweightError("usage", "there is no store here.", {
      where: folder,
      fix: giveStore,
    });
  }
  return folderStore(folder);
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

/** Descriptions of entries, some at a time; undefined for one whose marker is damaged. */
export async function describeAll(
  store: FolderStore,
  keys: readonly string[],
): Promise<{ readonly key: string; readonly entry: Entry | undefined }[]> {
  const found: { readonly key: string; readonly entry: Entry | undefined }[] = [];
  const atOnce = 64;
  for (let first = 0; first < keys.length; first += atOnce) {
    const some = keys.slice(first, first + atOnce);
    found.push(
      ...(await Promise.all(some.map(async (key) => ({ key, entry: await store.describe(key) })))),
    );
  }
  return found;
}

/** Bytes of an entry's files. */
export const bytesOf = ({ files }: Pick<Entry, "files">): number =>
  Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0);
