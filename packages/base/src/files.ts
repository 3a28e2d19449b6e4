import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CounterweightError } from "./errors.js";

/** How names end while their content is being written. */
const unfinished = /\.[0-9a-f]{12}\.tmp$/;

/** A name that `removeUnfinished` knows, new each time. */
export const temporaryName = (name: string): string =>
  `${name}.${randomBytes(6).toString("hex")}.tmp`;

/**
 * Writes a whole file or nothing: a temporary name beside it, synced, then renamed.
 * A reader never sees half of it, and a kill leaves the old content.
 * @throws CounterweightError `usage` where the system refuses: a full disk, a read-only folder.
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await writeWhole(path, (file) => file.writeFile(content));
}

/**
 * The same for content that comes in pieces: `write` fills the temporary file.
 * @throws CounterweightError `usage` where the system refuses; what `write` throws.
 */
export async function writeWhole(
  path: string,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, "w");
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    // Where even that is refused, `removeUnfinished` does it later.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeRefusal(error, path);
  }
}

/** Removes from a folder what killed writers left there; to be called while nobody writes into it. */
export async function removeUnfinished(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error) => {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  });
  for (const name of names) {
    if (unfinished.test(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

const refusals: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  ENOSPC: ["the disk is full", "Free space"],
  EDQUOT: ["the disk quota is used up", "Free space"],
  EFBIG: ["the file would be larger than is allowed here", "Raise the limit on file size"],
  EACCES: ["it may not be written", "Give write permission, or another folder"],
  EPERM: ["it may not be written", "Give write permission, or another folder"],
  EROFS: ["the file system is read-only", "Make it writable, or give another folder"],
  ENOTDIR: ["a part of the path is a file", "Move it away, or give another folder"],
  EEXIST: ["a part of the path is a file", "Move it away, or give another folder"],
  EIO: ["the disk reports an error", "Look at the disk"],
  EMFILE: ["too many files are open", "Raise the limit (ulimit -n)"],
  ENFILE: ["too many files are open on this machine", "Close other programs"],
};

/**
 * A refused write as an error for people: which file, why, and that the same command goes on from
 * what is kept. Errors that are not the system's come back as they are.
 */
export function writeRefusal(error: unknown, path: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const [what, fix] = refusals[code] ?? ["the system refused", "Look at the folder"];
  return new CounterweightError("usage", `could not be written: ${what} (${code}).`, {
    where: path,
    fix: `${fix}, then run the same command again: what is finished is kept.`,
    cause: error,
  });
}

/** The code of a system error, such as "ENOENT"; undefined for any other. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
