import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import {
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { FileInfo } from "./entities.js";
import { doesNotExist, MlflowError } from "./errors.js";
import { shown } from "./validate.js";

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;

/** An error of the disk as an `MlflowError`: absent things as `RESOURCE_DOES_NOT_EXIST`. */
function diskError(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  if (code === "ENOENT" || code === "ENOTDIR") return doesNotExist(`There is no ${shown(path)}.`);
  return new MlflowError(`${shown(path)}: ${code}.`, {
    errorCode: code === "EISDIR" ? "INVALID_PARAMETER_VALUE" : "INTERNAL_ERROR",
    cause: error,
  });
}

async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(error, path);
  }
}

/** Writes a file under a temporary name beside it, then renames it: never seen half-written. */
async function replace(path: string, write: (draft: string) => Promise<void>): Promise<void> {
  await onDisk(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    const draft = `${path}.new-${randomUUID()}`;
    try {
      await write(draft);
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  });
}

/** Writes bytes as a file of a folder of artifacts. */
export const writeLocal = (folder: string, path: string, content: Uint8Array): Promise<void> =>
  replace(join(folder, path), (draft) => writeFile(draft, content));

/** Writes a stream as a file. */
export const writeStream = (path: string, content: AsyncIterable<Uint8Array>): Promise<void> =>
  replace(path, (draft) => pipeline(content, createWriteStream(draft)));

/** Copies a file into a folder of artifacts. */
export const copyLocal = (source: string, folder: string, path: string): Promise<void> =>
  replace(join(folder, path), (draft) => copyFile(source, draft));

/** The bytes of an artifact of a folder. */
export const readLocal = (folder: string, path: string): Promise<Buffer> =>
  onDisk(path, () => readFile(join(folder, path)));

/** What is directly in a folder of artifacts, by path; [] where there is no such folder. */
export async function listLocal(folder: string, path: string): Promise<readonly FileInfo[]> {
  try {
    const names = (await readdir(join(folder, path))).toSorted();
    const infos = names.map(async (name) => {
      const stats = await stat(join(folder, path, name));
      return {
        path: path === "" ? name : `${path}/${name}`,
        isDir: stats.isDirectory(),
        fileSize: stats.isDirectory() ? undefined : stats.size,
      };
    });
    return await Promise.all(infos);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw diskError(error, path);
  }
}

/** The size of a file that is to become an artifact. */
export async function fileSize(path: string): Promise<number> {
  const stats = await onDisk(path, () => stat(path));
  if (stats.isFile()) return stats.size;
  throw new MlflowError(`${shown(path)} is no file.`, { errorCode: "INVALID_PARAMETER_VALUE" });
}

/**
 * Paths of all files below a folder, with `/`, sorted. Links to files count as files.
 * @throws MlflowError at anything else, such as a link to a folder, which may lead round in a circle.
 */
export async function filesBelow(folder: string, below = ""): Promise<readonly string[]> {
  const names = await onDisk(folder, () => readdir(join(folder, below)));
  const files: string[] = [];
  for (const name of names.toSorted()) {
    const path = below === "" ? name : `${below}/${name}`;
    const at = join(folder, path);
    if ((await onDisk(at, () => lstat(at))).isDirectory()) {
      files.push(...(await filesBelow(folder, path)));
    } else {
      await fileSize(at);
      files.push(path);
    }
  }
  return files;
}
