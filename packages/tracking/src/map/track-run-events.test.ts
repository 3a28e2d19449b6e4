import { describe, expect, it } from "vitest";
import type { Marks } from "../marks.js";
import type { Operation } from "../operations.js";
import { eventLog, exampleEvents } from "../testing/example-run.js";
import type { EventFields } from "./fields.js";
import { eventsOfResults, relationsReader } from "./old-logs.js";
import { specRunId } from "./relations.js";
import { type MapperOptions, trackRunEvents } from "./track-run-events.js";

const identity = "0123456789abcdef0123456789abcdef";
const size = { seeds: 2, steps: 20 };

function mapAll(
  events: readonly EventFields[],
  options: Partial<MapperOptions> = {},
): { operations: Operation[]; marks: Marks } {
  const operations: Operation[] = [];
  const marks = options.marks ?? {};
  const mapper = trackRunEvents({
    ...{ identity, emit: (one) => operations.push(one) },
    ...options,
    marks,
  });
  events.forEach((event, index) => {
    mapper.see(event, 1000 + index);
  });
  return { operations, marks };
}

/** How often each point of each run comes, by name. */
function pointsOf(operations: readonly Operation[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const operation of operations) {
    if (operation.op !== "points") continue;
    for (const [run, prefix] of operation.to) {
      for (const [step] of operation.rows) {
        for (const name of operation.names) {
          const key = `${run} ${prefix}${name} ${step}`;
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
      }
    }
  }
  return counts;
}

describe("trackRunEvents", () => {
  it("makes one parent, a child for each trial, and every point once for each that uses it", () => {
    const { operations } = mapAll(exampleEvents(size));
    const runs = operations.filter((one) => one.op === "run");
    expect(runs[0]).toMatchObject({ run: specRunId(identity), name: "example" });
    const children = runs.filter(({ parent }) => parent === specRunId(identity));
    expect(children.map(({ name }) => name).sort()).toEqual(
      [0, 1]
        .flatMap((seed) => ["ce", "dimp", "imp"].map((one) => `toy ${one} seed ${seed} fraction 1`))
        .sort(),
    );
    const counts = pointsOf(operations);
    expect(new Set(counts.values())).toEqual(new Set([1]));
    for (const { run, params } of children) {
      for (let step = 1; step <= size.steps; step++) {
        expect(counts.get(`${run} train/loss ${step}`)).toBe(1);
        const quality = `${run} checker/quality/train/gradient_norm ${step}`;
        expect(counts.has(quality)).toBe(params.method !== "ce");
        const diversity = `${run} checker/diversity/train/learning_rate ${step}`;
        expect(counts.has(diversity)).toBe(params.method === "dimp");
      }
      expect(counts.has(`${run} weights/largest_share 2`)).toBe(params.method !== "ce");
      expect(counts.get(`${run} test/macro_f1 0`)).toBe(1);
      expect(counts.get(`${run} validation/log_loss 2`)).toBe(1);
    }
  });

  it("ends each run as it ended, the parent last", () => {
    const { operations } = mapAll(exampleEvents(size));
    const last = new Map<string, string>();
    for (const one of operations) if (one.op === "status") last.set(one.run, one.status);
    expect([...last.values()]).toEqual(Array.from({ length: 7 }, () => "FINISHED"));
    expect(operations.at(-1)).toMatchObject({ op: "status", run: specRunId(identity) });
  });

  it("says data digests over all rows, with their roles as contexts, of parent and children", () => {
    const inputs = mapAll(exampleEvents(size)).operations.filter((one) => one.op === "inputs");
    expect(inputs).toHaveLength(7);
    for (const { datasets } of inputs) {
      expect(datasets.map(({ tags }) => tags["mlflow.data.context"]).sort()).toEqual([
        "generated",
        "test",
        "train",
        "validation",
      ]);
      for (const { dataset } of datasets) {
        expect(dataset.profile).toContain(dataset.digest);
        expect(dataset.digest).toHaveLength(32);
      }
    }
  });

  it("emits nothing for the same events again, and only the rest after a kill anywhere", () => {
    const events = exampleEvents(size);
    const whole = mapAll(events);
    const again = mapAll(events, { marks: structuredClone(whole.marks) });
    // That a run goes on is told, and its end.
    expect(again.operations.filter(({ op }) => op !== "status")).toEqual([]);
    expect(again.marks).toEqual(whole.marks);
    for (let cut = 0; cut < events.length; cut += 7) {
      const first = mapAll(events.slice(0, cut));
      // The training under way begins anew, as one without a checkpoint does.
      const second = mapAll(events, { marks: first.marks });
      const counts = pointsOf([...first.operations, ...second.operations]);
      expect(counts).toEqual(new Map([...pointsOf(whole.operations)]));
      expect(new Set(counts.values())).toEqual(new Set([1]));
    }
  });

  it("fills from a training's history what was not seen of it", () => {
    const events = exampleEvents({ seeds: 1, steps: 20 });
    const gaps = events.filter(({ type, step }) => type !== "step" || Number(step) % 3 !== 0);
    const { marks } = mapAll(gaps);
    const key = events.find(({ type }) => type === "training-start")?.training;
    const loss = Array.from({ length: 20 }, () => 0.5);
    const history = { type: "training-history", training: key, loss, learningRate: loss };
    const again = mapAll([...events.slice(0, 3), history], { marks });
    const steps = again.operations.flatMap((one) =>
      one.op === "points" ? one.rows.map(([step]) => step) : [],
    );
    expect(steps).toEqual([3, 6, 9, 12, 15, 18]);
  });

  it("records a history of many steps in few records", () => {
    const plan = exampleEvents({ seeds: 1, steps: 1 }).slice(0, 3);
    const key = exampleEvents({ seeds: 1, steps: 1 }).find(
      ({ type }) => type === "training-start",
    )?.training;
    const loss = Array.from({ length: 600 }, (_, step) => 1 / (step + 1));
    const start = { type: "training-reused", training: key };
    const history = { type: "training-history", training: key, loss, learningRate: loss };
    const { operations } = mapAll([...plan, start, history]);
    const rows = operations.flatMap((one) => (one.op === "points" ? [one.rows] : []));
    expect(rows.map(({ length }) => length)).toEqual([256, 256, 88]);
    expect(rows.flat().map(([step]) => step)).toEqual(loss.map((_, index) => index + 1));
  });

  it("marks what failed, what was skipped, and what a stop left open", () => {
    const events = exampleEvents({ seeds: 1, steps: 4 });
    const plan = events.slice(0, 3);
    const at = (method: string) => {
      const found = events.find(
        ({ type, trial }) =>
          type === "trial" && JSON.stringify(trial).includes(`"method":"${method}"`),
      );
      return Array.isArray(found?.result) ? String(found.result[0]) : "";
    };
    const { operations, marks } = mapAll([
      ...plan,
      { type: "training-start", training: at("ce") },
      { type: "training-start", training: at("imp") },
      { type: "training-failed", training: at("imp"), message: "loss is NaN" },
      { type: "training-skipped", training: at("dimp"), because: "toy, ce, seed 0" },
      { type: "run-end", status: "stopped" },
    ]);
    const byMethod = (method: string) =>
      operations.find((one) => one.op === "run" && one.params.method === method);
    const of = (method: string) =>
      marks[byMethod(method)?.op === "run" ? (byMethod(method) as { run: string }).run : ""];
    expect(of("imp")).toMatchObject({
      status: "FAILED",
      tags: { "counterweight.failure": "loss is NaN" },
    });
    expect(of("dimp")).toMatchObject({
      status: "FAILED",
      tags: { "counterweight.failure": "not run: toy, ce, seed 0 failed" },
    });
    expect(of("ce")?.status).toBe("KILLED");
    expect(marks[specRunId(identity)]?.status).toBe("KILLED");
  });

  it("ends what a kill left open, where the next command fails before its plan", () => {
    const killed = mapAll(exampleEvents(size).slice(0, 60));
    const parent = specRunId(identity);
    expect(killed.marks[parent]?.status).toBe("RUNNING");
    const { operations, marks } = mapAll(
      [exampleEvents(size)[0] ?? {}, { type: "run-end", status: "failed" }],
      { marks: structuredClone(killed.marks) },
    );
    expect(operations.every(({ op }) => op === "status")).toBe(true);
    expect(marks[parent]?.status).toBe("FAILED");
    const left = Object.values(marks).map(({ status }) => status);
    expect(left).not.toContain("RUNNING");
    expect(left).toContain("KILLED");
    // What was ended already stays as it is.
    expect(mapAll([{ type: "run-end", status: "failed" }], { marks }).operations).toEqual([]);
  });

  it("finds in logs of earlier versions the same runs, points and relations", () => {
    const news = mapAll(exampleEvents(size));
    const old = exampleEvents({ ...size, old: true });
    const reader = relationsReader();
    for (const event of old) reader.see(event);
    const olds = mapAll(old, { relations: reader.of });
    expect(pointsOf(olds.operations)).toEqual(pointsOf(news.operations));
    // Of a log that a kill cut short before any trial was done, labels tell.
    const cut = relationsReader();
    const relations = cut.of(old[2] ?? {});
    expect(relations).toHaveLength(6);
    const killed = mapAll(old.slice(0, 80), { relations: () => relations });
    const whole = pointsOf(news.operations);
    expect([...pointsOf(killed.operations).keys()].every((key) => whole.has(key))).toBe(true);
  });

  it("keeps numbers that JSON cannot hold, and reads what logs made of them", () => {
    const events = exampleEvents({ seeds: 1, steps: 2 }).map((event) =>
      event.type === "step"
        ? { ...event, loss: Number.NaN, gradientNorm: Number.POSITIVE_INFINITY }
        : event,
    );
    const values = (operations: readonly Operation[]) =>
      operations.flatMap((one) => (one.op === "points" && one.series === "step" ? one.rows : []));
    for (const found of values(mapAll(events).operations)) {
      expect(found.slice(2)).toEqual(["NaN", expect.any(Number), "Infinity"]);
    }
    const logged = eventLog(events, 0)
      .trim()
      .split("\n")
      .map((line): EventFields => JSON.parse(line));
    for (const found of values(mapAll(logged).operations)) {
      expect(found.slice(2)).toEqual(["NaN", expect.any(Number), "NaN"]);
    }
  });

  it("has params for the trial's record and all settings of the spec, the trial's own first", () => {
    const spec = {
      description: "why",
      train: { epochs: 3, clipNorm: null },
      model: { config: { layers: 2 } },
    };
    const events = exampleEvents({ seeds: 1, steps: 2 }).map((event) =>
      event.type === "plan"
        ? {
            ...event,
            trials: (event.trials as EventFields[]).map((one) => ({
              ...one,
              trial: { ...(one.trial as EventFields), settings: { "train.epochs": 5 } },
            })),
          }
        : event,
    );
    const { operations } = mapAll(events, { spec });
    const [parent, child] = operations.filter((one) => one.op === "run");
    expect(parent).toMatchObject({ tags: { "mlflow.note.content": "why" }, params: {} });
    expect(child?.params).toMatchObject({
      ...{ benchmark: "toy", generated: "toy", seed: "0", gamma: "1", checkerFraction: "1" },
      ...{ "train.epochs": "5", "train.clipNorm": "null", "model.config.layers": "2" },
    });
  });

  it("says of a trial made again by another training that the first is superseded", () => {
    const events = exampleEvents({ seeds: 1, steps: 2 });
    const text = JSON.stringify(events);
    const key = String(events.find(({ type }) => type === "training-start")?.training);
    const edited = text.replaceAll(key, `${key.slice(1)}0`);
    // CE and what learns from it are other trainings in the edited spec; it keeps its name.
    const first = mapAll(events);
    const ce = String(
      (events.find(({ type }) => type === "trial")?.result as readonly unknown[] | undefined)?.[0],
    );
    const other: EventFields[] = JSON.parse(edited.replaceAll(ce, `${ce.slice(1)}0`));
    const { operations } = mapAll(other, { marks: first.marks });
    const runs = operations.filter((one) => one.op === "run" && one.params.method === "ce");
    expect(runs).toHaveLength(1);
    const tags = operations.flatMap((one) => (one.op === "tags" ? Object.values(one.tags) : []));
    expect(tags.sort()).toEqual(["false", "true"]);
    // And back again: the first one counts, the other does not.
    const back = mapAll(events, { marks: first.marks }).operations.flatMap((one) =>
      one.op === "tags" ? Object.values(one.tags) : [],
    );
    expect(back.sort()).toEqual(["false", "true"]);
  });

  it("reads a results.json without a log", () => {
    const trial = {
      benchmark: "toy",
      checkerFraction: 1,
      seed: 0,
      method: "ce",
      loss: "ce",
      gamma: 1,
    };
    const epochs = [
      { epoch: 1, trainLoss: 1, validation: { accuracy: 0.5, macroF1: 0.4, logLoss: 1 } },
    ];
    const results = {
      ...{ name: "old", status: "done", environment: {}, data: {} },
      trials: [{ ...trial, accuracy: 0.7, macroF1: 0.6, logLoss: 0.5, training: "abc", epochs }],
    };
    const { operations } = mapAll(eventsOfResults(results));
    const counts = [...pointsOf(operations).keys()].map((key) => key.split(" ").slice(1).join(" "));
    expect(counts).toContain("validation/accuracy 1");
    expect(counts).toContain("test/log_loss 0");
  });
});
