import { mkdir, open, readFile, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson, systemCode } from "@counterweight/base";
import type { Holder } from "../store.js";
import { ifThere, isMissing, isOccupied, namesIn } from "./files.js";
import type { ProcessIdentity } from "./owner.js";

/** What a lease file says: a counter that its owner raises, then who the owner is. */
export interface Owner extends ProcessIdentity {
  /** Random: no two leases are equal, even with equal tokens. */
  readonly nonce: string;
}

/** The greatest token of a key, which owns it. */
export interface TopLease {
  readonly token: number;
  readonly path: string;
  /** Given back: the next owner takes the next token. */
  readonly released: boolean;
  /** Changes with each heartbeat. */
  readonly content: string;
  /** Undefined while its file is being written, for ever if the writer was killed there. */
  readonly owner: Owner | undefined;
}

export const beatDigits = 12;
const namePattern = /^([1-9]\d{0,14})(\.released)?$/;

/** Lines `<counter>` and `<owner as JSON>`. */
export const leaseContent = (owner: Owner): string =>
  `${"0".repeat(beatDigits)}\n${leaseTail(owner)}`;

/** What stays the same from beat to beat. */
export const leaseTail = (owner: Owner): string => `${canonicalJson(owner)}\n`;

/** Name of a lease that was given back; it holds the place of its token. */
export const releasedName = (token: number): string => `${token}.released`;

/** Tokens in the folder of a key, in no order. */
async function tokensIn(
  folder: string,
): Promise<{ readonly token: number; readonly name: string; readonly released: boolean }[]> {
  return (await namesIn(folder)).flatMap((name) => {
    const match = namePattern.exec(name);
    if (match === null) return [];
    return [{ token: Number(match[1]), name, released: match[2] !== undefined }];
  });
}

/** The lease with the greatest token; undefined where the key has none. */
export async function topLease(folder: string): Promise<TopLease | undefined> {
  for (;;) {
    const all = await tokensIn(folder);
    const first = all[0];
    if (first === undefined) return undefined;
    const top = all.reduce(
      (best, lease) =>
        lease.token > best.token || (lease.token === best.token && lease.released) ? lease : best,
      first,
    );
    const path = join(folder, top.name);
    const content = await ifThere(readFile(path, "latin1"));
    // It was given back or ended since the folder was listed.
    if (content === undefined) continue;
    const { token, released } = top;
    return { token, path, released, content, owner: ownerIn(content) };
  }
}

function ownerIn(content: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(content.slice(beatDigits + 1));
    return isOwner(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isOwner = (value: unknown): value is Owner =>
  typeof value === "object" &&
  value !== null &&
  "host" in value &&
  typeof value.host === "string" &&
  "process" in value &&
  Number.isSafeInteger(value.process) &&
  "nonce" in value &&
  typeof value.nonce === "string" &&
  (!("place" in value) || typeof value.place === "string") &&
  (!("started" in value) || typeof value.started === "string");

export const holderOf = ({ token, owner }: TopLease): Holder => ({
  host: owner?.host ?? "unknown",
  process: owner?.process ?? 0,
  token,
});

/** Takes a token; false where another was faster. */
export async function createLease(folder: string, token: number, owner: Owner): Promise<boolean> {
  for (;;) {
    await mkdir(folder, { recursive: true });
    try {
      const path = join(folder, String(token));
      const file = await open(path, "wx");
      try {
        try {
          await file.writeFile(leaseContent(owner));
        } finally {
          await file.close();
        }
      } catch (error) {
        // A full disk: a lease that names no owner, or lives without heartbeats, would be waited for.
        await unlink(path).catch(() => undefined);
        throw error;
      }
      return true;
    } catch (error) {
      if (systemCode(error) === "EEXIST") return false;
      // Whoever published or gave up last removed the folder since it was made.
      if (!isMissing(error)) throw error;
    }
  }
}

/** Removes leases up to a token, and the folder where none is left. */
export async function removeLeases(
  folder: string,
  { upTo, except }: { readonly upTo: number; readonly except?: number },
): Promise<void> {
  for (const { token, name } of await tokensIn(folder)) {
    if (token <= upTo && token !== except) await ifThere(unlink(join(folder, name)));
  }
  if (except !== undefined) return;
  try {
    await rmdir(folder);
  } catch (error) {
    if (!isMissing(error) && !isOccupied(error)) throw error;
  }
}
