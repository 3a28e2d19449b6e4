import type { PlannedTraining, RunEvent } from "@counterweight/experiments";

/** One step that is going on: a training, or another one. */
export interface RunningStep {
  readonly label: string;
  /** Empty where the step is no training. */
  readonly benchmark: string;
  /** Its place among all trainings, 1-based; 0 where it is none. */
  readonly place: number;
  /** "in-process", "worker 2", "job 17_3". */
  readonly where: string;
  readonly attempt: number;
  /** Milliseconds since 1970 at its start. */
  readonly since: number;
  /** Undefined between taking a training up again and its first step. */
  readonly epoch: number | undefined;
  readonly step: number;
  readonly steps: number;
  /** Exponential mean of the batch losses. */
  readonly loss: number | undefined;
  /** Exponential mean of milliseconds a step. */
  readonly stepMilliseconds: number | undefined;
  /** Exponential mean of rows a step. */
  readonly stepRows: number | undefined;
  /** Checkpoints that could not be written. */
  readonly lostCheckpoints: number;
}

/** All that the progress lines show, built from run events alone. */
export interface ProgressState {
  readonly planned: readonly PlannedTraining[];
  /** Index in `planned` by key. */
  readonly places: ReadonlyMap<string, number>;
  readonly executor: string;
  /** Whether trials differ in the checker fraction: only then is it worth a word. */
  readonly severalFractions: boolean;
  readonly running: ReadonlyMap<string, RunningStep>;
  /** Where a step waits in a queue, such as "job 17_3", by key. */
  readonly queued: ReadonlyMap<string, string>;
  /** Who else makes a step, by key. */
  readonly elsewhere: ReadonlyMap<string, string>;
  /** Trainings that ended, by how. */
  readonly ended: {
    readonly made: number;
    readonly reused: number;
    readonly failed: number;
    readonly skipped: number;
  };
  /** Optimiser steps of trainings that neither run nor have ended. */
  readonly waitingSteps: number;
  /** Most trainings seen running at once. */
  readonly mostRunning: number;
  /** Exponential mean of milliseconds an optimiser step, of all trainings. */
  readonly stepMilliseconds: number | undefined;
}

export const initialProgress: ProgressState = {
  planned: [],
  places: new Map(),
  executor: "in-process",
  severalFractions: false,
  running: new Map(),
  queued: new Map(),
  elsewhere: new Map(),
  ended: { made: 0, reused: 0, failed: 0, skipped: 0 },
  waitingSteps: 0,
  mostRunning: 0,
  stepMilliseconds: undefined,
};

/** Weight of the newest step in the running means: about the last twenty count. */
const newest = 0.1;

const blend = (old: number | undefined, value: number): number =>
  old === undefined ? value : old + newest * (value - old);

/**
 * The state after an event. Costs no more with more trainings planned: only what runs is copied.
 * @param time of the event, in milliseconds since 1970
 */
export function reduceProgress(state: ProgressState, event: RunEvent, time = 0): ProgressState {
  switch (event.type) {
    case "plan":
      return {
        ...initialProgress,
        planned: event.trainings,
        places: new Map(event.trainings.map(({ key }, index) => [key, index])),
        executor: event.executor,
        severalFractions: new Set(event.trials.map(({ trial }) => trial.checkerFraction)).size > 1,
        waitingSteps: event.trainings.reduce(
          (sum, { stored, steps }) => sum + (stored ? 0 : steps),
          0,
        ),
      };
    case "training-start":
      return start(state, event.training, event, time);
    case "step-start":
      return start(state, event.step, event, time);
    case "step-queued":
      return { ...state, queued: withKey(state.queued, event.step, event.where) };
    case "step-waiting": {
      const { host, process: number } = event.holder;
      const who = `process ${number} on ${host}`;
      return { ...state, elsewhere: withKey(state.elsewhere, event.step, who) };
    }
    case "step-retry":
      return leave(state, event.step, true);
    case "store-damaged": {
      const training = plannedOf(state, event.training);
      if (training?.stored !== true) return state;
      return { ...state, waitingSteps: state.waitingSteps + training.steps };
    }
    case "resumed": {
      const old = state.running.get(event.training);
      if (old === undefined || event.step === 0) return state;
      return withRunning(state, event.training, { ...old, step: event.step, epoch: undefined });
    }
    case "checkpoint": {
      const old = state.running.get(event.training);
      if (old === undefined || event.problem === undefined) return state;
      const lostCheckpoints = old.lostCheckpoints + 1;
      return withRunning(state, event.training, { ...old, lostCheckpoints });
    }
    case "step": {
      const old = state.running.get(event.training);
      if (old === undefined) return state;
      const { step, steps, epoch } = event;
      const stepMilliseconds = blend(state.stepMilliseconds, event.milliseconds);
      return withRunning({ ...state, stepMilliseconds }, event.training, {
        ...old,
        step,
        steps,
        epoch,
        loss: blend(old.loss, event.loss),
        stepMilliseconds: blend(old.stepMilliseconds, event.milliseconds),
        stepRows: blend(old.stepRows, event.rows),
      });
    }
    case "training-end":
      return end(state, event.training, "made");
    case "training-reused":
      return end(state, event.training, "reused");
    case "training-failed":
      return end(state, event.training, "failed");
    case "training-skipped":
      return end(state, event.training, "skipped");
    case "step-made":
    case "step-found":
    case "step-failed":
    case "step-skipped":
      return leave(state, event.step, false);
    default:
      return state;
  }
}

const withKey = (
  map: ReadonlyMap<string, string>,
  key: string,
  value: string,
): ReadonlyMap<string, string> => new Map([...map, [key, value]]);

function withoutKey<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  if (!map.has(key)) return map;
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

/** A training of the plan; undefined for other steps. */
export function plannedOf(
  { planned, places }: ProgressState,
  key: string,
): PlannedTraining | undefined {
  const place = places.get(key);
  return place === undefined ? undefined : planned[place];
}

function start(
  state: ProgressState,
  key: string,
  event: RunEvent & { readonly where: string; readonly attempt: number },
  time: number,
): ProgressState {
  const planned = plannedOf(state, key);
  const begun: RunningStep = {
    label: labelIn(event) ?? planned?.label ?? `step ${key.slice(0, 8)}`,
    benchmark: planned?.benchmark ?? "",
    place: (state.places.get(key) ?? -1) + 1,
    where: event.where,
    attempt: event.attempt,
    since: time,
    epoch: planned === undefined ? undefined : 1,
    step: 0,
    steps: planned?.steps ?? 0,
    loss: undefined,
    stepMilliseconds: undefined,
    stepRows: undefined,
    lostCheckpoints: 0,
  };
  const waitingSteps = state.running.has(key) ? 0 : (planned?.steps ?? 0);
  const next = withRunning(
    {
      ...state,
      queued: withoutKey(state.queued, key),
      elsewhere: withoutKey(state.elsewhere, key),
      waitingSteps: Math.max(0, state.waitingSteps - waitingSteps),
    },
    key,
    begun,
  );
  return { ...next, mostRunning: Math.max(state.mostRunning, runningTrainings(next).length) };
}

/** Events of steps that are no trainings may say what they are. */
const labelIn = (event: RunEvent): string | undefined =>
  "label" in event && typeof event.label === "string" ? event.label : undefined;

/** It does not run any more: it has ended, or waits again. */
function leave(state: ProgressState, key: string, waitsAgain: boolean): ProgressState {
  const steps = plannedOf(state, key)?.steps ?? 0;
  return {
    ...state,
    running: withoutKey(state.running, key),
    queued: withoutKey(state.queued, key),
    elsewhere: withoutKey(state.elsewhere, key),
    waitingSteps: state.waitingSteps + (waitsAgain && state.running.has(key) ? steps : 0),
  };
}

function end(state: ProgressState, key: string, how: keyof ProgressState["ended"]): ProgressState {
  const planned = plannedOf(state, key);
  const never = planned !== undefined && !planned.stored && !state.running.has(key);
  return {
    ...leave(state, key, false),
    ended: { ...state.ended, [how]: state.ended[how] + 1 },
    waitingSteps: Math.max(0, state.waitingSteps - (never ? planned.steps : 0)),
  };
}

function withRunning(state: ProgressState, key: string, step: RunningStep): ProgressState {
  return { ...state, running: new Map([...state.running, [key, step]]) };
}

/** The trainings among what runs. */
export const runningTrainings = ({ running }: ProgressState): RunningStep[] =>
  [...running.values()].filter(({ place }) => place > 0);

/** Trainings by what became of them. */
export function trainingCounts(state: ProgressState) {
  const { made, reused, failed, skipped } = state.ended;
  const running = runningTrainings(state).length;
  const done = made + reused;
  const waiting = Math.max(0, state.planned.length - done - failed - skipped - running);
  return { all: state.planned.length, done, running, waiting, failed, skipped };
}

/** Rows a second, undefined before the first step. */
export function rowsPerSecond({ stepRows, stepMilliseconds }: RunningStep): number | undefined {
  if (stepRows === undefined || stepMilliseconds === undefined || stepMilliseconds === 0) {
    return undefined;
  }
  return (1000 * stepRows) / stepMilliseconds;
}

/** Seconds until a training's last step at its present speed. */
export function trainingSecondsLeft(training: RunningStep): number | undefined {
  const { stepMilliseconds, step, steps } = training;
  return stepMilliseconds === undefined ? undefined : ((steps - step) * stepMilliseconds) / 1000;
}

/**
 * Seconds until the run's last step, if all that is to do goes at the present speed, as many
 * trainings at once as were seen; undefined before the first step.
 */
export function runSecondsLeft(state: ProgressState): number | undefined {
  const { stepMilliseconds, waitingSteps, mostRunning } = state;
  if (stepMilliseconds === undefined) return undefined;
  const left = runningTrainings(state).map(
    (training) =>
      trainingSecondsLeft(training) ?? ((training.steps - training.step) * stepMilliseconds) / 1000,
  );
  const waiting = (waitingSteps * stepMilliseconds) / 1000;
  const work = left.reduce((sum, seconds) => sum + seconds, waiting);
  return left.reduce((most, seconds) => Math.max(most, seconds), work / Math.max(1, mostRunning));
}
