import { setTimeout as sleep } from "node:timers/promises";
import { MlflowError } from "mlflow-js-client";
import { briefly } from "./refusals.js";
import type { Sender } from "./sender.js";

export interface DeliverOptions {
  readonly signal?: AbortSignal;
  /** Most tries in a row without any success. 3 where it is left out. */
  readonly tries?: number;
  /** The first wait after a failure; then twice that, and so on. */
  readonly backoffMs?: number;
  readonly onFailure?: (error: unknown) => void;
}

/**
 * Sends all that waits on disk now, trying again where the store is away.
 * @throws the store's last error where the tries are used up.
 */
export async function deliver(sender: Sender, options: DeliverOptions = {}): Promise<void> {
  const { tries = 3, backoffMs = 500, onFailure = () => undefined } = options;
  const signal = options.signal ?? new AbortController().signal;
  let failures = 0;
  for (;;) {
    try {
      while (await sender.sendWindow(signal)) failures = 0;
      return;
    } catch (error) {
      failures++;
      onFailure(error);
      if (signal.aborted || failures >= tries) {
        await sender.save().catch(() => undefined);
        throw error;
      }
      await sleep(backoff(error, failures, backoffMs), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }
}

function backoff(error: unknown, failures: number, first: number): number {
  const asked = error instanceof MlflowError ? (error.retryAfterMs ?? 0) : 0;
  const step = Math.min(60_000, first * 2 ** (failures - 1));
  return Math.max(asked, step * (0.5 + Math.random() / 2));
}

/** Delivery in the background of a run. */
export interface BackgroundDelivery {
  /** Sends what waits, for so long at most, then stops for good. */
  finish(milliseconds: number): Promise<void>;
}

export interface BackgroundOptions {
  /** Opens the store, at the first round; where it fails it is tried again. */
  readonly open: () => Promise<Sender>;
  /** Told once when the store is found away, and again after it was there in between. */
  readonly onAway: (why: string) => void;
  /** Time between rounds, so that a request carries many points. */
  readonly intervalMs: number;
}

/**
 * Sends in rounds until it is finished. No round begins before the one before has ended; failures
 * lengthen the pause up to a minute. Its timers keep no process alive.
 */
export function deliverInBackground(options: BackgroundOptions): BackgroundDelivery {
  const { open, onAway, intervalMs } = options;
  let sender: Sender | undefined;
  const stop = new AbortController();
  let away = false;
  let failures = 0;
  let pause = intervalMs;
  let finishing = false;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<unknown> = Promise.resolve();

  const send = async (): Promise<boolean> => {
    try {
      sender ??= await open();
      while (await sender.sendWindow(stop.signal)) away = false;
      failures = 0;
      pause = intervalMs;
      return true;
    } catch (error) {
      failures++;
      if (!away && !stop.signal.aborted) onAway(briefly(error));
      away = true;
      pause = backoff(error, failures, intervalMs);
      return false;
    }
  };
  const plan = (): void => {
    if (finishing) return;
    timer = setTimeout(() => {
      round = send().then(plan);
    }, pause).unref();
  };
  plan();

  return {
    async finish(milliseconds) {
      finishing = true;
      clearTimeout(timer);
      const limit = setTimeout(() => stop.abort(), milliseconds);
      await round;
      for (let tries = 0; tries < 3 && !stop.signal.aborted; tries++) {
        if (await send()) break;
        await sleep(500, undefined, { signal: stop.signal }).catch(() => undefined);
      }
      clearTimeout(limit);
      stop.abort();
      await sender?.save().catch(() => undefined);
    },
  };
}
