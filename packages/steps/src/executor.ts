import type { ErrorKind } from "@counterweight/base";
import type { Step } from "./step.js";
import type { Entry, Holder, Store } from "./store.js";

/** What a runner may use while it makes a step. */
export interface RunnerContext {
  readonly store: Store;
  /** Write the entry's files here. */
  readonly draft: string;
  /** Folder for checkpoints; outlives kills. */
  readonly work: string;
  /** Aborted: keep what a later attempt can go on from, and return `stopped`. */
  readonly signal: AbortSignal;
  /** Progress, plain JSON; reaches the coordinator in order. */
  readonly emit: (event: unknown) => void;
  /** The entry of a step this one needs, proven. */
  readonly input: (key: string) => Promise<Entry>;
}

/**
 * Makes steps of all kinds. A step that fails for a reason of its own, always the same, throws a
 * CounterweightError of kind "training"; any other error is a mistake or a broken set-up.
 */
export type Runner = (
  step: Step,
  context: RunnerContext,
) => Promise<{ readonly kind: "made"; readonly result: unknown } | { readonly kind: "stopped" }>;

/** How an attempt at a step ended. */
export type Outcome =
  | { readonly kind: "made"; readonly seconds: number }
  /** Somebody else had published it meanwhile. */
  | { readonly kind: "found" }
  /** Another process makes it now. */
  | { readonly kind: "held"; readonly by: Holder }
  /** By the signal, or since the lease was lost. */
  | { readonly kind: "stopped" }
  /**
   * The entry of a step it needs is gone or was damaged: that one is made anew, then this one.
   * `movedTo`: where the damaged entry is now.
   */
  | {
      readonly kind: "input-lost";
      readonly input: string;
      readonly reason: string;
      readonly movedTo?: string;
    }
  /** `again`: another attempt may succeed (a killed worker, a lost job). `log`: file to read. */
  | {
      readonly kind: "failed";
      readonly message: string;
      readonly again: boolean;
      readonly log?: string;
      /** Key of a step of `before` that failed, where it was not the given step itself. */
      readonly before?: string;
      /** Kind of the CounterweightError behind it; absent for a mistake of ours, or a lost worker. */
      readonly errorKind?: ErrorKind;
    };

/** What happens to a step while an executor has it. */
export type ExecutorEvent =
  | { readonly type: "queued"; readonly where: string }
  | { readonly type: "started"; readonly where: string }
  | { readonly type: "taken-over"; readonly from: Holder; readonly silentSeconds: number }
  /** What the runner emitted. */
  | { readonly type: "progress"; readonly event: unknown };

/** Runs steps somewhere. Interchangeable: results never depend on which one ran. */
export interface Executor {
  /** "in-process", "pool" or "slurm"; recorded in entries. */
  readonly name: string;
  /** Steps it wants to have at once. */
  readonly capacity: number;
  /**
   * Whether steps may be given whose needs it has been given but which are not made yet, as a queue
   * with dependencies allows. Their needs come first; those of place "here" come as `before`.
   */
  readonly takesWaiting: boolean;
  /** Never rejects for a step's own failure. Resolves when the attempt ended. */
  execute(
    step: Step,
    options: {
      readonly signal: AbortSignal;
      readonly on: (event: ExecutorEvent) => void;
      /** 1, the default, for the first try; recorded in the entry. */
      readonly attempt?: number;
      /**
       * For executors that take waiting steps: steps of place "here" that it needs, itself or by
       * way of others of them, and that are not in the store yet, in topological order. Whoever
       * makes the step makes first what is still missing of them.
       */
      readonly before?: readonly Step[];
    },
  ): Promise<Outcome>;
  /** Ends workers; jobs of a queue go on unless their steps' signal was aborted. */
  close(): Promise<void>;
}
