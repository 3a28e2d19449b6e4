import type { DatasetInput, RunStatus } from "mlflow-js-client";
import { applyTo, type Marks, newOf } from "../marks.js";
import type { Operation, PointRow, Target } from "../operations.js";
import { datasetsOf } from "./datasets.js";
import { describeSpec, describeTrial, type RunFacts } from "./descriptions.js";
import { type EventFields, fieldsOf, textOf, textsOf } from "./fields.js";
import { type EventPoints, historyPoints, pointsOf, stepNames, testPoints } from "./points.js";
import {
  memberPrefix,
  plannedRelations,
  relationOf,
  specRunId,
  type TrialRelation,
  trainingsOf,
  trialHash,
  trialRunId,
} from "./relations.js";

export interface MapperOptions extends RunFacts {
  /** What is logged already; brought up to date. */
  readonly marks: Marks;
  /** Takes what is new. */
  readonly emit: (operation: Operation) => void;
  /** Relations for plans that do not tell them. */
  readonly relations?: (plan: EventFields) => readonly TrialRelation[];
}

/** Turns the events of a run into operations on its runs at the store. */
export interface Mapper {
  /** @param at when it happened, in milliseconds since 1970. */
  see(event: EventFields, at: number): void;
  /** Logs files of the parent: see the operation `artifact`. */
  artifact(file: string, folder: string, digest: string, at: number): void;
  /** Emits steps that are held back, to go together: at most 256 of a training. */
  flush(): void;
  /** Closes what a run left open that gave no word of its end. */
  end(status: string, at: number): void;
}

const superseded = "counterweight.superseded";

const endStatus: Readonly<Record<string, RunStatus>> = {
  done: "FINISHED",
  failed: "FAILED",
  stopped: "KILLED",
};

/**
 * One parent for the spec, one child for each trial, made once the first of its trainings (checkers
 * included) begins. A training used by several trials is logged to each; a point, state or tag that
 * `marks` holds already is not emitted again, so that a run taken up after a kill, and a log read
 * twice, add only what is new.
 */
export function trackRunEvents(options: MapperOptions): Mapper {
  const { marks, emit, identity } = options;
  const parent = specRunId(identity);
  let start: EventFields = {};
  let ended = false;
  let trainings: ReturnType<typeof trainingsOf> = new Map();
  const datasets = new Map<string, readonly DatasetInput[]>();
  const children = new Map<string, TrialRelation>();
  /** Runs that are described in this session. */
  const open = new Set<string>();
  const targets = new Map<string, Target[]>();
  /** Runs of each trial, by its hash. */
  const runsOf = new Map<string, Set<string>>();
  for (const [run, { trial }] of Object.entries(marks)) {
    if (trial !== undefined) runsOf.set(trial, (runsOf.get(trial) ?? new Set()).add(run));
  }
  /** Steps seen and not passed on, of trainings whose runs are begun. */
  const steps = new Map<string, PointRow[]>();
  /** Key of the training that ended last: earlier logs tell a trial's only by the order. */
  let lastKey = "";

  const put = (operation: Operation): void => {
    for (const fresh of newOf(marks, operation)) {
      applyTo(marks, fresh);
      emit(fresh);
    }
  };
  const status = (run: string, value: RunStatus, at: number): void => {
    put({ op: "status", run, status: value, at });
  };
  const points = (to: readonly Target[], found: EventPoints, at: number): void => {
    const { series, names, step, values } = found;
    if (to.length > 0) put({ op: "points", to, series, names, rows: [[step, at, ...values]] });
  };
  const flush = (): void => {
    for (const [key, rows] of steps) {
      const to = targets.get(key) ?? [];
      if (rows.length === 0) continue;
      put({ op: "points", to, series: "step", names: stepNames, rows });
      steps.set(key, []);
    }
  };
  /** The event that comes 10,000 times a minute: what it asks for is done for many at once. */
  const seeStep = (event: EventFields, key: string, at: number): boolean => {
    const rows = steps.get(key);
    if (rows === undefined || event.type !== "step") return false;
    const found = pointsOf(event);
    if (found !== undefined) rows.push([found.step, at, ...found.values]);
    if (rows.length >= 256) flush();
    return true;
  };

  const beginSpec = (at: number): void => {
    if (open.has(parent)) return;
    open.add(parent);
    put({ op: "run", run: parent, at, ...describeSpec(parent, start, options) });
    status(parent, "RUNNING", at);
    ended = false;
    const all = [...datasets.values()].flat();
    if (all.length > 0) put({ op: "inputs", run: parent, datasets: all });
  };
  /** Of several runs of one trial, as after an edit of its settings, all but this one are history. */
  const supersede = (run: string, trial: string): void => {
    const runs = runsOf.get(trial) ?? new Set();
    runsOf.set(trial, runs.add(run));
    for (const one of runs) {
      const is = one === run ? "false" : "true";
      put({ op: "tags", run: one, tags: { [superseded]: is } });
    }
  };
  const beginTrial = (run: string, at: number): void => {
    const relation = children.get(run);
    if (open.has(run) || relation === undefined) return;
    beginSpec(at);
    open.add(run);
    put({ op: "run", run, parent, at, ...describeTrial(run, relation, start, options) });
    const own = datasets.get(textOf(relation.trial, "benchmark")) ?? [];
    if (own.length > 0) put({ op: "inputs", run, datasets: own });
    supersede(run, trialHash(relation.trial));
  };
  const add = (relation: TrialRelation): string => {
    const run = trialRunId(identity, relation);
    if (children.has(run)) return run;
    children.set(run, relation);
    const use = (training: string, prefix: string): void => {
      const known = targets.get(training) ?? [];
      targets.set(training, [...known, [run, prefix]]);
    };
    const { result, checkers } = relation;
    result.forEach((key, index) => {
      use(key, memberPrefix(index, result.length));
    });
    for (const { training, prefix } of checkers) use(training, prefix);
    return run;
  };
  const isResult = (run: string, key: string): boolean =>
    children.get(run)?.result.includes(key) ?? false;

  const data = (event: EventFields): void => {
    const benchmark = textOf(event, "benchmark");
    const own = datasetsOf(event);
    datasets.set(benchmark, own);
    for (const run of open) {
      const relation = children.get(run);
      const uses = run === parent || textOf(relation?.trial ?? {}, "benchmark") === benchmark;
      if (uses && own.length > 0) put({ op: "inputs", run, datasets: own });
    }
  };
  const plan = (event: EventFields): void => {
    trainings = trainingsOf(event);
    const planned = plannedRelations(event);
    const relations = planned.length > 0 ? planned : (options.relations?.(event) ?? []);
    steps.clear();
    children.clear();
    targets.clear();
    for (const relation of relations) add(relation);
  };
  const trial = (event: EventFields, at: number): void => {
    const record = fieldsOf(event, "trial");
    const told = textsOf(event, "result");
    const result = told.length > 0 ? told : [lastKey];
    const run = add(relationOf(record, result, trainings));
    beginTrial(run, at);
    points([[run, ""]], testPoints(fieldsOf(event, "scores")), at);
    status(run, "FINISHED", at);
  };
  const training = (event: EventFields, key: string, at: number): void => {
    const to = targets.get(key) ?? [];
    switch (event.type) {
      case "training-start":
        for (const [run] of to) {
          beginTrial(run, at);
          if (isResult(run, key)) status(run, "RUNNING", at);
        }
        return;
      case "training-reused":
      case "training-end":
        lastKey = key;
        for (const [run] of to) if (isResult(run, key)) beginTrial(run, at);
        break;
      case "training-history":
        for (const { series, names, rows } of historyPoints(event, at)) {
          if (to.length > 0) put({ op: "points", to, series, names, rows });
        }
        return;
      case "training-failed":
      case "training-skipped":
        for (const [run] of to) {
          if (!isResult(run, key)) continue;
          beginTrial(run, at);
          const because = textOf(event, "because");
          const why = because === "" ? textOf(event, "message") : `not run: ${because} failed`;
          put({ op: "tags", run, tags: { "counterweight.failure": why.slice(0, 2000) } });
          status(run, "FAILED", at);
        }
        return;
    }
    const found = pointsOf(event);
    if (found === undefined || to.length === 0) return;
    for (const [run] of to) beginTrial(run, at);
    points(to, found, at);
    if (event.type === "step") steps.set(key, []);
  };
  const end = (word: string, at: number): void => {
    // A command that failed before its plan opened nothing, and may have found what a kill left.
    if (ended || !(open.has(parent) || marks[parent]?.status === "RUNNING")) return;
    ended = true;
    // Also those that an earlier session left open and this one has no more.
    for (const [run, { status: last }] of Object.entries(marks)) {
      if (run !== parent && last === "RUNNING") status(run, "KILLED", at);
    }
    status(parent, endStatus[word] ?? "FAILED", at);
    open.clear();
    steps.clear();
  };

  return {
    see(event, at) {
      const key = textOf(event, "training");
      if (seeStep(event, key, at)) return;
      // Whatever else happens comes after the steps before it.
      if (event.type !== "step") flush();
      if (key !== "") {
        training(event, key, at);
        return;
      }
      switch (event.type) {
        case "run-start":
          // A session that was killed said no word of its end: this one takes over.
          start = event;
          open.clear();
          steps.clear();
          datasets.clear();
          return;
        case "data":
          data(event);
          return;
        case "plan":
          plan(event);
          beginSpec(at);
          return;
        case "trial":
          trial(event, at);
          return;
        case "run-end":
          end(textOf(event, "status"), at);
      }
    },
    artifact(file, folder, digest, at) {
      if (start.type === undefined) return;
      put({ op: "run", run: parent, at, ...describeSpec(parent, start, options) });
      put({ op: "artifact", run: parent, file, folder, digest });
    },
    end(word, at) {
      flush();
      end(word, at);
    },
    flush,
  };
}
