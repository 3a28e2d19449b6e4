import type { StepsEvent, StepsSummary } from "../events.js";
import type { Executor } from "../executor.js";
import type { Step } from "../step.js";
import type { Store } from "../store.js";
import { createEventQueue } from "./event-queue.js";
import { findSteps } from "./find-steps.js";
import { scheduler } from "./scheduler.js";
import { stepGraph, stepRanks } from "./step-graph.js";

export interface RunStepsOptions {
  readonly store: Store;
  /** Makes the steps of place "executor". */
  readonly executor: Executor;
  /** Makes the steps of place "here". May be the same as `executor`: then they share its capacity. */
  readonly here: Executor;
  /** Aborted: what runs is told, awaited, and the summary says `stopped`. */
  readonly signal?: AbortSignal;
  /** Further attempts at a step whose failure may pass, such as a killed worker. Default 2. */
  readonly retries?: number;
  /**
   * Entries that the caller will read itself: they are proven before anything runs. What neither
   * they nor anything to be made needs is left alone. Default: every step is made, none is proven.
   */
  readonly wanted?: (key: string) => boolean;
  /** Estimated wall time of a step, so that what others wait for longest starts first. */
  readonly seconds?: (step: Step) => number | undefined;
  /** First wait before looking again at what another process makes; doubled up to 10 times. Default 200. */
  readonly pollMilliseconds?: number;
}

/**
 * Makes the steps of a plan that are not in the store, each once, as soon as what it needs is there,
 * and tells what happens. A failed step stops only what depends on it. A reader that stops reading
 * (`return()`) stops the steps too.
 * @param steps in topological order: what a step needs stands before it.
 * @throws CounterweightError `internal` for a plan that is none; what the store throws where it
 * cannot be used.
 */
export async function* runSteps(
  steps: readonly Step[],
  {
    store,
    executor,
    here,
    signal,
    retries = 2,
    wanted,
    seconds,
    pollMilliseconds = 200,
  }: RunStepsOptions,
): AsyncGenerator<StepsEvent, StepsSummary> {
  const graph = stepGraph(steps);
  const ranks = stepRanks(graph, seconds);
  const plan = await findSteps(graph, store, wanted === undefined ? {} : { wanted });
  const events = createEventQueue<StepsEvent>();
  const work = scheduler(graph, plan, {
    ...{ store, executor, here, retries, ranks, pollMilliseconds },
    emit: events.push,
  });
  signal?.addEventListener("abort", work.stop, { once: true });
  if (signal?.aborted) work.stop();
  const summary = work.run();
  summary.then(
    () => events.end(),
    (error) => events.end(error),
  );
  try {
    yield* events.read();
    return await summary;
  } finally {
    signal?.removeEventListener("abort", work.stop);
    work.stop();
    // Nothing may still write when the caller goes on; its error has been told above.
    await summary.catch(() => undefined);
  }
}
