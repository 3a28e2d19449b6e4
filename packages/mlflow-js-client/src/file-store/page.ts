import type { Page } from "../entities.js";
import { invalidParameter } from "../errors.js";
import type { PageOptions } from "../tracking-store.js";

const DEFAULT = 1000;
const MOST = 50_000;

/** Where a page begins, from its token: base64 of `{"offset": n}`, as in MLflow. */
function offsetOf(token: string | undefined): number {
  if (token === undefined || token === "") return 0;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, "base64").toString("utf8"));
    if (typeof parsed === "object" && parsed !== null && "offset" in parsed) {
      const { offset } = parsed;
      if (typeof offset === "number" && Number.isSafeInteger(offset) && offset >= 0) return offset;
    }
  } catch {
    // Said below.
  }
  throw invalidParameter(
    "The page token is none of this store's. Give back the nextPageToken of the page before.",
  );
}

/**
 * One page of all hits: up to 1,000 where `maxResults` is left out, and at most 50,000.
 * @throws MlflowError `INVALID_PARAMETER_VALUE` for another size or a foreign token.
 */
export function pageOf<T>(all: readonly T[], options: PageOptions): Page<T> {
  const size = options.maxResults ?? DEFAULT;
  if (!Number.isInteger(size) || size < 1 || size > MOST) {
    throw invalidParameter(`maxResults is ${size}; it must be a whole number from 1 to ${MOST}.`);
  }
  const start = offsetOf(options.pageToken);
  const end = start + size;
  const nextPageToken =
    end < all.length
      ? Buffer.from(JSON.stringify({ offset: end }), "utf8").toString("base64")
      : undefined;
  return { items: all.slice(start, end), nextPageToken };
}
