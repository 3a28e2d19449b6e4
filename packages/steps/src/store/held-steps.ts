import { stat } from "node:fs/promises";
import { namesIn, reading } from "./files.js";
import { isKey, layoutOf, leaseFolder } from "./layout.js";
import { topLease } from "./lease-files.js";
import { isGone, thisProcess } from "./owner.js";

/** A step that some process is making, as its lease in a store says. */
export interface HeldStep {
  readonly key: string;
  readonly host: string;
  readonly process: number;
  /** Since its last sign of life, by this machine's clock. */
  readonly silentSeconds: number;
}

/**
 * The steps that are being made now, by key: the leases of a store, read without touching them. One
 * whose process is gone is left out.
 * @param folder of the store
 * @throws CounterweightError `usage` where it cannot be read
 */
export function heldSteps(folder: string): Promise<Map<string, HeldStep>> {
  return reading(folder, () => look(folder));
}

async function look(folder: string): Promise<Map<string, HeldStep>> {
  const layout = layoutOf(folder);
  const self = await thisProcess();
  const found = new Map<string, HeldStep>();
  for (const key of (await namesIn(layout.leases)).filter(isKey)) {
    const top = await topLease(leaseFolder(layout, key));
    if (top?.owner === undefined || top.released || (await isGone(top.owner, self))) continue;
    // Given back while it was read: then nobody holds it.
    const times = await stat(top.path).catch(() => undefined);
    if (times === undefined) continue;
    const { host, process } = top.owner;
    const silentSeconds = Math.max(0, (Date.now() - times.mtimeMs) / 1000);
    found.set(key, { key, host, process, silentSeconds });
  }
  return found;
}
