import { randomBytes } from "node:crypto";
import { link, lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { invalidParameter, MlflowError } from "../errors.js";
import { shown } from "../validate.js";

/** How names begin while their content is being written; MLflow looks at none of them where we put them. */
export const UNFINISHED = ".new-";

/** A new unfinished name in a folder. */
export const unfinishedIn = (folder: string): string =>
  join(folder, `${UNFINISHED}${randomBytes(6).toString("hex")}`);

/** The code of a system error, such as "ENOENT"; undefined for any other. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Refusals that may be gone at the next try. */
const PASSING = new Set([
  "ENOSPC",
  "EDQUOT",
  "EIO",
  "EMFILE",
  "ENFILE",
  "EAGAIN",
  "EBUSY",
  "ESTALE",
  "ETIMEDOUT",
]);

/** A system error as `INTERNAL_ERROR`, `retryable` where room or quiet would mend it. */
export function storageError(error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined || !(error instanceof Error)) return error;
  const path = "path" in error && typeof error.path === "string" ? ` ${error.path}` : "";
  return new MlflowError(
    `The tracking store could not be read or written (${code})${path}. ${
      code === "ENOSPC" || code === "EDQUOT" ? "Free space" : "Look at the folder and its disk"
    } and try again.`,
    { errorCode: "INTERNAL_ERROR", retryable: PASSING.has(code), cause: error },
  );
}

/** `undefined` instead of an error of one of these codes. */
export async function unless<T>(promise: Promise<T>, ...codes: string[]): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (codes.includes(systemCode(error) ?? "")) return undefined;
    throw error;
  }
}

/** `undefined` where there is nothing. */
export const orAbsent = <T>(promise: Promise<T>): Promise<T | undefined> =>
  unless(promise, "ENOENT", "ENOTDIR");

/** Whether a real folder, no link to one, is there. */
export async function isFolder(path: string): Promise<boolean> {
  return (await orAbsent(lstat(path)))?.isDirectory() === true;
}

async function writeUnfinished(
  staging: string,
  content: string | Uint8Array,
  sync: boolean,
): Promise<string> {
  const temporary = unfinishedIn(staging);
  const file = await open(temporary, "wx");
  try {
    await file.writeFile(content);
    if (sync) await file.sync();
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
  return temporary;
}

/**
 * Puts a whole file in place of what is there, or changes nothing.
 * @param staging a folder of the same disk whose stray files MLflow does not look at
 * @param sync whether it must outlast a power cut whole
 */
export async function writeReplacing(
  staging: string,
  target: string,
  content: string | Uint8Array,
  sync: boolean,
): Promise<void> {
  const temporary = await writeUnfinished(staging, content, sync);
  try {
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** The same, but only where nothing is there yet. @returns whether it was written. */
export async function writeNew(
  staging: string,
  target: string,
  content: string | Uint8Array,
  sync: boolean,
): Promise<boolean> {
  const temporary = await writeUnfinished(staging, content, sync);
  try {
    // A link appears with its whole content and, unlike a rename, never replaces another's file.
    await link(temporary, target);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    if (!["EPERM", "ENOTSUP", "ENOSYS"].includes(systemCode(error) ?? "")) throw error;
    // A file system without hard links: then the check and the rename are two steps.
    if ((await orAbsent(lstat(target))) !== undefined) return false;
    await rename(temporary, target);
    return true;
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/**
 * The path of a key or artifact below a folder, checked part by part: nothing on the way may be a
 * link or a file, and what is at the end must be a file or absent.
 * @param what names it in errors: `metric key`, `artifact path`
 */
export async function placeFor(root: string, what: string, name: string): Promise<string> {
  const parts = name.split("/");
  // Checked by callers too; this is the last door before the disk.
  if (
    name.startsWith("..") ||
    name.includes("\0") ||
    parts.some((p) => p === "" || p === "." || p === "..")
  ) {
    throw invalidParameter(`The ${what} ${shown(name)} does not stay in its folder.`);
  }
  if (parts.some((part) => Buffer.byteLength(part) > 255)) {
    throw invalidParameter(
      `The ${what} ${shown(name)} has a part of over 255 bytes, which no file name may have. Shorten it.`,
    );
  }
  let path = root;
  for (const [index, part] of parts.entries()) {
    path = join(path, part);
    const found = await unless(lstat(path), "ENOENT");
    if (found === undefined) return join(root, ...parts);
    const last = index === parts.length - 1;
    if (found.isSymbolicLink()) {
      throw invalidParameter(
        `The ${what} ${shown(name)} leads through a symbolic link, ${path}. Remove the link.`,
      );
    }
    if (last ? !found.isFile() : !found.isDirectory()) throw collision(what, name, parts, index);
  }
  return path;
}

function collision(what: string, name: string, parts: string[], index: number): MlflowError {
  const other = shown(parts.slice(0, index + 1).join("/"));
  const why =
    index === parts.length - 1
      ? `others begin with ${other} and "/"`
      : `there is one that is just ${other}`;
  return invalidParameter(
    `The ${what} ${shown(name)} cannot be kept: ${why}, and in MLflow's file layout a name is a file or a folder, not both. Rename one of them.`,
  );
}

/** Refuses keys of one batch that need the same name as a file and as a folder. */
export function checkTogether(what: string, keys: readonly string[]): void {
  const known = new Set(keys);
  for (const key of keys) {
    const parts = key.split("/");
    for (let length = 1; length < parts.length; length++) {
      if (known.has(parts.slice(0, length).join("/"))) {
        throw collision(what, key, parts, length - 1);
      }
    }
  }
}

/** Makes the folder that a file is to be in. */
export async function makeParent(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
}

/** Applies to every item, at most `limit` at once: open files are few. */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  apply: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await apply(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
