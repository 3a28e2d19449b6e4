import { createHash } from "node:crypto";
import type { RepoType } from "../hub-id.js";

/** A repository that a local hub serves. */
export interface LocalRepo {
  readonly type: RepoType;
  readonly id: string;
  /** Content by path, by branch or tag; "main" is the default branch. */
  readonly revisions: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>;
  /** Who may read it. Default: everybody. */
  readonly access?: "public" | "private" | "gated";
}

/** A file as the local hub serves it. */
export interface ServedFile {
  readonly path: string;
  readonly content: Buffer;
  readonly blobId: string;
  /** Of large files only, which are served from another address, as large file storage is. */
  readonly sha256: string | undefined;
}

const isLarge = (path: string): boolean => /\.(?:safetensors|parquet|bin|h5|onnx)$/.test(path);
const hex = (algorithm: string, content: string | Uint8Array): string =>
  createHash(algorithm).update(content).digest("hex");
const gitDigest = (content: Uint8Array): string =>
  createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");

/** The files of a revision as served. */
export function servedFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
): readonly ServedFile[] {
  return Object.entries(files)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([path, written]) => {
      const content = Buffer.from(written);
      const sha256 = isLarge(path) ? hex("sha256", content) : undefined;
      const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${content.length}\n`;
      return {
        path,
        content,
        sha256,
        blobId: gitDigest(sha256 === undefined ? content : Buffer.from(pointer)),
      };
    });
}

/** A commit for the content of a revision: equal content, equal commit. */
export function commitOf(repo: LocalRepo, files: readonly ServedFile[]): string {
  const listing = files.map(({ path, blobId }) => `${blobId} ${path}`);
  return hex("sha1", [repo.type, repo.id, ...listing].join("\n"));
}
