import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { writeFileAtomic } from "@counterweight/base";
import type { RepoType } from "./hub-id.js";

/** A repository without a revision. */
export interface Repo {
  readonly type: RepoType;
  readonly id: string;
}

/** A file of a repository at one commit, as the hub lists it. */
export interface RepoFile {
  /** Path in the repository, with "/". */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Git's digest of the blob: SHA-1 of "blob SIZE\0" and the content (of the pointer for LFS). */
  readonly blobId: string;
  /** SHA-256 of the content, for files in large file storage. */
  readonly sha256?: string;
}

/** True for a full commit, which never changes its meaning. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

/** Folder of a repository in the cache, such as `models--owner--name`. */
export function repoFolder(cacheFolder: string, repo: Repo): string {
  return join(cacheFolder, [`${repo.type}s`, ...repo.id.split("/")].join("--"));
}

/** Folder of the files at a commit. */
export const snapshotFolder = (folder: string, commit: string): string =>
  join(folder, "snapshots", commit);

/** Name under which the cache keeps a file's content: the hub's ETag. */
export const blobName = (file: RepoFile): string => file.sha256 ?? file.blobId;

/**
 * True where a path of a repository stays inside the folder it is joined to, on every system: no
 * "..", no absolute path, drive or backslash.
 */
export function isSafePath(path: string): boolean {
  return (
    path !== "" &&
    !path.includes("\\") &&
    path
      .split("/")
      .every((part) => part !== "" && part !== "." && part !== ".." && !/^[A-Za-z]:/.test(part))
  );
}

async function optionalText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return undefined;
  }
}

/** The commit that a branch or tag had when it was last asked for; undefined where never. */
export async function readReference(folder: string, revision: string): Promise<string | undefined> {
  if (isCommit(revision)) return revision;
  const text = (await optionalText(join(folder, "refs", revision)))?.trim();
  return text !== undefined && isCommit(text) ? text : undefined;
}

/** Remembers what commit a branch or tag has. */
export async function writeReference(
  folder: string,
  revision: string,
  commit: string,
): Promise<void> {
  if (revision !== commit) await writeFileAtomic(join(folder, "refs", revision), commit);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function fileOfEntry(path: string, entry: unknown): RepoFile | undefined {
  if (!isObject(entry) || typeof entry.size !== "number") return undefined;
  if (typeof entry.blob_id !== "string") return undefined;
  const { lfs_sha256: sha256, lfs_size: lfsSize } = entry;
  return {
    path,
    size: typeof lfsSize === "number" ? lfsSize : entry.size,
    blobId: entry.blob_id,
    ...(typeof sha256 === "string" ? { sha256 } : {}),
  };
}

/**
 * The remembered list of a commit's files, in the form that Python's `huggingface_hub` 2 writes
 * (`trees/COMMIT.json`); undefined where there is none or it is not understood.
 */
export async function readTree(
  folder: string,
  commit: string,
): Promise<readonly RepoFile[] | undefined> {
  const text = await optionalText(join(folder, "trees", `${commit}.json`));
  if (text === undefined) return undefined;
  try {
    const tree: unknown = JSON.parse(text);
    if (!isObject(tree) || tree.format_version !== 1 || !isObject(tree.files)) return undefined;
    const files = Object.entries(tree.files).map(([path, entry]) => fileOfEntry(path, entry));
    return files.every((file) => file !== undefined) ? files : undefined;
  } catch {
    return undefined; // half a file: asked for again
  }
}

/** Remembers the list of a commit's files. */
export async function writeTree(
  folder: string,
  commit: string,
  files: readonly RepoFile[],
): Promise<void> {
  const sorted = [...files].sort((left, right) => (left.path < right.path ? -1 : 1));
  const entries = sorted.map(({ path, size, blobId, sha256 }) => [
    path,
    {
      size,
      blob_id: blobId,
      ...(sha256 === undefined ? {} : { lfs_sha256: sha256, lfs_size: size }),
    },
  ]);
  const tree = { format_version: 1, files: Object.fromEntries(entries) };
  await writeFileAtomic(join(folder, "trees", `${commit}.json`), JSON.stringify(tree, null, 1));
}

/** Paths of the files in a snapshot folder, with "/", sorted; none where it does not exist. */
export async function listSnapshot(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .map((path) => path.split(sep).join("/"))
      .sort();
  } catch {
    return [];
  }
}
