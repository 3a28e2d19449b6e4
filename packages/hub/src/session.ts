import { setTimeout as sleep } from "node:timers/promises";
import { failureOf, HubFailure, mayPass, statusFailure } from "./failure.js";
import { type HubSettings, readToken } from "./settings.js";

/** How patient we are; all in milliseconds but `attempts`. */
export interface Patience {
  /** Attempts in a row that gain nothing before giving up. Default: 5. */
  readonly attempts?: number;
  /** Wait before the second attempt, doubled each time up to 30 s. Default: 500. */
  readonly backoffMs?: number;
  /** Until a question to the hub is answered. Default: 30,000. */
  readonly requestTimeoutMs?: number;
  /** Silence within a download. Default: 60,000. */
  readonly idleTimeoutMs?: number;
  /** For everything together. Default: two hours. */
  readonly deadlineMs?: number;
}

/** What one call of this package needs to speak with the hub. */
export interface HubSession {
  readonly endpoint: string;
  readonly patience: Required<Patience>;
  readonly signal: AbortSignal | undefined;
  /** `performance.now()` at which all must be done. */
  readonly deadline: number;
  /** Headers for an address: the token goes to the hub's own host only. */
  readonly headers: (url: string) => Record<string, string>;
}

const defaults: Required<Patience> = {
  attempts: 5,
  backoffMs: 500,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
  deadlineMs: 7_200_000,
};
const LONGEST_WAIT_MS = 30_000;

/** Opens a session; the clock of the deadline starts here. */
export async function openSession(
  settings: HubSettings,
  patience: Patience = {},
  signal?: AbortSignal,
): Promise<HubSession> {
  const endpoint = settings.endpoint ?? (await import("@huggingface/hub")).HUB_URL;
  const token = await readToken(settings);
  const full = { ...defaults, ...patience };
  const { origin } = new URL(endpoint);
  return {
    endpoint,
    patience: full,
    signal,
    deadline: performance.now() + full.deadlineMs,
    headers: (url) => ({
      "user-agent": "counterweight",
      ...(token !== undefined && new URL(url).origin === origin
        ? { authorization: `Bearer ${token}` }
        : {}),
    }),
  };
}

/** A signal with a clock, see `watch`. */
export interface Watch {
  readonly signal: AbortSignal;
  /** Something came: the clock starts anew. */
  readonly restart: () => void;
  /** Stops the clock. */
  readonly end: () => void;
}

/**
 * A signal that fires when the caller aborts, at the deadline, or when `restart` was not called for
 * `timeoutMs`. Its reason is always a `HubFailure`.
 */
export function watch(session: HubSession, timeoutMs: number, what: string): Watch {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new HubFailure("aborted", `${what} was stopped`));
  if (session.signal?.aborted === true) abort();
  session.signal?.addEventListener("abort", abort, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const restart = (): void => {
    clearTimeout(timer);
    const left = session.deadline - performance.now();
    timer = setTimeout(
      () =>
        controller.abort(
          left < timeoutMs
            ? new HubFailure("late", `${what} did not end in time`)
            : new HubFailure("timeout", `${what}: nothing came for ${timeoutMs / 1000} s`),
        ),
      Math.max(0, Math.min(timeoutMs, left)),
    );
  };
  const end = (): void => {
    clearTimeout(timer);
    session.signal?.removeEventListener("abort", abort);
  };
  restart();
  return { signal: controller.signal, restart, end };
}

const addressOf = (input: Parameters<typeof fetch>[0]): string =>
  typeof input === "string" ? input : input instanceof URL ? input.href : input.url;

/**
 * The `fetch` handed to the hub's client for its small questions: it adds the token, limits the time
 * of the whole exchange, and rejects with a `HubFailure` for everything that is not a success.
 */
export function questionFetch(session: HubSession): typeof fetch {
  return async (input, init) => {
    const url = addressOf(input);
    const watched = watch(session, session.patience.requestTimeoutMs, `asking ${url}`);
    try {
      const headers = new Headers(init?.headers);
      for (const [name, value] of Object.entries(session.headers(url))) headers.set(name, value);
      const response = await fetch(url, { ...init, headers, signal: watched.signal });
      const body = await response.arrayBuffer();
      if (!response.ok) throw statusFailure(response);
      return new Response(body, { status: response.status, headers: response.headers });
    } catch (error) {
      throw watched.signal.aborted ? watched.signal.reason : failureOf(error, url);
    } finally {
      watched.end();
    }
  };
}

/** What an attempt may tell: that it got further than any before it, so that patience starts anew. */
export type Gained = () => void;

/**
 * Runs `attempt` until it succeeds, as patience and deadline allow. Waits double each time; a wait
 * that the server asks for (Retry-After) is kept.
 * @throws HubFailure the last one, or at once where trying again cannot help.
 */
export async function withRetries<T>(
  session: HubSession,
  attempt: (gained: Gained) => Promise<T>,
  isPassing: (failure: HubFailure) => boolean = mayPass,
): Promise<T> {
  let fruitless = 0;
  for (;;) {
    try {
      return await attempt(() => {
        fruitless = 0;
      });
    } catch (error) {
      if (!(error instanceof HubFailure) || !isPassing(error)) throw error;
      fruitless++;
      if (fruitless >= session.patience.attempts) throw error;
      const wait =
        error.retryAfterMs ??
        Math.min(LONGEST_WAIT_MS, session.patience.backoffMs * 2 ** (fruitless - 1));
      if (performance.now() + wait > session.deadline) throw error;
      try {
        await sleep(
          wait,
          undefined,
          session.signal === undefined ? {} : { signal: session.signal },
        );
      } catch (cause) {
        throw new HubFailure("aborted", "waiting for the hub was stopped", { cause });
      }
    }
  }
}
