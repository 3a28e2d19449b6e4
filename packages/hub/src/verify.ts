import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readlink, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { RepoFile } from "./cache-layout.js";

/** What is known of a file's content. */
export type Expected = Partial<Pick<RepoFile, "size" | "blobId" | "sha256">>;

async function digest(path: string, algorithm: string, prefix: string): Promise<string> {
  const hash = createHash(algorithm).update(prefix);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest("hex");
}

/**
 * What is wrong with a file on the disk, in words; undefined where it is what is expected: size, and
 * SHA-256 (large files) or git's digest (small ones).
 */
export async function defectOf(path: string, expected: Expected): Promise<string | undefined> {
  let size: number;
  try {
    size = (await stat(path)).size;
  } catch {
    return "it is missing";
  }
  if (expected.size !== undefined && size !== expected.size) {
    return `it has ${size} bytes instead of ${expected.size}`;
  }
  if (expected.sha256 !== undefined) {
    const found = await digest(path, "sha256", "");
    return found === expected.sha256 ? undefined : "its SHA-256 is not the hub's";
  }
  if (expected.blobId !== undefined && /^[0-9a-f]{40}$/.test(expected.blobId)) {
    const found = await digest(path, "sha1", `blob ${size}\0`);
    return found === expected.blobId ? undefined : "its digest is not the hub's";
  }
  return undefined;
}

/**
 * What a file of a snapshot must be by the name of the blob that it links to: 64 hexadecimal digits
 * are a SHA-256, 40 git's digest. Nothing where it is no link.
 */
export async function expectedByLink(path: string): Promise<Expected> {
  try {
    const name = basename(await readlink(path));
    if (/^[0-9a-f]{64}$/.test(name)) return { sha256: name };
    return /^[0-9a-f]{40}$/.test(name) ? { blobId: name } : {};
  } catch {
    return {};
  }
}
