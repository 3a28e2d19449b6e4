import { CounterweightError } from "@counterweight/base";
import type { StepsEvent, Store } from "@counterweight/steps";
import type { PlannedTrial } from "../plan/plan.js";
import { recipeOf, type TrainRecipe } from "../plan/recipes.js";
import { evaluationIn } from "../steps/light-steps.js";
import { courseOf, readTraining } from "../steps/training-result.js";
import type { RunEvent } from "./events.js";
import type { KnownFailures } from "./known-failures.js";
import type { PreparedRun } from "./prepare-run.js";
import { ownFailureIn, runEventOf } from "./step-events.js";
import { usesOfTrainings } from "./training-uses.js";
import { epochHealth, guardAdvice, guardStop, healthProblems } from "./weight-guard.js";
import { isWeighted } from "./weights.js";

/** What is left of a plan after its steps were made. */
export interface PlanOutcome {
  /** In the order of the spec. */
  readonly finished: readonly PlannedTrial[];
  readonly failures: readonly { readonly label: string; readonly message: string }[];
  readonly stopped: boolean;
}

/** Follows the steps of a plan. */
export interface PlanWatcher {
  /** Takes note of an event before it is told; whether a step failed for a reason of its own. */
  heed(event: StepsEvent): boolean;
  /** What the run tells of an event. */
  see(event: StepsEvent): AsyncGenerator<RunEvent>;
  outcome(stopped: boolean): PlanOutcome;
  /**
   * A failure that concerns every step, as of a store that takes no entries: going on would be in vain.
   */
  broken(): CounterweightError | undefined;
  /** Steps that failed for a reason of their own, in this run or, not tried again, in an earlier one. */
  ownFailures(): KnownFailures;
}

/** @param known failures of earlier runs, which are not tried again */
export function planWatcher(
  { plan, sources, spec }: PreparedRun,
  store: Store,
  known: KnownFailures,
): PlanWatcher {
  const steps = new Map(plan.steps.map((step) => [step.key, step]));
  const byEvaluate = new Map<string, PlannedTrial[]>();
  for (const trial of plan.trials) {
    const there = byEvaluate.get(trial.evaluate);
    if (there === undefined) byEvaluate.set(trial.evaluate, [trial]);
    else there.push(trial);
  }
  const labelOf = (key: string): string => steps.get(key)?.label ?? key;
  const kindOf = (key: string): string | undefined => steps.get(key)?.making.kind;
  const isTraining = (key: string): boolean => plan.trainings.has(key);
  const failures: { label: string; message: string }[] = [];
  // A run that is stopped before it comes to them must not forget those of earlier ones.
  const own = new Map(known);
  const evaluated = new Set<string>();
  const unhealthy = new Set<string>();
  let usesOf: ReadonlyMap<string, string> | undefined;
  let broken: CounterweightError | undefined;
  const refusing = spec.settings.weights.guard.action === "stop";

  /** Why a stored result cannot be used under this spec's guard; undefined where it can. */
  async function storedProblem(key: string): Promise<string | undefined> {
    const recipe = weightedRecipe(key);
    const lookup = recipe === undefined ? undefined : await store.read(key);
    if (recipe === undefined || lookup?.kind !== "found") return undefined;
    const rows = sources.get(recipe.source)?.benchmark.generated;
    const { rowHistory } = await readTraining(store, lookup.entry);
    const found = rowHistory.weights.flatMap((weights) =>
      rows === undefined
        ? []
        : healthProblems(epochHealth(weights, rows), recipe.guard, rows.labelNames),
    );
    return found.length === 0 ? undefined : `${guardStop(found)} ${guardAdvice}`;
  }

  function weightedRecipe(key: string): TrainRecipe | undefined {
    const step = steps.get(key);
    if (step === undefined || !isTraining(key)) return undefined;
    const recipe = recipeOf(step);
    return recipe.kind === "train" && isWeighted(recipe.loss) ? recipe : undefined;
  }

  /** The course of a training that an earlier run, or another one, made. */
  async function* historyOf(training: string): AsyncGenerator<RunEvent> {
    const lookup = await store.read(training);
    if (lookup.kind !== "found") return;
    const { steps, epochs, bestEpoch, seconds } = courseOf(lookup.entry);
    usesOf ??= usesOfTrainings(plan);
    const uses = usesOf.get(training) ?? "";
    yield { type: "training-history", training, uses, ...steps, epochs, bestEpoch, seconds };
  }

  async function* trialsOf(key: string): AsyncGenerator<RunEvent> {
    const trials = (byEvaluate.get(key) ?? []).filter(({ result }) => !unhealthy.has(result));
    if (trials.length === 0) return;
    evaluated.add(key);
    const lookup = await store.read(key);
    if (lookup.kind !== "found") return;
    const { scores } = evaluationIn(lookup.entry);
    for (const { trial, members } of trials) {
      yield { type: "trial", trial, scores, result: members };
    }
  }

  return {
    heed(event) {
      if (event.type === "step-made" || event.type === "step-found") own.delete(event.step);
      const failure = ownFailureIn(event);
      if (failure !== undefined) own.set(event.step, failure);
      return failure !== undefined;
    },
    async *see(event) {
      if (event.type === "step-found" && refusing) {
        const problem = await storedProblem(event.step);
        if (problem !== undefined) {
          yield { type: "training-reused", training: event.step };
          yield { type: "training-failed", training: event.step, message: problem };
          unhealthy.add(event.step);
          failures.push({ label: labelOf(event.step), message: problem });
          return;
        }
      }
      const told = runEventOf(event, isTraining, labelOf, kindOf);
      if (told !== undefined) yield told;
      if (event.type === "step-found" && isTraining(event.step)) yield* historyOf(event.step);
      if (event.type === "step-failed") {
        // Data or a model changed or gone are a step's own: others may learn from other files. A
        // refusal of the store, the disk or a queue would meet every step.
        if (event.errorKind === "usage") broken ??= new CounterweightError("usage", event.message);
        const before = known.get(event.step);
        const log = event.log === undefined ? "" : ` Log: ${event.log}`;
        const again =
          before === undefined ? "" : " It failed so before; --retry-failed tries again.";
        const message = `${event.message}${again}${log}`;
        failures.push({ label: labelOf(event.step), message });
      } else if (event.type === "step-skipped" && isTraining(event.step)) {
        const message = `not run: ${labelOf(event.because)} failed.`;
        failures.push({ label: labelOf(event.step), message });
      } else if (event.type === "step-made" || event.type === "step-found") {
        yield* trialsOf(event.step);
      }
    },
    outcome: (stopped) => ({
      finished: plan.trials.filter(
        ({ evaluate, result }) => evaluated.has(evaluate) && !unhealthy.has(result),
      ),
      failures,
      stopped,
    }),
    broken: () => broken,
    ownFailures: () => own,
  };
}
