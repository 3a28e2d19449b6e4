import type { Metric } from "./entities.js";
import { LIMITS } from "./limits.js";
import type { CheckedBatch } from "./validate.js";

/** The body of one `runs/log-batch`, but for the run. */
export interface BatchBody {
  readonly metrics: readonly WireMetric[];
  readonly params: readonly WirePair[];
  readonly tags: readonly WirePair[];
}

interface WirePair {
  readonly key: string;
  readonly value: string;
}

interface WireMetric extends Omit<Metric, "value"> {
  readonly value: number | "NaN" | "Infinity" | "-Infinity";
}

/**
 * A number as JSON can carry it and MLflow understands it. `JSON.stringify` would make null of NaN and
 * infinities; servers refuse that, and store 0 for a bare NaN.
 */
export function wireNumber(value: number): WireMetric["value"] {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "Infinity";
  return value === Number.NEGATIVE_INFINITY ? "-Infinity" : value;
}

type Item =
  | { readonly kind: "metrics"; readonly item: WireMetric }
  | { readonly kind: "params" | "tags"; readonly item: WirePair };

const MOST = {
  metrics: LIMITS.metricsPerBatch,
  params: LIMITS.paramsPerBatch,
  tags: LIMITS.tagsPerBatch,
} as const;

/** Room for the run's id and the names of the lists. */
const FRAME_BYTES = 1000;

function* itemsOf({ metrics, params, tags }: CheckedBatch): Generator<Item> {
  for (const [key, value] of params) yield { kind: "params", item: { key, value } };
  for (const [key, value] of tags) yield { kind: "tags", item: { key, value } };
  for (const metric of metrics) {
    yield { kind: "metrics", item: { ...metric, value: wireNumber(metric.value) } };
  }
}

/**
 * Splits a batch into as few requests as its order allows: params and tags first, then metrics, each
 * request filled up to the server's counts and bytes. Nothing for an empty batch.
 */
export function* splitBatch(batch: CheckedBatch): Generator<BatchBody> {
  let body = { metrics: [] as WireMetric[], params: [] as WirePair[], tags: [] as WirePair[] };
  let count = 0;
  let bytes = FRAME_BYTES;
  for (const { kind, item } of itemsOf(batch)) {
    const size = Buffer.byteLength(JSON.stringify(item)) + 1;
    const isFull =
      count >= LIMITS.entitiesPerBatch ||
      body[kind].length >= MOST[kind] ||
      bytes + size > LIMITS.bytesPerBatch;
    if (isFull && count > 0) {
      yield body;
      body = { metrics: [], params: [], tags: [] };
      count = 0;
      bytes = FRAME_BYTES;
    }
    if (kind === "metrics") body.metrics.push(item);
    else body[kind].push(item);
    count++;
    bytes += size;
  }
  if (count > 0) yield body;
}
