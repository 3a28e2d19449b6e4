import { at, CounterweightError } from "@counterweight/base";
import type { StepProblem, StepsEvent, StepsSummary } from "../events.js";
import type { Executor, ExecutorEvent, Outcome } from "../executor.js";
import type { Store } from "../store.js";
import type { FoundSteps } from "./find-steps.js";
import { heldSteps } from "./held-steps.js";
import { createLanes, type Lane } from "./lanes.js";
import { lightSteps } from "./light-steps.js";
import { failed } from "./make-step.js";
import { readiness } from "./readiness.js";
import type { StepGraph } from "./step-graph.js";
import { stepStates } from "./step-states.js";
import { stepsEvent } from "./steps-event.js";
import { withdrawn } from "./withdrawn.js";

export interface SchedulerOptions {
  readonly store: Store;
  readonly executor: Executor;
  readonly here: Executor;
  readonly retries: number;
  readonly ranks: Int32Array;
  readonly pollMilliseconds: number;
  readonly emit: (event: StepsEvent) => void;
}

export interface Scheduler {
  /** Resolves when every step has ended, or was stopped. */
  readonly run: () => Promise<StepsSummary>;
  /** Starts nothing more, and tells what runs to stop. */
  readonly stop: () => void;
}

type WithoutEntry = Exclude<Outcome, { kind: "made" | "found" }>;
type Failure = Extract<Outcome, { kind: "failed" }>;
type InputLost = Extract<Outcome, { kind: "input-lost" }>;

/**
 * Gives steps to executors as their needs are done. All happens when an attempt has ended, and costs
 * O(dependants + log steps): no list is searched.
 */
export function scheduler(
  graph: StepGraph,
  plan: FoundSteps,
  options: SchedulerOptions,
): Scheduler {
  const { retries, emit } = options;
  const { steps, needs, dependants, indexOf } = graph;
  const lanes = createLanes(steps, options, options.ranks);
  const keyAt = (index: number) => at(steps, index).key;

  const states = stepStates(graph, plan, emit);
  const light = lightSteps(graph, lanes.isLight, (index) => states.get(index) === "done");
  const chains = (dependant: number, need: number) => {
    const own = lanes.of(dependant);
    return own.executor.takesWaiting && (own === lanes.of(need) || light.isLight(need));
  };
  const levels = readiness(graph, { chains, isTransparent: light.isLight }, (index) => {
    if (states.get(index) === "waiting") again(index);
  });
  const held = heldSteps({
    ...{ store: options.store, pollMilliseconds: options.pollMilliseconds, keyAt, emit },
    onFree: again,
    onPublished: (index) => succeed(index, { type: "step-found", step: keyAt(index) }),
    onError: (error) => {
      crash ??= { error };
    },
    afterLook: turn,
  });
  /** Failed attempts, and times that the entry was lost, where there were any. */
  const failures = new Map<number, number>();
  const losses = new Map<number, number>();
  const controllers = new Map<number, AbortController>();
  let stopping = false;
  let crash: { readonly error: unknown } | undefined;
  let finish = () => {};

  /** Among those to make: ready if its needs are there. */
  function again(index: number): void {
    const isOpen = levels.isOpen(index);
    states.move(index, isOpen ? "ready" : "waiting");
    if (isOpen) lanes.of(index).ready.push(index);
  }

  function succeed(index: number, event: StepsEvent): void {
    held.forget(index);
    states.succeed(index, event);
    levels.setLevel(index, "done");
  }

  function fail(index: number, problem: StepProblem): void {
    states.fail(index, problem, (failures.get(index) ?? 0) + 1);
    skipDependants(index, keyAt(index));
  }

  function skip(index: number, because: string): void {
    states.skip(index, because);
    skipDependants(index, because);
  }

  function skipDependants(from: number, because: string): void {
    const stack = [from];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      for (const dependant of at(dependants, next)) {
        const state = states.get(dependant);
        // One that an executor has is skipped when that gives it back.
        if (state === "running") controllers.get(dependant)?.abort(withdrawn);
        if (state !== "waiting" && state !== "ready" && state !== "held") continue;
        held.forget(dependant);
        states.skip(dependant, because);
        stack.push(dependant);
      }
    }
  }

  async function attempt(own: Lane, index: number): Promise<void> {
    const step = at(steps, index);
    const number = (failures.get(index) ?? 0) + 1;
    const controller = new AbortController();
    controllers.set(index, controller);
    states.move(index, "running");
    own.running += 1;
    levels.setLevel(index, "given");
    let over = false;
    const on = (event: ExecutorEvent) => {
      if (over) return;
      if (event.type === "started") held.forget(index);
      emit(stepsEvent(step.key, number, event));
    };
    let outcome: Outcome;
    try {
      const { signal } = controller;
      const before = light.isLight(index) ? [] : light.before(index);
      const options = { signal, on, attempt: number };
      outcome = await own.executor.execute(
        step,
        before.length === 0 ? options : { ...options, before },
      );
    } catch (error) {
      outcome = failed(error);
    }
    over = true;
    controllers.delete(index);
    own.running -= 1;
    settle(index, outcome);
    turn();
  }

  function settle(index: number, outcome: Outcome): void {
    const step = keyAt(index);
    if (outcome.kind === "found") succeed(index, { type: "step-found", step });
    else if (outcome.kind !== "made") settleWithout(index, outcome);
    else succeed(index, { type: "step-made", step, seconds: outcome.seconds });
  }

  function settleWithout(index: number, outcome: WithoutEntry): void {
    states.move(index, "waiting");
    levels.setLevel(index, "absent");
    // What a queue has behind it would wait for nothing. A light step it makes itself.
    if (!light.isLight(index) || outcome.kind === "input-lost") {
      for (const reader of light.readers(index)) controllers.get(reader)?.abort(withdrawn);
    }
    if (outcome.kind === "input-lost") loseInput(index, outcome);
    const own = outcome.kind === "failed" ? ownFailure(index, outcome) : outcome;
    if (states.get(index) !== "waiting") return;
    const because = states.blockedBy(index);
    if (because !== undefined) {
      skip(index, because);
    } else if (own.kind === "failed" && (!own.again || levels.hasAll(index))) {
      failOrRetry(index, own);
    } else if (!levels.hasAll(index)) {
      // That its needs were not there says nothing of a step; but no more of giving it early.
      levels.makePatient(index);
      again(index);
    } else if (own.kind === "input-lost") {
      again(index);
    } else if (!stopping) {
      // Stopped without being told to: another process has its lease now.
      states.move(index, "held");
      held.park(index, own.kind === "held" ? own.by : undefined);
    }
  }

  /** Takes the failure of a light step before a step for what it is; the step itself may go again. */
  function ownFailure(index: number, outcome: Failure): Failure {
    const { before, ...problem } = outcome;
    const failing = before === undefined ? undefined : indexOf.get(before);
    if (failing === undefined || !light.reads(index, failing)) return problem;
    const state = states.get(failing);
    // Only a failure of its own comes again elsewhere: another may be the node's, its disk or a folder
    // that is not there. Where the step is being made here, or can be, that will tell.
    const isOwn = !problem.again && problem.errorKind === "training";
    if (isOwn && (state === "waiting" || state === "ready" || state === "held")) {
      held.forget(failing);
      const { kind: _kind, again: _again, ...why } = problem;
      fail(failing, why);
    }
    return { ...problem, again: true };
  }

  function failOrRetry(index: number, outcome: Failure): void {
    const { again: mayPass, kind: _kind, ...problem } = outcome;
    const tried = (failures.get(index) ?? 0) + 1;
    if (!mayPass || tried > retries) {
      fail(index, problem);
    } else if (!stopping) {
      failures.set(index, tried);
      const { message } = problem;
      emit({ type: "step-retry", step: keyAt(index), message, attempt: tried + 1 });
      again(index);
    }
  }

  /** An input in the store is no more: it is made anew, with what that needs. */
  function loseInput(index: number, { input, reason, movedTo }: InputLost): void {
    const lost = indexOf.get(input);
    if (lost === undefined || !light.reads(index, lost)) {
      fail(index, { message: `It lost the input ${input}, which it does not need.` });
      return;
    }
    // Another dependant may have told already.
    if (states.get(lost) !== "done") return;
    const times = (losses.get(lost) ?? 0) + 1;
    losses.set(lost, times);
    const place = movedTo === undefined ? {} : { movedTo };
    emit({ type: "step-damaged", step: input, reason, ...place });
    levels.setLevel(lost, "absent");
    if (times > retries + 1) {
      states.reopen(lost);
      const message = `Its entry was damaged or gone ${times} times: ${reason} Look at the disk.`;
      fail(lost, { message });
      return;
    }
    const stack = [lost];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (next !== lost && states.get(next) !== "unneeded") continue;
      states.reopen(next);
      stack.push(...at(needs, next));
      const because = states.blockedBy(next);
      if (because === undefined) again(next);
      else skip(next, because);
    }
  }

  /** A mistake of ours must not leave the caller waiting. */
  function broken(error: unknown): void {
    crash ??= { error };
    stop();
    finish();
  }

  /** Fills the free places, and sees whether this is the end. */
  function turn(): void {
    if (crash !== undefined) stop();
    for (const own of lanes.all) {
      while (!stopping && own.running < own.executor.capacity) {
        const index = own.ready.pop();
        if (index === undefined) break;
        // A need may have been lost since it became ready.
        if (states.get(index) !== "ready") continue;
        if (levels.isOpen(index)) attempt(own, index).catch(broken);
        else states.move(index, "waiting");
      }
    }
    if (controllers.size > 0 || held.isLooking()) return;
    if (states.unsettled() > 0 && !stopping && !held.isBusy()) {
      const what = `${states.unsettled()} steps can never start.`;
      crash ??= { error: new CounterweightError("internal", what) };
    }
    if (states.unsettled() === 0 || stopping || crash !== undefined) finish();
  }

  function stop(): void {
    stopping = true;
    held.forgetAll();
    for (const controller of controllers.values()) controller.abort();
  }

  return {
    stop: () => {
      stop();
      turn();
    },
    run: async () => {
      const ended = new Promise<void>((resolve) => {
        finish = resolve;
      });
      for (const index of steps.keys()) {
        if (states.get(index) === "done") levels.setLevel(index, "done");
      }
      for (const index of steps.keys()) {
        if (states.get(index) === "waiting" && levels.isOpen(index)) again(index);
      }
      turn();
      await ended;
      if (crash !== undefined) throw crash.error;
      return states.summary();
    },
  };
}
