import { randomBytes } from "node:crypto";
import { copyFile, mkdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileAddress } from "./ask-hub.js";
import { blobName, type Repo, type RepoFile, snapshotFolder } from "./cache-layout.js";
import { downloadFile } from "./download.js";
import type { HubSession } from "./session.js";
import { defectOf } from "./verify.js";

/** How far a download is. */
export interface DownloadProgress {
  /** Path in the repository. */
  readonly file: string;
  readonly fileBytes: number;
  readonly fileTotal: number;
  /** Of all files that are downloaded in this call. */
  readonly bytes: number;
  readonly total: number;
}

/** Puts a blob into a snapshot: a relative link, as Python makes it, or a copy where links are not allowed. */
async function placeBlob(blob: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const target = relative(dirname(path), blob);
  try {
    if ((await readlink(path)) === target) return;
  } catch {
    // absent, or a plain file
  }
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    try {
      await symlink(target, temporary);
    } catch {
      await copyFile(blob, temporary);
    }
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Files that are missing or damaged, with the reason. */
export async function defectsOf(
  folder: string,
  commit: string,
  files: readonly RepoFile[],
): Promise<ReadonlyMap<RepoFile, string>> {
  const defects = new Map<RepoFile, string>();
  for (const file of files) {
    const defect = await defectOf(join(snapshotFolder(folder, commit), file.path), file);
    if (defect !== undefined) defects.set(file, defect);
  }
  return defects;
}

/**
 * Makes sure that a commit's files are in the cache, whole: links what the cache has under another
 * commit, downloads the rest.
 * @param folder the repository's folder in the cache.
 * @param files those known to be missing or damaged in the snapshot.
 * @returns number of files that were downloaded.
 */
export async function fetchFiles(
  session: HubSession,
  repo: Repo,
  folder: string,
  commit: string,
  files: readonly RepoFile[],
  onProgress?: (progress: DownloadProgress) => void,
): Promise<number> {
  const absent: RepoFile[] = [];
  const blobOf = (file: RepoFile): string => join(folder, "blobs", blobName(file));
  const pathOf = (file: RepoFile): string => join(snapshotFolder(folder, commit), file.path);
  for (const file of files) {
    if ((await defectOf(blobOf(file), file)) === undefined)
      await placeBlob(blobOf(file), pathOf(file));
    else absent.push(file);
  }
  absent.sort((left, right) => left.size - right.size); // what is soon done is soon kept
  const total = absent.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const file of absent) {
    const url = fileAddress(session, repo, commit, file.path);
    await downloadFile(session, url, file, blobOf(file), (fileBytes) =>
      onProgress?.({
        file: file.path,
        fileBytes,
        fileTotal: file.size,
        bytes: before + fileBytes,
        total,
      }),
    );
    await placeBlob(blobOf(file), pathOf(file));
    before += file.size;
  }
  return absent.length;
}
