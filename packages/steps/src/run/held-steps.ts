import type { StepsEvent } from "../events.js";
import type { Holder, Store } from "../store.js";

/** Steps that other processes make, each looked at again from time to time. */
export interface HeldSteps {
  /** @param by whoever makes it; undefined where that is not known. */
  readonly park: (index: number, by: Holder | undefined) => void;
  /** It started here, or ended: whoever held it does not matter any more. */
  readonly forget: (index: number) => void;
  readonly forgetAll: () => void;
  /** Whether any step is parked or being looked at. */
  readonly isBusy: () => boolean;
  /** Whether the store is being asked. */
  readonly isLooking: () => boolean;
}

export interface HeldStepsOptions {
  readonly store: Store;
  readonly keyAt: (index: number) => string;
  /** First wait; doubled up to 10 times that. */
  readonly pollMilliseconds: number;
  readonly emit: (event: StepsEvent) => void;
  /** Nobody makes it any more. */
  readonly onFree: (index: number) => void;
  readonly onPublished: (index: number) => void;
  readonly onError: (error: unknown) => void;
  /** After each look, whatever it found. */
  readonly afterLook: () => void;
}

export function heldSteps(options: HeldStepsOptions): HeldSteps {
  const { store, keyAt, pollMilliseconds, emit, onFree, onPublished, onError } = options;
  const timers = new Map<number, NodeJS.Timeout>();
  const known = new Map<number, { readonly delay: number; readonly by: Holder | undefined }>();
  let looking = 0;

  function park(index: number, by: Holder | undefined): void {
    const before = known.get(index);
    const delay = Math.min(
      before === undefined ? pollMilliseconds : 2 * before.delay,
      10 * pollMilliseconds,
    );
    if (by !== undefined && !isSame(by, before?.by)) {
      emit({ type: "step-waiting", step: keyAt(index), holder: by });
    }
    known.set(index, { delay, by: by ?? before?.by });
    timers.set(
      index,
      setTimeout(() => void look(index), delay),
    );
  }

  /** Asks the store before an executor: a job would queue only to learn that it is still held. */
  async function look(index: number): Promise<void> {
    const step = keyAt(index);
    looking += 1;
    try {
      const claim = await store.claim(step);
      const takenFrom = claim.kind === "mine" ? claim.lease.takenFrom : undefined;
      if (claim.kind === "mine") await claim.lease.release();
      // Otherwise it was forgotten meanwhile.
      if (timers.delete(index)) {
        if (takenFrom !== undefined) {
          const { silentSeconds, ...from } = takenFrom;
          emit({ type: "step-taken-over", step, from, silentSeconds });
        }
        if (claim.kind === "held") park(index, claim.by);
        else if (claim.kind === "mine") onFree(index);
        else onPublished(index);
      }
    } catch (error) {
      onError(error);
    }
    looking -= 1;
    options.afterLook();
  }

  function forget(index: number): void {
    clearTimeout(timers.get(index));
    timers.delete(index);
    known.delete(index);
  }

  return {
    park,
    forget,
    forgetAll: () => {
      for (const index of [...timers.keys()]) forget(index);
    },
    isBusy: () => timers.size > 0 || looking > 0,
    isLooking: () => looking > 0,
  };
}

const isSame = (left: Holder, right: Holder | undefined): boolean =>
  left.host === right?.host && left.process === right.process && left.token === right.token;
