import type { PlannedTraining, RunEvent, RunResults } from "@counterweight/experiments";
import { counted, formatCount } from "./words.js";

/** What a run's events tell that its results do not. */
export interface RunStory {
  see(event: RunEvent): void;
  /** How the trainings ended, by key. */
  readonly ended: ReadonlyMap<string, "made" | "reused" | "failed" | "skipped">;
  readonly planned: readonly PlannedTraining[];
  /** Steps that failed and are no trainings, by key. */
  readonly othersFailed: ReadonlySet<string>;
  /** Trainings that the trials would need if nothing was shared; undefined for very large plans. */
  readonly alone: () => number | undefined;
}

type Ending = "made" | "reused" | "failed" | "skipped";

/** Follows a run. */
export function runStory(): RunStory {
  const ended = new Map<string, Ending>();
  const othersFailed = new Set<string>();
  let planned: readonly PlannedTraining[] = [];
  let alone: number | undefined;
  return {
    ended,
    othersFailed,
    get planned() {
      return planned;
    },
    alone: () => alone,
    see(event) {
      if (event.type === "plan") {
        planned = event.trainings;
        const { trials } = event;
        if (trials.length > 0) {
          alone = trials.reduce(
            (sum, { result, checkers }) => sum + new Set([...result, ...checkers]).size,
            0,
          );
        }
      } else if (event.type === "training-end") ended.set(event.training, "made");
      else if (event.type === "training-reused") ended.set(event.training, "reused");
      else if (event.type === "training-failed") ended.set(event.training, "failed");
      else if (event.type === "training-skipped") ended.set(event.training, "skipped");
      else if (event.type === "step-failed") othersFailed.add(event.step);
    },
  };
}

const notRun = "not run: ";

/** The end of a run in lines: how trainings ended, what failed, and how many were spared. */
export function summaryLines({ failures }: RunResults, story: RunStory): string[] {
  const { planned, ended, othersFailed } = story;
  const count = (how: Ending): number => [...ended.values()].filter((one) => one === how).length;
  const [made, reused, failed] = [count("made"), count("reused"), count("failed")];
  const succeeded = made + reused;
  const rest = Math.max(0, planned.length - succeeded - failed);
  const without = failures.filter(({ message }) => !message.startsWith(notRun));
  const skipped = failures.filter(({ message }) => message.startsWith(notRun));
  return [
    ...without.map(({ label, message }) => `${label}: ${message}`),
    ...skipped.map(({ label, message }) => `${label}: ${message}`),
    `${counted(planned.length, "training")}: ${formatCount(succeeded)} succeeded, ${formatCount(failed)} failed, ${formatCount(rest)} not run.`,
    ...(othersFailed.size === 0 ? [] : [`${counted(othersFailed.size, "other step")} failed.`]),
    ...sparedLine(story, reused),
  ];
}

function sparedLine({ planned, alone }: RunStory, reused: number): string[] {
  const wanted = alone();
  const shared = wanted === undefined ? undefined : Math.max(0, wanted - planned.length);
  const parts = [
    ...(shared === undefined || shared === 0 ? [] : [`${formatCount(shared)} shared by trials`]),
    ...(reused === 0 ? [] : [`${formatCount(reused)} from the store`]),
  ];
  if (parts.length === 0) return [];
  return [`${counted((shared ?? 0) + reused, "training")} avoided: ${parts.join(", ")}.`];
}
