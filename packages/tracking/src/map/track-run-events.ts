import type { DatasetInput, RunStatus } from "mlflow-js-client";
import { applyTo, type Marks, newOf } from "../marks.js";
import { type Operation, type Target, toPlain } from "../operations.js";
import { datasetsOf } from "./datasets.js";
import { describeSpec, describeTrial, type RunFacts } from "./descriptions.js";
import { type EventFields, fieldsOf, listOf, textOf, textsOf } from "./fields.js";
import { type EventPoints, pointsOf, testPoints } from "./points.js";
import {
  memberPrefix,
  plannedRelations,
  relationOf,
  specRunId,
  type TrialRelation,
  trainingsOf,
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
  /** Closes what a run left open that gave no word of its end. */
  end(status: string, at: number): void;
}

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
  /** Key of the training that ended last: earlier logs tell a trial's only by the order. */
  let lastKey = "";

  const put = (operation: Operation): void => {
    const fresh = newOf(marks, operation);
    if (fresh === undefined) return;
    applyTo(marks, fresh);
    emit(fresh);
  };
  const status = (run: string, value: RunStatus, at: number): void => {
    put({ op: "status", run, status: value, at });
  };
  const points = (to: readonly Target[], values: EventPoints, at: number): void => {
    if (to.length > 0) put({ op: "points", to, at, ...values });
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
  const beginTrial = (run: string, at: number): void => {
    const relation = children.get(run);
    if (open.has(run) || relation === undefined) return;
    beginSpec(at);
    open.add(run);
    put({ op: "run", run, parent, at, ...describeTrial(run, relation, start, options) });
    const own = datasets.get(textOf(relation.trial, "benchmark")) ?? [];
    if (own.length > 0) put({ op: "inputs", run, datasets: own });
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
  /** The whole course of a training that was made elsewhere: what is missing of it is added. */
  const history = (event: EventFields, to: readonly Target[], at: number): void => {
    const [loss, rates] = [event.loss, event.learningRate];
    if (Array.isArray(loss) && Array.isArray(rates)) {
      loss.forEach((value: unknown, index) => {
        const values = {
          "train/loss": toPlain(Number(value ?? Number.NaN)),
          "train/learning_rate": toPlain(Number(rates[index] ?? Number.NaN)),
        };
        points(to, { series: "step", step: index + 1, values }, at);
      });
    }
    for (const epoch of listOf(event, "epochs")) {
      const found = pointsOf({ ...epoch, type: "epoch" });
      if (found !== undefined) points(to, found, at);
    }
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
        if (event.type === "training-end" && typeof event.seconds === "number") {
          const values = { "train/seconds": event.seconds };
          points(to, { series: "seconds", step: 0, values }, at);
        }
        return;
      case "training-history":
        history(event, to, at);
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
      default: {
        const found = pointsOf(event);
        if (found === undefined || to.length === 0) return;
        for (const [run] of to) beginTrial(run, at);
        points(to, found, at);
      }
    }
  };
  const end = (word: string, at: number): void => {
    if (ended || !open.has(parent)) return;
    ended = true;
    // Also those that an earlier session left open and this one has no more.
    for (const [run, { status: last }] of Object.entries(marks)) {
      if (run !== parent && last === "RUNNING") status(run, "KILLED", at);
    }
    status(parent, endStatus[word] ?? "FAILED", at);
    open.clear();
  };

  return {
    see(event, at) {
      const key = textOf(event, "training");
      if (key !== "") {
        training(event, key, at);
        return;
      }
      switch (event.type) {
        case "run-start":
          // A session that was killed said no word of its end: this one takes over.
          start = event;
          open.clear();
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
    end,
  };
}
