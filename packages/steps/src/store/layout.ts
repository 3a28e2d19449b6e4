import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CounterweightError, canonicalJson, writeFileAtomic } from "@counterweight/base";
import { isMissing } from "./files.js";

/** File of an entry that says what the entry is; written last. */
export const markerName = "entry.json";

/** File of an entry that says how it was made. */
export const logName = "entry.log";

/**
 * Whether a file of an entry's folder is part of the step's result: all are but the marker, which
 * also says when and where it was made, and the log.
 * @param name path in the folder
 */
export const isResultFile = (name: string): boolean => name !== markerName && name !== logName;

/**
 * Version of the layout below; raised when older programs would misread a store. Since 2 an entry may
 * hold a log, for which version 1 would set it aside; stores of version 1 are read, and become this
 * one's when something is written.
 */
const format = 2;

/** Where everything of a store is. */
export interface Layout {
  readonly root: string;
  /** `entries/<first 2 digits>/<key>/`. */
  readonly entries: string;
  /** `leases/<key>/<token>` while held, `<token>.released` after. */
  readonly leases: string;
  /** `work/<key>/<token>/`: checkpoints. */
  readonly work: string;
  /** `drafts/<key>.<token>.<nonce>/`, and what is on its way out. */
  readonly drafts: string;
  readonly quarantine: string;
}

export const layoutOf = (root: string): Layout => ({
  root,
  entries: join(root, "entries"),
  leases: join(root, "leases"),
  work: join(root, "work"),
  drafts: join(root, "drafts"),
  quarantine: join(root, "quarantine"),
});

const keyPattern = /^[0-9a-f]{64}$/;

export const isKey = (name: string): boolean => keyPattern.test(name);

/** @throws CounterweightError `internal` for what `keyOf` cannot have made: it becomes a path. */
function checkKey(key: string): void {
  if (!isKey(key)) {
    throw new CounterweightError("internal", `${JSON.stringify(key)} is no key of a step.`);
  }
}

/** Entries lie in 256 folders, so that none gets too long to list. */
export const shardFolder = ({ entries }: Layout, key: string): string => {
  checkKey(key);
  return join(entries, key.slice(0, 2));
};

export const entryFolder = (layout: Layout, key: string): string =>
  join(shardFolder(layout, key), key);

export const leaseFolder = ({ leases }: Layout, key: string): string => {
  checkKey(key);
  return join(leases, key);
};

export const workFolder = ({ work }: Layout, key: string): string => {
  checkKey(key);
  return join(work, key);
};

const formatFile = ({ root }: Layout): string => join(root, "store.json");

/**
 * Whether the store says that it has this format.
 * @throws CounterweightError `usage` where a later version made it, or the file is no format.
 */
export async function checkFormat(layout: Layout): Promise<boolean> {
  const path = formatFile(layout);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  const found = formatIn(text);
  if (found === format) return true;
  if (found !== undefined && found >= 1 && found < format) return false;
  throw found === undefined
    ? new CounterweightError("usage", "This does not say the format of a store.", {
        where: path,
        fix: `Put back ${canonicalJson({ format })} if the folder is a store of steps, or give another folder.`,
      })
    : new CounterweightError(
        "usage",
        `The store has format ${found}; this program knows format ${format}.`,
        { where: path, fix: "Use the version of Counterweight that made it, or another folder." },
      );
}

function formatIn(text: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("format" in value)) return undefined;
    return typeof value.format === "number" ? value.format : undefined;
  } catch {
    return undefined;
  }
}

/** Makes sure that the store says its format, before anything is written into it. */
export async function writeFormat(layout: Layout): Promise<void> {
  if (!(await checkFormat(layout))) {
    await writeFileAtomic(formatFile(layout), `${canonicalJson({ format })}\n`);
  }
}
