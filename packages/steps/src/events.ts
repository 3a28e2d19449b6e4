import type { ErrorKind } from "@counterweight/base";
import type { Holder } from "./store.js";

/** What happens while steps are made, in order. `step` is a step's key. */
export type StepsEvent =
  /** Its entry was in the store. */
  | { readonly type: "step-found"; readonly step: string }
  /** Its entry did not match its hashes and was set aside, or is gone; it is made anew. */
  | {
      readonly type: "step-damaged";
      readonly step: string;
      readonly reason: string;
      /** Where the damaged entry is now; absent where it is gone. */
      readonly movedTo?: string;
    }
  /** Handed to a queue. */
  | { readonly type: "step-queued"; readonly step: string; readonly where: string }
  | {
      readonly type: "step-start";
      readonly step: string;
      /** "in-process", "worker 2", "job 17_3". */
      readonly where: string;
      readonly attempt: number;
    }
  /** What its runner emitted. */
  | { readonly type: "step-progress"; readonly step: string; readonly event: unknown }
  | { readonly type: "step-made"; readonly step: string; readonly seconds: number }
  /** Another process makes it; looked at again from time to time. */
  | { readonly type: "step-waiting"; readonly step: string; readonly holder: Holder }
  /** Its owner was silent past its lease: it is made a second time. */
  | {
      readonly type: "step-taken-over";
      readonly step: string;
      readonly from: Holder;
      readonly silentSeconds: number;
    }
  | {
      readonly type: "step-retry";
      readonly step: string;
      readonly message: string;
      /** The attempt that comes, 2 for the first retry. */
      readonly attempt: number;
    }
  | {
      readonly type: "step-failed";
      readonly step: string;
      readonly message: string;
      readonly attempts: number;
      /** File with what the worker or job wrote. */
      readonly log?: string;
      /** See `Outcome`. */
      readonly errorKind?: ErrorKind;
    }
  /** Not run, since a step it needs failed. */
  | { readonly type: "step-skipped"; readonly step: string; readonly because: string };

/** Why a step failed. */
export interface StepProblem {
  readonly message: string;
  readonly log?: string;
  readonly errorKind?: ErrorKind;
}

/** How steps ended, by key. */
export interface StepsSummary {
  /** In the store now: made or found. */
  readonly done: ReadonlySet<string>;
  readonly failed: ReadonlyMap<string, StepProblem>;
  /** Not run, with the failed step behind it. */
  readonly skipped: ReadonlyMap<string, string>;
  /** Left alone: neither wanted nor needed by a step that had to be made. */
  readonly unneeded: ReadonlySet<string>;
  /** Whether the signal ended it before everything was tried. */
  readonly stopped: boolean;
}
