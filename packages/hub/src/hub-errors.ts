import { CounterweightError } from "@counterweight/base";
import type { Repo } from "./cache-layout.js";
import { codeOf, HubFailure } from "./failure.js";
import type { HubSettings } from "./settings.js";

/** What was being fetched, for messages. */
export interface Wanted {
  readonly repo: Repo;
  readonly revision: string;
  readonly settings: HubSettings;
}

const kindOf = ({ repo }: Wanted) => (repo.type === "model" ? "model" : "data");
const nameOf = ({ repo }: Wanted): string =>
  `the ${repo.type === "model" ? "model" : "data set"} ${JSON.stringify(repo.id)}`;

/** The way that always works: fetch it elsewhere and give the folder. */
export function byHand({ repo, revision }: Wanted): string {
  const type = repo.type === "dataset" ? " --repo-type dataset" : "";
  const at = revision === "main" ? "" : ` --revision ${revision}`;
  const then = repo.type === "model" ? "give that FOLDER" : "give its files to the benchmark files";
  return `Or run \`hf download ${repo.id}${type}${at} --local-dir FOLDER\` where the hub can be reached and ${then}.`;
}

/** An error of this package: what, where (the repository), what to do. */
export function hubError(
  wanted: Wanted,
  what: string,
  fix: string,
  cause?: unknown,
): CounterweightError {
  return new CounterweightError(kindOf(wanted), what, {
    where: `${wanted.repo.id}@${wanted.revision}`,
    fix,
    ...(cause === undefined ? {} : { cause }),
  });
}

function statusError(failure: HubFailure, wanted: Wanted): CounterweightError {
  const { repo, revision, settings } = wanted;
  const { status, errorCode } = failure;
  const named = nameOf(wanted);
  const hasToken = settings.token !== undefined;
  const access = hasToken
    ? "The token in HF_TOKEN does not open it: check that it is valid and may read this repository."
    : "Set HF_TOKEN or run `hf auth login` if it is yours to read.";
  if (errorCode === "GatedRepo") {
    return hubError(
      wanted,
      `${named} is gated: its authors ask readers to accept conditions first.`,
      `Accept them on its page of the hub, then set HF_TOKEN or run \`hf auth login\`. ${byHand(wanted)}`,
      failure,
    );
  }
  if (errorCode === "RevisionNotFound") {
    return hubError(
      wanted,
      `${named} has no revision ${JSON.stringify(revision)}.`,
      "Give a branch, tag or commit that its page of the hub lists, or leave the revision out.",
      failure,
    );
  }
  if (errorCode === "EntryNotFound") {
    return hubError(
      wanted,
      `a file that ${named} lists is not there.`,
      `Try again: the repository may just be changing. ${byHand(wanted)}`,
      failure,
    );
  }
  if (status === 404 || errorCode === "RepoNotFound") {
    const other = repo.type === "model" ? "a data set or a folder" : "a model or a file";
    return hubError(
      wanted,
      `the hub has no ${repo.type === "model" ? "model" : "data set"} ${JSON.stringify(repo.id)} that you may see.`,
      `Check owner and name letter by letter (the hub suggests none), and that it is not ${other}. If it is private: ${access}`,
      failure,
    );
  }
  if (status === 401 || status === 403) {
    return hubError(
      wanted,
      `the hub does not let you read ${named} (${status}).`,
      `${access} ${byHand(wanted)}`,
      failure,
    );
  }
  const later = status === 429 ? "The hub limits how often it is asked; " : "";
  return hubError(
    wanted,
    `${failure.message}, also after trying again.`,
    `${later}${later === "" ? "Try" : "try"} again later. ${byHand(wanted)}`,
    failure,
  );
}

/** A failure, or an error of the disk, as a message for people; other errors come back unchanged. */
export function forPeople(error: unknown, wanted: Wanted): unknown {
  if (error instanceof HubFailure) {
    switch (error.kind) {
      case "status":
        return statusError(error, wanted);
      case "aborted":
        return hubError(
          wanted,
          `fetching ${nameOf(wanted)} was stopped.`,
          "Start again: whole files are kept.",
          error,
        );
      case "unreachable":
        return hubError(
          wanted,
          `${nameOf(wanted)} is not in the cache (${wanted.settings.cacheFolder}), and the hub cannot be asked: ${error.message}.`,
          `Check the network (HF_ENDPOINT names another hub). ${byHand(wanted)}`,
          error,
        );
      default:
        return hubError(
          wanted,
          `${nameOf(wanted)} could not be fetched: ${error.message}.`,
          `Start again: whole files are kept. ${byHand(wanted)}`,
          error,
        );
    }
  }
  const code = codeOf(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return hubError(
      wanted,
      `the disk of the cache (${wanted.settings.cacheFolder}) is full.`,
      "Free some space, or set HF_HOME to a folder of a larger disk.",
      error,
    );
  }
  if (
    code === "EACCES" ||
    code === "EPERM" ||
    code === "EROFS" ||
    code === "ENOTDIR" ||
    code === "EEXIST"
  ) {
    return hubError(
      wanted,
      `the cache (${wanted.settings.cacheFolder}) cannot be written (${code}).`,
      "Set HF_HOME to a folder that you may write.",
      error,
    );
  }
  return error;
}
