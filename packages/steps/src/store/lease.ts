import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import type { Holder, Lease } from "../store.js";
import { ifThere, reading, writing } from "./files.js";
import { type Owner, releasedName, removeLeases, topLease } from "./lease-files.js";
import { type PublishContext, publishDraft } from "./publish.js";

/** A lease that this process took, and where its things are. */
export interface OwnLease {
  readonly key: string;
  readonly token: number;
  readonly owner: Owner;
  /** Folder of the key's leases. */
  readonly folder: string;
  readonly draft: string;
  /** Folder of the key's work folders. */
  readonly home: string;
  readonly work: string;
  readonly takenFrom: (Holder & { readonly silentSeconds: number }) | undefined;
  readonly lost: AbortController;
  readonly stopBeating: () => void;
}

/** The contract's lease over the files of one. */
export function heldLease(context: PublishContext, own: OwnLease): Lease {
  const { key, token, owner, folder, draft, home, work, takenFrom, lost } = own;
  let ended = false;

  /** Whether the greatest token is this one, not an equal one of a later count. */
  async function stillMine(): Promise<boolean> {
    if (ended) return false;
    const top = await reading(folder, () => topLease(folder));
    return top?.token === token && !top.released && top.owner?.nonce === owner.nonce;
  }

  const dropDraft = () => rm(draft, { recursive: true, force: true });

  return {
    ...{ key, token, takenFrom, draft, work },
    lost: lost.signal,
    stillMine,
    publish: async (content) => {
      if (ended) throw new CounterweightError("internal", `The lease of ${key} has ended.`);
      const outcome = await publishDraft(context, { key, draft, stillMine }, content);
      ended = true;
      own.stopBeating();
      if (outcome !== "published") lost.abort();
      // What stays behind where this is refused or cut off is found by `gc`.
      await dropDraft().catch(() => undefined);
      if (outcome === "lost") {
        await removeOwn().catch(() => undefined);
      } else {
        await rm(home, { recursive: true, force: true }).catch(() => undefined);
        await removeLeases(folder, { upTo: Number.MAX_SAFE_INTEGER }).catch(() => undefined);
      }
      return outcome;
    },
    release: () =>
      writing(folder, async () => {
        if (ended) return;
        const mine = await stillMine();
        ended = true;
        own.stopBeating();
        // The draft goes first: the next owner may start at once.
        await dropDraft();
        const path = join(folder, String(token));
        if (mine) await ifThere(rename(path, join(folder, releasedName(token))));
        else await removeOwn();
      }),
  };

  /** Removes the file of a lease that has been taken by another. */
  async function removeOwn(): Promise<void> {
    const top = await topLease(folder);
    if (top !== undefined && top.token > token)
      await removeLeases(folder, { upTo: token, except: top.token });
  }
}
