import type { Store } from "../store.js";
import { eachLimited } from "./each-limited.js";

/** What one made step cost. */
export interface Measurement {
  readonly kind: string;
  readonly shape: string;
  readonly units: number;
  /** Wall time. */
  readonly seconds: number;
  readonly peakMemoryBytes?: number;
  /** `MachineRecord.id`. */
  readonly machine: string;
  readonly executor: string;
}

/**
 * What the store's entries cost to make, from their records alone; no file is proven.
 * @param machine only entries made on machines of this `id`.
 * @param limit entries looked at; of more, evenly many from all over the keys, which as hashes are
 * in random order. Default 10,000.
 */
export async function collectMeasurements(
  store: Store,
  { machine, limit = 10_000 }: { readonly machine?: string; readonly limit?: number } = {},
): Promise<Measurement[]> {
  const keys = await store.keys();
  const stride = Math.max(1, keys.length / limit);
  const chosen = keys.filter((_, index) => Math.floor(index % stride) === 0).slice(0, limit);
  const measured = new Map<string, Measurement>();
  await eachLimited(chosen, 16, async (key) => {
    const entry = await store.describe(key);
    if (entry === undefined) return;
    const { making, record } = entry;
    if (machine !== undefined && record.machine.id !== machine) return;
    const { cost, seconds, peakMemoryBytes, executor } = record;
    measured.set(key, {
      ...{ kind: making.kind, ...cost, seconds, machine: record.machine.id, executor },
      ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
    });
  });
  // In the keys' order, not in that of the answers.
  return chosen.flatMap((key) => measured.get(key) ?? []);
}
