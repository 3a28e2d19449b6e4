import type { Marks } from "../marks.js";

/** What is kept with the position of a spool. */
export interface DeliveryState {
  /** The store's ids of runs, by ours. */
  readonly ids: Record<string, string>;
  /** What is delivered. */
  readonly marks: Marks;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads back a state; a new one where there is none. Its checksum held, so its parts are right. */
export function deliveryState(value: unknown): DeliveryState {
  if (!isRecord(value) || !isRecord(value.ids) || !isRecord(value.marks)) {
    return { ids: {}, marks: {} };
  }
  // JSON of our own, found unaltered: what was written as marks is marks.
  return { ids: value.ids as Record<string, string>, marks: value.marks as Marks };
}
