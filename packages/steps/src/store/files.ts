import { createHash } from "node:crypto";
import { lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { CounterweightError, systemCode, writeRefusal } from "@counterweight/base";
import type { FileProof } from "../store.js";

export const isMissing = (error: unknown): boolean =>
  ["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "");

/** A rename onto, or a removal of, a folder that holds something. */
export const isOccupied = (error: unknown): boolean =>
  // Windows and some network file systems say EPERM or EACCES; those callers look what is there.
  ["ENOTEMPTY", "EEXIST"].includes(systemCode(error) ?? "");

/** What `action` gives, or undefined where the file or folder is not there. */
export async function ifThere<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Names in a folder; none where there is no folder. */
export const namesIn = async (folder: string): Promise<string[]> =>
  (await ifThere(readdir(folder))) ?? [];

/** Runs what writes; a refusal of the system becomes an error for people that names `path`. */
export async function writing<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw writeRefusal(error, path);
  }
}

/** Runs what only reads; the system's refusal becomes an error for people. */
export async function reading<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new CounterweightError("usage", `could not be read (${code}).`, {
      where: path,
      fix: "Look at the folder's permissions and at the disk, then run the same command again.",
      cause: error,
    });
  }
}

/** Makes the names in a folder outlive a power failure, where the system can do that. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    // Windows opens no folders, and some network file systems sync none.
    if (!["EISDIR", "EPERM", "EINVAL", "ENOTSUP", "EACCES"].includes(systemCode(error) ?? "")) {
      throw error;
    }
  }
}

const chunkBytes = 1 << 20;

/** Size and SHA-256 of a file, read in pieces. @param sync also brings its bytes to the disk. */
export async function hashFile(path: string, { sync = false } = {}): Promise<FileProof> {
  // Only Windows wants the right to write for a sync.
  const file = await open(path, sync && process.platform === "win32" ? "r+" : "r");
  try {
    const hash = createHash("sha256");
    const { size } = await file.stat();
    const chunk = Buffer.allocUnsafe(Math.max(1, Math.min(chunkBytes, size + 1)));
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, bytes);
      if (bytesRead === 0) break;
      hash.update(chunk.subarray(0, bytesRead));
      bytes += bytesRead;
      // All of it, and no more where more was asked for: a further read would only say the same.
      if (bytes >= size && bytesRead < chunk.length) break;
    }
    if (sync) await file.sync();
    return { bytes, sha256: hash.digest("hex") };
  } finally {
    await file.close();
  }
}

/** What is in a folder and its folders; names are paths with `/`, sorted. */
export interface Listing {
  readonly files: readonly string[];
  readonly folders: readonly string[];
  /** Links, sockets and the like. */
  readonly others: readonly string[];
}

export async function listFolder(folder: string): Promise<Listing> {
  const files: string[] = [];
  const folders: string[] = [];
  const others: string[] = [];
  const visit = async (prefix: string): Promise<void> => {
    for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
      const name = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isFile()) files.push(name);
      else if (entry.isDirectory()) {
        folders.push(name);
        await visit(name);
      } else others.push(name);
    }
  };
  await visit("");
  return { files: files.sort(), folders: folders.sort(), others: others.sort() };
}

/** Bytes of all files in a folder; what vanishes meanwhile counts nothing. */
export function bytesIn(folder: string): Promise<number> {
  return reading(folder, async () => {
    let bytes = 0;
    const listing = await ifThere(listFolder(folder));
    for (const name of listing?.files ?? []) {
      bytes += (await ifThere(lstat(join(folder, name))))?.size ?? 0;
    }
    return bytes;
  });
}
