import { setTimeout as sleep } from "node:timers/promises";
import type { RetryNotice } from "./client-options.js";
import { MlflowError } from "./errors.js";

/** How often and how patiently to try again. */
export interface RetryPolicy {
  readonly retries: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  readonly onRetry: ((retry: RetryNotice) => void) | undefined;
}

/**
 * Which failures a call may be tried again after:
 * - `safe`: any that may pass, since doing it twice is the same as once;
 * - `unsent`: only where the server cannot have done it: no connection was made, or it said to come
 *   back later (429);
 * - `never`: the caller repeats it.
 */
export type Repeat = "safe" | "unsent" | "never";

const UNCONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** The system's or undici's code of an error or of what caused it. */
export function systemCode(error: unknown): string | undefined {
  let current = error;
  for (let depth = 0; depth < 6 && current instanceof Error; depth++) {
    if ("code" in current && typeof current.code === "string") return current.code;
    // Several addresses of one name were tried: the first one's reason stands for all.
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return undefined;
}

/** Whether the server cannot have acted on a request that failed so. */
export function wasNotDone(error: MlflowError): boolean {
  if (error.status === 429) return true;
  return error.errorCode === "CONNECTION_ERROR" && UNCONNECTED.has(systemCode(error.cause) ?? "");
}

/** The wait before a retry: random between half of the step and all of it, steps doubling. */
function backoff(policy: RetryPolicy, retry: number): number {
  const step = Math.min(policy.maxBackoffMs, policy.backoffMs * 2 ** (retry - 1));
  return step * (0.5 + Math.random() / 2);
}

/** The error of a call that its own caller stopped. */
export function aborted(request: string, cause: unknown): MlflowError {
  return new MlflowError(`${request}: stopped by the caller.`, {
    errorCode: "ABORTED",
    request,
    cause,
  });
}

/**
 * Does `attempt` until it succeeds, fails for good, or the retries are used up.
 * @param attempt gets the error of the try before, or undefined at first.
 * @throws MlflowError of the last try.
 */
export async function withRetries<T>(
  request: string,
  policy: RetryPolicy,
  repeat: Repeat,
  signal: AbortSignal | undefined,
  attempt: (before: MlflowError | undefined) => Promise<T>,
): Promise<T> {
  let before: MlflowError | undefined;
  for (let retry = 1; ; retry++) {
    try {
      return await attempt(before);
    } catch (error) {
      if (!(error instanceof MlflowError) || !error.retryable || retry > policy.retries) {
        throw error;
      }
      if (repeat === "never" || (repeat === "unsent" && !wasNotDone(error))) throw error;
      const asked = error.retryAfterMs ?? 0;
      if (asked > policy.maxBackoffMs) throw error;
      const waitMs = Math.max(asked, backoff(policy, retry));
      const { errorCode, message } = error;
      policy.onRetry?.({ request, retry, waitMs, errorCode, message });
      await sleep(waitMs, undefined, signal === undefined ? {} : { signal }).catch((cause) => {
        throw aborted(request, cause);
      });
      before = error;
    }
  }
}
