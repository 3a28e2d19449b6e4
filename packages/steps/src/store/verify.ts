import type { Lookup, Store } from "../store.js";
import { bytesIn } from "./files.js";

/** What a look at all entries found. */
export interface Verification {
  readonly whole: number;
  /** Of the whole entries' folders. */
  readonly bytes: number;
  readonly damaged: readonly {
    readonly key: string;
    readonly reason: string;
    readonly movedTo: string;
  }[];
}

/** Reads every entry and proves all hashes; damaged entries go to the quarantine. */
export async function verify(
  store: Store,
  { onEntry }: { readonly onEntry?: (key: string, lookup: Lookup) => void } = {},
): Promise<Verification> {
  const damaged: { key: string; reason: string; movedTo: string }[] = [];
  let whole = 0;
  let bytes = 0;
  for (const key of await store.keys()) {
    const lookup = await store.read(key, { afresh: true });
    onEntry?.(key, lookup);
    if (lookup.kind === "found") {
      whole += 1;
      bytes += await bytesIn(lookup.entry.folder);
    } else if (lookup.kind === "damaged") {
      damaged.push({ key, reason: lookup.reason, movedTo: lookup.movedTo });
    }
  }
  return { whole, bytes, damaged };
}
