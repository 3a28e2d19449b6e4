import type { PlannedTraining, RunEvent } from "@counterweight/experiments";

/** One training that is going on. */
export interface RunningTraining {
  readonly label: string;
  /** Its place among all trainings, 1-based. */
  readonly place: number;
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
  readonly running: ReadonlyMap<string, RunningTraining>;
  /** Keys of trainings that are finished, failed or skipped. */
  readonly settled: ReadonlySet<string>;
}

export const initialProgress: ProgressState = {
  planned: [],
  running: new Map(),
  settled: new Set(),
};

/** Weight of the newest step in the running means: about the last twenty count. */
const newest = 0.1;

const blend = (old: number | undefined, value: number): number =>
  old === undefined ? value : old + newest * (value - old);

/** The state after an event. */
export function reduceProgress(state: ProgressState, event: RunEvent): ProgressState {
  switch (event.type) {
    case "plan":
      return { ...state, planned: event.trainings };
    case "training-start": {
      const index = state.planned.findIndex(({ key }) => key === event.training);
      const planned = state.planned[index];
      return withRunning(state, event.training, {
        label: planned?.label ?? event.training,
        place: index + 1,
        epoch: 1,
        step: 0,
        steps: planned?.steps ?? 0,
        loss: undefined,
        stepMilliseconds: undefined,
        stepRows: undefined,
        lostCheckpoints: 0,
      });
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
      return withRunning(state, event.training, {
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
    case "training-reused":
    case "training-failed":
    case "training-skipped": {
      const running = new Map(state.running);
      running.delete(event.training);
      return { ...state, running, settled: new Set([...state.settled, event.training]) };
    }
    default:
      return state;
  }
}

function withRunning(state: ProgressState, key: string, training: RunningTraining): ProgressState {
  return { ...state, running: new Map([...state.running, [key, training]]) };
}

/** Rows a second, undefined before the first step. */
export function rowsPerSecond({ stepRows, stepMilliseconds }: RunningTraining): number | undefined {
  if (stepRows === undefined || stepMilliseconds === undefined || stepMilliseconds === 0) {
    return undefined;
  }
  return (1000 * stepRows) / stepMilliseconds;
}

/** Seconds until a training's last step at its present speed. */
export function trainingSecondsLeft(training: RunningTraining): number | undefined {
  const { stepMilliseconds, step, steps } = training;
  return stepMilliseconds === undefined ? undefined : ((steps - step) * stepMilliseconds) / 1000;
}

/** Seconds until the run's last step, if all that is to do goes at the present speed. */
export function runSecondsLeft(state: ProgressState): number | undefined {
  const current = [...state.running.values()].at(-1);
  if (current?.stepMilliseconds === undefined) return undefined;
  const waiting = state.planned
    .filter(({ key, stored }) => !stored && !state.settled.has(key) && !state.running.has(key))
    .reduce((sum, { steps }) => sum + steps, 0);
  const here = [...state.running.values()].reduce((sum, { step, steps }) => sum + steps - step, 0);
  return ((waiting + here) * current.stepMilliseconds) / 1000;
}
