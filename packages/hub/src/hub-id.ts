import { CounterweightError } from "@counterweight/base";

/** Which kind of repository of the hub. */
export type RepoType = "model" | "dataset";

/** A repository of the hub, perhaps at a revision. */
export interface HubId {
  /** "owner/name", or "name" for the few of the hub's early days. */
  readonly id: string;
  /** Branch, tag, commit or reference such as "refs/pr/1"; absent: the default branch. */
  readonly revision?: string;
}

/** Owner or name: letters, digits, "-", "_" and ".", neither of the last two signs at an end. */
const PART = /^(?![-.])[\w.-]{1,96}(?<![-.])$/;
const REVISION = /^(?!\/)[\w./-]{1,200}(?<!\/)$/;

/** Why a text is no hub id, in words; undefined where it is one. */
function problemOf(id: string, revision: string | undefined): string | undefined {
  const parts = id.split("/");
  if (parts.length > 2) return "it has more than one slash";
  if (parts.some((part) => part === "")) return "its owner or name is empty";
  if (parts.some((part) => !PART.test(part))) {
    return 'owner and name hold letters, digits, "-", "_" and "." only, with no sign at either end';
  }
  if (parts.some((part) => part.includes("--") || part.includes(".."))) {
    return 'it holds "--" or ".."';
  }
  if (revision !== undefined && (!REVISION.test(revision) || revision.includes(".."))) {
    return "what follows the @ is no branch, tag or commit";
  }
  return undefined;
}

function splitRevision(text: string): { id: string; revision: string | undefined } {
  const at = text.indexOf("@");
  return at === -1
    ? { id: text, revision: undefined }
    : { id: text.slice(0, at), revision: text.slice(at + 1) };
}

/** True where a text follows the hub's rules for ids, "owner/name", "name", each with "@revision". */
export function isHubId(text: string): boolean {
  const { id, revision } = splitRevision(text);
  return problemOf(id, revision) === undefined;
}

/**
 * Reads "owner/name", "name" or either with "@revision".
 * @param what for messages: "model" or "data set".
 * @throws CounterweightError `spec` where the text breaks the hub's rules for ids.
 */
export function parseHubId(text: string, what = "model"): HubId {
  const { id, revision } = splitRevision(text);
  const problem = problemOf(id, revision);
  if (problem !== undefined) {
    throw new CounterweightError(
      "spec",
      `${JSON.stringify(text)} is no ${what} id of the hub: ${problem}.`,
      { fix: 'Write "owner/name" or "owner/name@revision", or give a folder.' },
    );
  }
  return { id, ...(revision === undefined ? {} : { revision }) };
}

/**
 * True where a text can only be meant as a path: it begins with "/", "./", "../", "~", a drive
 * letter or a backslash, or is "." or "..".
 */
export function looksLikePath(text: string): boolean {
  return /^(?:\.{1,2}(?:[/\\]|$)|[/\\~]|[A-Za-z]:)/.test(text) || text.includes("\\");
}

/** Where a model is: in a folder of this machine, or on the hub. */
export type ModelPlace =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "hub"; readonly hub: HubId };

/**
 * Tells a folder from a hub id: a path that exists wins, then what looks like a path is one, then
 * what follows the rules for ids is an id.
 * @param exists whether a path exists (asked at most once).
 * @throws CounterweightError `spec` for a text that is neither.
 */
export async function placeOfModel(
  text: string,
  exists: (path: string) => Promise<boolean>,
): Promise<ModelPlace> {
  if (looksLikePath(text) || !isHubId(text)) {
    if (looksLikePath(text) || (await exists(text))) return { kind: "folder", path: text };
    throw new CounterweightError(
      "spec",
      `there is no folder ${JSON.stringify(text)}, and it is no id of the hub.`,
      { fix: 'Give a folder that exists, or an id as "owner/name".' },
    );
  }
  if (await exists(text)) return { kind: "folder", path: text };
  return { kind: "hub", hub: parseHubId(text) };
}
