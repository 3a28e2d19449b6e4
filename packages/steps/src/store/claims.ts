import { randomBytes } from "node:crypto";
import { mkdir, opendir, readFile, rename, rm, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Claim, Holder } from "../store.js";
import { ifThere, namesIn, writing } from "./files.js";
import type { Heartbeats } from "./heartbeat.js";
import {
  entryFolder,
  type Layout,
  leaseFolder,
  markerName,
  shardFolder,
  workFolder,
} from "./layout.js";
import { heldLease } from "./lease.js";
import {
  beatDigits,
  createLease,
  holderOf,
  leaseTail,
  type Owner,
  removeLeases,
  type TopLease,
  topLease,
} from "./lease-files.js";
import { isGone, type ProcessIdentity } from "./owner.js";
import type { PublishContext } from "./publish.js";
import type { Silence } from "./silence.js";

export interface ClaimContext extends PublishContext {
  readonly layout: Layout;
  readonly self: () => Promise<ProcessIdentity>;
  readonly beats: Heartbeats;
  readonly silence: Silence;
  readonly leaseMilliseconds: number;
}

/** Whether the marker of an entry is there. */
export const isPublished = async (layout: Layout, key: string): Promise<boolean> =>
  (await ifThere(stat(join(entryFolder(layout, key), markerName)))) !== undefined;

/**
 * Tries to own a key. The greatest token in its folder of leases owns it; a token is taken by
 * creating its file, which only one process can, on network file systems too.
 */
export function claimKey(context: ClaimContext, key: string): Promise<Claim> {
  const folder = leaseFolder(context.layout, key);
  return writing(folder, async () => {
    for (;;) {
      const claim = await tryOnce(context, key, folder);
      if (claim !== undefined) return claim;
    }
  });
}

/** One try; undefined where the leases changed on the way, so that all has to be looked at again. */
async function tryOnce(
  context: ClaimContext,
  key: string,
  folder: string,
): Promise<Claim | undefined> {
  const { layout, silence } = context;
  if (await isPublished(layout, key)) {
    silence.forget(key);
    return { kind: "published" };
  }
  const top = await topLease(folder);
  let takenFrom: (Holder & { readonly silentSeconds: number }) | undefined;
  const self = await context.self();
  if (top !== undefined && !top.released) {
    const silent = silence.seen(key, `${top.token} ${top.content}`);
    const gone = top.owner !== undefined && (await isGone(top.owner, self));
    if (!gone && silent < context.leaseMilliseconds) return { kind: "held", by: holderOf(top) };
    takenFrom = { ...holderOf(top), silentSeconds: silent / 1000 };
  }
  const token = (top?.token ?? 0) + 1;
  const owner: Owner = { ...self, nonce: randomBytes(8).toString("hex") };
  if (!(await createLease(folder, token, owner))) return undefined;
  const mine = join(folder, String(token));
  if (!(await isUndisturbed(folder, token, owner, top))) {
    await ifThere(unlink(mine));
    return undefined;
  }
  // Whoever published has removed the leases only after that: seen now, or not published.
  await refresh(shardFolder(layout, key));
  if (await isPublished(layout, key)) {
    await removeLeases(folder, { upTo: token });
    silence.forget(key);
    return { kind: "published" };
  }
  silence.forget(key);
  const lost = new AbortController();
  const stopBeating = context.beats.start(
    { folder, path: mine, token, tail: leaseTail(owner) },
    () => lost.abort(),
  );
  const draft = join(layout.drafts, `${key}.${token}.${owner.nonce}`);
  const lease = { key, token, owner, folder, draft, home: workFolder(layout, key) };
  const work = join(lease.home, String(token));
  try {
    await mkdir(draft, { recursive: true });
    await inheritWork(lease.home, work);
    if (top !== undefined) await clearBefore(layout, key, folder, token, top);
  } catch (error) {
    stopBeating();
    // The next owner need not wait for this one's silence.
    await removeLeases(folder, { upTo: token }).catch(() => undefined);
    await rm(draft, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
  return {
    kind: "mine",
    lease: heldLease(context, { ...lease, work, takenFrom, lost, stopBeating }),
  };
}

/**
 * Whether the token just taken follows the lease that was looked at. It does not where that lease was
 * given back, or tokens went on or began anew after a publishing, since that look.
 */
async function isUndisturbed(
  folder: string,
  token: number,
  { nonce }: Owner,
  before: TopLease | undefined,
): Promise<boolean> {
  const top = await topLease(folder);
  if (top?.token !== token || top.released || top.owner?.nonce !== nonce) return false;
  if (before === undefined) return true;
  const now = await ifThere(readFile(before.path, "latin1"));
  return now?.slice(beatDigits) === before.content.slice(beatDigits);
}

/** Network file systems look again at the names of a folder that is opened. */
async function refresh(folder: string): Promise<void> {
  await (await ifThere(opendir(folder)))?.close();
}

/**
 * Moves the last owner's checkpoints into the new owner's folder. An owner that wakes up after its
 * lease finds its folder gone, and cannot write between those of the new one.
 */
async function inheritWork(home: string, work: string): Promise<void> {
  await mkdir(home, { recursive: true });
  const tokens = (await namesIn(home)).map(Number).filter(Number.isSafeInteger);
  const last = Math.max(...tokens);
  for (const token of tokens) {
    if (token !== last) await rm(join(home, String(token)), { recursive: true, force: true });
  }
  if (tokens.length > 0) await ifThere(rename(join(home, String(last)), work));
  await mkdir(work, { recursive: true });
}

/** Removes what earlier owners left: their leases, and the draft of the one that fell silent. */
async function clearBefore(
  { drafts }: Layout,
  key: string,
  folder: string,
  token: number,
  { owner, token: last, released }: TopLease,
): Promise<void> {
  await removeLeases(folder, { upTo: token, except: token });
  if (owner === undefined || released) return;
  await rm(join(drafts, `${key}.${last}.${owner.nonce}`), { recursive: true, force: true });
}
