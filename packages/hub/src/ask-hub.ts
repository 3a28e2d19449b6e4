import type { Repo, RepoFile } from "./cache-layout.js";
import { isSafePath } from "./cache-layout.js";
import { HubFailure } from "./failure.js";
import { type HubSession, questionFetch, withRetries } from "./session.js";

/**
 * The commit that a revision has now.
 * @throws HubFailure where the hub cannot be asked or knows no such repository or revision.
 */
export async function askCommit(
  session: HubSession,
  repo: Repo,
  revision: string,
): Promise<string> {
  const { datasetInfo, modelInfo } = await import("@huggingface/hub");
  const question = {
    name: repo.id,
    revision,
    hubUrl: session.endpoint,
    fetch: questionFetch(session),
  };
  return withRetries(session, async () => {
    const { sha } =
      repo.type === "model"
        ? await modelInfo({ ...question, additionalFields: ["sha"] })
        : await datasetInfo({ ...question, additionalFields: ["sha"] });
    if (typeof sha === "string" && /^[0-9a-f]{40}$/.test(sha)) return sha;
    throw new HubFailure("damaged", "the hub's answer has no commit");
  });
}

/**
 * All files of a repository at a commit. Files whose path would leave the cache are left out.
 * @throws HubFailure as `askCommit`.
 */
export async function askFiles(
  session: HubSession,
  repo: Repo,
  commit: string,
): Promise<readonly RepoFile[]> {
  const { listFiles } = await import("@huggingface/hub");
  return withRetries(session, async () => {
    const files: RepoFile[] = [];
    const listing = listFiles({
      repo: { type: repo.type, name: repo.id },
      recursive: true,
      revision: commit,
      hubUrl: session.endpoint,
      fetch: questionFetch(session),
    });
    for await (const { type, path, size, oid, lfs } of listing) {
      if (type !== "file" || !isSafePath(path) || oid === undefined) continue;
      files.push({
        path,
        size: lfs?.size ?? size,
        blobId: oid,
        ...(lfs === undefined ? {} : { sha256: lfs.oid }),
      });
    }
    return files;
  });
}

/** The address from which a file of a commit is fetched. */
export function fileAddress(session: HubSession, repo: Repo, commit: string, path: string): string {
  const prefix = repo.type === "dataset" ? "datasets/" : "";
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return `${session.endpoint}/${prefix}${repo.id}/resolve/${commit}/${encoded}`;
}
