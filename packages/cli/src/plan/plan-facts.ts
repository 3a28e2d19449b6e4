import { at } from "@counterweight/base";
import { type PreparedRun, wantedKeys } from "@counterweight/experiments";
import {
  collectMeasurements,
  type Estimate,
  estimate,
  findSteps,
  type HeldStep,
  heldSteps,
  machineRecord,
  type Step,
  type StepCost,
  type StepGraph,
  type Store,
  stepGraph,
} from "@counterweight/steps";

/** What will become of a step when the plan is run. */
export type StepState =
  | "cached"
  | "to run"
  /** Another process is making it now. */
  | "running elsewhere"
  /** Absent, and nothing that is wanted or to be made needs it. */
  | "not needed";

/** A step as `plan` shows it. */
export interface StepFacts {
  /** 1-based place in the plan. */
  readonly number: number;
  readonly step: Step;
  /** Name of the benchmark whose rows it works on. */
  readonly benchmark: string;
  readonly state: StepState;
  readonly heldBy: HeldStep | undefined;
  /** How many trials and steps use its result. */
  readonly uses: number;
  /** What it is expected to cost; undefined where it is not made or nothing like it was measured. */
  readonly cost: StepCost | undefined;
}

/** Steps of a kind. */
export interface KindTotals {
  readonly kind: string;
  readonly all: number;
  readonly cached: number;
  readonly toRun: number;
  readonly elsewhere: number;
  /** Expected work on those to run; undefined where none was ever measured. */
  readonly seconds: number | undefined;
}

/** All that `plan` shows. */
export interface PlanFacts {
  readonly steps: readonly StepFacts[];
  /** Numbers of the steps that one has to wait for: those it needs that are not there. */
  readonly waitsFor: (step: StepFacts) => readonly number[];
  /** The last of them, without those that another of them waits for. */
  readonly waitsForLast: (step: StepFacts) => readonly number[];
  readonly kinds: readonly KindTotals[];
  readonly trials: number;
  readonly trainings: {
    readonly all: number;
    readonly cached: number;
    readonly toRun: number;
    /** What the trials would need if nothing was shared. */
    readonly alone: number;
    /** `alone` without those that have to be run. */
    readonly avoided: number;
  };
  readonly estimate: Estimate;
  readonly executor: string;
  readonly workers: number;
}

/** Where a plan is to run. */
export interface PlanPlace {
  readonly store: Store;
  readonly executor: string;
  /** Steps at once. */
  readonly workers: number;
}

/** Order of a benchmark's kinds of steps, from data to results. */
export const kindOrder: readonly string[] = [
  "read",
  "split",
  "tokenise",
  "train-checker",
  "vote",
  "calibrate",
  "score",
  "train-classifier",
  "evaluate",
  "keep-model",
  "aggregate",
];

/** Looks a plan up in the store, and works out what it costs on this machine. */
export async function planFacts(
  { plan }: PreparedRun,
  { store, executor, workers }: PlanPlace,
): Promise<PlanFacts> {
  const { steps, trials } = plan;
  const graph = stepGraph(steps);
  const { found, toMake } = await findSteps(graph, store, {
    wanted: wantedKeys(plan),
    prove: false,
    // One list of the store in place of a look for each of perhaps 100,000 steps.
    present: new Set(await store.keys()),
  });
  const isToMake = (key: string): boolean => toMake.has(key);
  const held = await heldSteps(store.folder);
  // A training that is made keeps its model itself.
  const isKeptBeside = ({ making, needs }: Step): boolean =>
    making.kind === "keep-model" && needs.some(isToMake);
  const keptBeside = new Set(steps.filter(isKeptBeside).map(({ key }) => key));
  const costs = estimate(graph, {
    isDone: (key) => !toMake.has(key) || keptBeside.has(key),
    measured: await collectMeasurements(store, { machine: machineRecord().id }),
    executor: { name: executor, workers },
  });
  const stateOf = (key: string): StepState => {
    if (found.has(key)) return "cached";
    if (held.has(key)) return "running elsewhere";
    return toMake.has(key) ? "to run" : "not needed";
  };
  const uses = usesOf(plan, graph);
  const facts = steps.map((step, index): StepFacts => {
    const state = stateOf(step.key);
    return {
      number: index + 1,
      step,
      benchmark: benchmarkOf(step, plan.sources),
      state,
      heldBy: state === "running elsewhere" ? held.get(step.key) : undefined,
      uses: at(uses, index),
      cost: costs.costs.get(step.key),
    };
  });
  const trainings = facts.filter(({ step }) => plan.trainings.has(step.key));
  const toRun = trainings.filter(({ step }) => toMake.has(step.key)).length;
  const alone = trials.reduce(
    (sum, { members, checkers }) => sum + new Set([...members, ...checkers]).size,
    0,
  );
  return {
    steps: facts,
    ...waitsIn(graph, facts),
    kinds: kindTotals(facts),
    trials: trials.length,
    trainings: {
      all: trainings.length,
      cached: trainings.filter(({ state }) => state === "cached").length,
      toRun,
      alone,
      avoided: alone - toRun,
    },
    estimate: costs,
    executor,
    workers,
  };
}

type Plan = PreparedRun["plan"];

/** How many trials and steps use each step's result, by its place. */
function usesOf({ trials, uses, aggregate }: Plan, { dependants, indexOf }: StepGraph): Int32Array {
  // The tables of all trials use everything: that tells nobody anything.
  const tables = indexOf.get(aggregate);
  const found = Int32Array.from(dependants, (own) =>
    tables === undefined || own.at(-1) !== tables ? own.length : own.length - 1,
  );
  for (const { evaluate } of trials) {
    const index = indexOf.get(evaluate);
    if (index !== undefined) found[index] = at(found, index) + 1;
  }
  // Of a training the plan counts who asked for it, also where two asked through one score.
  for (const [key, count] of uses) {
    const index = indexOf.get(key);
    if (index !== undefined) found[index] = count;
  }
  return found;
}

/** What a step has to wait for, worked out for the few of whom it is asked. */
function waitsIn(
  { needs }: StepGraph,
  facts: readonly StepFacts[],
): Pick<PlanFacts, "waitsFor" | "waitsForLast"> {
  const isThere = (index: number): boolean => at(facts, index).state === "cached";
  const missing = (index: number): readonly number[] =>
    isThere(index) ? [] : at(needs, index).filter((need) => !isThere(need));
  const toNumber = (index: number): number => index + 1;
  // By step, the last one asked for that another of its needs waits for: the last step of a plan
  // waits for 100,000 others, and all may be asked for.
  const behind = new Int32Array(needs.length);
  return {
    waitsFor: ({ number }) => missing(number - 1).map(toNumber),
    waitsForLast: ({ number }) => {
      const waiting = missing(number - 1);
      const before: number[] = [];
      for (const need of waiting.flatMap(missing)) {
        if (behind[need] !== number) before.push(need);
        behind[need] = number;
      }
      // Two steps back are enough for plans of this project.
      for (const need of before.flatMap(missing)) behind[need] = number;
      return waiting.filter((need) => behind[need] !== number).map(toNumber);
    },
  };
}

/** The benchmark by the data source in a step's recipe. */
export function benchmarkOf({ recipe }: Step, sources: Plan["sources"]): string {
  const source = sourceIn(recipe);
  return (source === undefined ? undefined : sources[source]?.benchmark.name) ?? "";
}

function sourceIn(recipe: unknown): string | undefined {
  if (typeof recipe !== "object" || recipe === null) return undefined;
  if ("source" in recipe && typeof recipe.source === "string") return recipe.source;
  return "train" in recipe ? sourceIn(recipe.train) : undefined;
}

function kindTotals(facts: readonly StepFacts[]): KindTotals[] {
  const kinds = new Map<string, StepFacts[]>();
  for (const fact of facts) {
    const { kind } = fact.step.making;
    const own = kinds.get(kind);
    if (own === undefined) kinds.set(kind, [fact]);
    else own.push(fact);
  }
  const place = (kind: string): number => (kindOrder.indexOf(kind) + 100) % 100;
  return [...kinds]
    .sort(([left], [right]) => place(left) - place(right))
    .map(([kind, own]) => {
      const count = (state: StepState): number => own.filter((fact) => fact.state === state).length;
      const known = own.flatMap(({ cost }) => cost?.seconds ?? []);
      return {
        kind,
        all: own.length,
        cached: count("cached"),
        toRun: count("to run"),
        elsewhere: count("running elsewhere"),
        seconds: known.length === 0 ? undefined : known.reduce((sum, each) => sum + each, 0),
      };
    });
}
