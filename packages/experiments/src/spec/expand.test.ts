import { canonicalJson } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expandSweep } from "./expand.js";
import { checkSpec, resolveSpec } from "./resolve.js";
import { expandTrials, expandVariants, flatSettings, type Trial } from "./trials.js";

const spec = (sweep: unknown, more: Record<string, unknown> = {}): string =>
  JSON.stringify({
    version: 1,
    name: "sample",
    model: { config: { hiddenSize: 4, layers: 1, heads: 1, intermediateSize: 4 } },
    benchmarks: [{ kind: "toy-world" }, { kind: "toy-world", name: "other" }],
    checkerFraction: [0.1, 1],
    seeds: [0, 1],
    methods: ["ce", "dimp"],
    sweep,
    ...more,
  });
const settingsOf = (sweep: unknown, more = {}) =>
  resolveSpec(spec(sweep, more), { file: "x.yaml" }).settings;
const refusal = (sweep: unknown, more = {}): string => {
  const outcome = checkSpec(spec(sweep, more), { file: "x.yaml" });
  return outcome.ok ? "accepted" : outcome.message;
};

/** Values that are valid for their settings, each list without repeats. */
const domains: Readonly<Record<string, readonly unknown[]>> = {
  "train.learningRate": [3e-5, 6e-5, 1e-4],
  "train.epochs": [1, 2, 5],
  "train.clipNorm": [null, 1],
  "checker.calibration": ["none", "temperature"],
  "weights.transform": [[], [{ clip: 10 }], [{ temper: 0.5 }, "normalise"]],
  "model.config.layers": [1, 2],
};

/** Some of the values, at least one, in any order. */
const part = (values: readonly unknown[]) =>
  fc.shuffledSubarray([...values], { minLength: 1, maxLength: values.length });

const axesOf = (keys: readonly string[]) =>
  fc.record(Object.fromEntries(keys.map((key) => [key, part(domains[key] ?? [])])));

const groups = fc
  .shuffledSubarray(Object.keys(domains), { minLength: 1, maxLength: 4 })
  .chain((keys) => fc.record({ axes: axesOf(keys.slice(0, 2)), zipped: axesOf(keys.slice(2)) }))
  .map(({ axes, zipped }) => {
    const length = Math.min(...Object.values(zipped).map((values) => values.length));
    const rows = Object.entries(zipped).map(([key, values]) => [key, values.slice(0, length)]);
    return { axes, zip: rows.length === 0 ? [] : [Object.fromEntries(rows)] };
  });

const natives: Readonly<Record<string, readonly unknown[]>> = {
  benchmark: ["toy-world", "other"],
  checkerFraction: [0.1, 1],
  seed: [0, 1],
  method: ["ce", "dimp"],
};

type Flat = Readonly<Record<string, unknown>>;

/** Every key and value of a trial, in one record. */
const flat = ({ settings, benchmark, checkerFraction, seed, method }: Trial): Flat => ({
  ...settings,
  benchmark,
  checkerFraction,
  seed,
  method,
});
const id = (record: Flat): string => canonicalJson(record);

/** The definition, by brute force over plain records. */
function product(lists: readonly (readonly Flat[])[]): Flat[] {
  return lists.reduce<Flat[]>(
    (records, list) => records.flatMap((record) => list.map((one) => ({ ...record, ...one }))),
    [{}],
  );
}
function definition({ axes, zip }: { axes: Flat; zip: readonly Flat[] }): Flat[] {
  const column = ([key, values]: [string, unknown]): Flat[] =>
    Array.isArray(values) ? values.map((value: unknown) => ({ [key]: value })) : [];
  const zipped = zip.map((group) => {
    const columns = Object.entries(group).map(column);
    return (columns[0] ?? []).map((_, row) => Object.assign({}, ...columns.map((of) => of[row])));
  });
  return product([
    ...Object.entries(axes).map(column),
    ...zipped,
    ...Object.entries(natives).map(column),
  ]);
}
const agrees = (record: Flat, rule: Flat): boolean =>
  Object.entries(rule).every(([key, value]) => id({ value }) === id({ value: record[key] }));

describe("a sweep", () => {
  it("is the product of its axes, its zipped groups and the native axes, in a stable order", () => {
    fc.assert(
      fc.property(groups, (sweep) => {
        const trials = expandTrials(settingsOf(sweep));
        expect(trials.map(flat).map(id)).toEqual(definition(sweep).map(id));
      }),
      { numRuns: 60 },
    );
  });

  it("leaves out what matches all keys of an exclusion, and adds what an inclusion names", () => {
    const rules = groups.chain((sweep) => {
      const all = definition(sweep);
      const some = fc
        .constantFrom(...all)
        .chain((record) =>
          fc
            .subarray(Object.keys(record), { minLength: 1 })
            .map((keys) => Object.fromEntries(keys.map((key) => [key, record[key]]))),
        );
      const lists = fc.array(some, { maxLength: 3 });
      return fc.record({ sweep: fc.constant(sweep), exclude: lists, include: lists });
    });
    fc.assert(
      fc.property(rules, ({ sweep, exclude, include }) => {
        const all = definition(sweep);
        const kept = all.filter((record) => !exclude.some((rule) => agrees(record, rule)));
        // Rules here name values of the sweep: what they add is what exclusions took.
        const added = all.filter((record) => include.some((rule) => agrees(record, rule)));
        const expected = new Set([...kept, ...added].map(id));
        const outcome = checkSpec(spec({ ...sweep, exclude, include }), { file: "x.yaml" });
        const isIdle = include.some((rule) =>
          all.filter((record) => agrees(record, rule)).every((record) => kept.includes(record)),
        );
        expect(outcome.ok).toBe(expected.size > 0 && !isIdle);
        if (!outcome.ok) return;
        const trials = expandTrials(outcome.spec.settings).map(flat).map(id);
        expect(new Set(trials)).toEqual(expected);
        expect(trials).toHaveLength(expected.size);
      }),
      { numRuns: 120 },
    );
  });

  it("adds values that no axis has: of seeds, fractions and settings, with the rest as it is", () => {
    const trials = expandTrials(
      settingsOf({
        axes: { "train.epochs": [1, 2], "train.learningRate": [3e-5] },
        include: [
          { "train.epochs": 9, method: "ce", benchmark: "other", seed: [7], checkerFraction: 0.5 },
        ],
      }),
    );
    expect(trials).toHaveLength(2 * 16 + 1);
    expect(trials.at(-1)).toEqual({
      variant: "epochs=9, learningRate=3e-5",
      settings: { "train.epochs": 9, "train.learningRate": 3e-5 },
      benchmark: "other",
      generated: "toy-world",
      checkerFraction: 0.5,
      seed: 7,
      method: "ce",
      loss: "ce",
      gamma: 1,
    });
  });

  it("gives each variant a name of its own and a spec that has its settings and sweeps nothing", () => {
    fc.assert(
      fc.property(groups, (sweep) => {
        const settings = settingsOf(sweep);
        const variants = expandVariants({ settings });
        expect(new Set(variants.map(({ name }) => name)).size).toBe(variants.length);
        for (const variant of variants) {
          expect(flatSettings(variant.spec)).toMatchObject(variant.settings);
          expect(variant.spec.sweep.axes).toEqual({});
          // What is not swept is shared, not copied.
          expect(variant.spec.benchmarks).toBe(settings.benchmarks);
          // The composed spec is what the schema makes of the same settings written out.
          const again = expandVariants({ settings: variant.spec });
          expect(again.map(({ name }) => name)).toEqual([""]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("composes what the schema would give for the same settings written out", () => {
    const sweep = { axes: { train: { epochs: [1, 2] }, "checker.epochs": [3] } };
    for (const { spec: composed, settings } of expandVariants({ settings: settingsOf(sweep) })) {
      const written = {
        train: { epochs: settings["train.epochs"] },
        checker: { epochs: settings["checker.epochs"] },
      };
      expect(composed).toEqual({ ...settingsOf({}, written), sweep: composed.sweep });
    }
  });

  it("names variants briefly", () => {
    const names = (axes: Flat, more = {}): string[] =>
      expandVariants({ settings: settingsOf({ axes, ...more }) }).map(({ name }) => name);
    expect(
      names({ "train.learningRate": [3e-5, 1e-3], "weights.transform": [[], [{ clip: 10 }]] }),
    ).toEqual([
      "learningRate=3e-5, no transform",
      "learningRate=3e-5, clip ..10",
      "learningRate=0.001, no transform",
      "learningRate=0.001, clip ..10",
    ]);
    expect(names({ "train.epochs": [1], "checker.epochs": [2] })).toEqual([
      "train.epochs=1, checker.epochs=2",
    ]);
    expect(names({ "train.epochs": [1] }, { names: { "train.epochs": "passes" } })).toEqual([
      "passes=1",
    ]);
    expect(names({ "model.config": [{ layers: 1 }, { layers: 2, maxPositions: 256 }] })).toEqual([
      "config=layers 1 maxPositions 512",
      "config=layers 2 maxPositions 256",
    ]);
    expect(names({})).toEqual([""]);
    const checkpoints = ["/a/base/model", "/b/base/model", "org/tiny"];
    const paths = settingsOf({ axes: { "model.checkpoint": checkpoints } }, { model: {} });
    expect(expandVariants({ settings: paths }).map(({ name }) => name)).toEqual([
      "checkpoint=a/base/model",
      "checkpoint=b/base/model",
      "checkpoint=tiny",
    ]);
  });

  it("of 100,000 trials is expanded in one pass, in order, with little memory", () => {
    const rates = Array.from({ length: 100 }, (_, index) => (index + 1) * 1e-6);
    const epochs = Array.from({ length: 25 }, (_, index) => index + 1);
    const seeds = Array.from({ length: 5 }, (_, index) => index);
    const started = performance.now();
    const settings = settingsOf(
      {
        axes: { "train.learningRate": rates, "train.epochs": epochs },
        exclude: [{ seed: 0, "train.epochs": 25, method: "ce", benchmark: "other" }],
      },
      { seeds },
    );
    const resolved = performance.now();
    const before = process.memoryUsage().heapUsed;
    const { trials, variants } = expandSweep(settings);
    const specs = variants.map((variant) => variant.spec);
    const expanded = performance.now();
    const megabytes = (process.memoryUsage().heapUsed - before) / 1e6;
    console.info(
      `${trials.length} trials: resolved in ${Math.round(resolved - started)} ms, expanded in ${Math.round(expanded - resolved)} ms, ${Math.round(megabytes)} MB`,
    );
    expect(trials).toHaveLength(100 * 25 * 2 * 2 * 5 * 2 - 100 * 2);
    expect(specs).toHaveLength(2500);
    expect(megabytes).toBeLessThan(150);
    const place = trials.map(({ settings: { "train.learningRate": rate } }) => Number(rate));
    expect(place).toEqual([...place].sort((left, right) => left - right));
  });
});

describe("a sweep is refused", () => {
  const cases: readonly [string, unknown, readonly string[]][] = [
    [
      "an unknown setting",
      { axes: { "train.lr": [1] } },
      ["sweep.axes.train.lr: no setting has this name", '"train.learningRate"'],
    ],
    [
      "a native axis",
      { axes: { seeds: [0, 1] } },
      ["is an axis without a sweep: list its values under seeds"],
    ],
    [
      "a setting that decides nothing",
      { axes: { "run.jobs": [1] } },
      ["cannot be swept. Swept can be: model"],
    ],
    [
      "a value out of range",
      { axes: { "train.epochs": [1, 0] } },
      ["sweep.axes.train.epochs.1: needed a number of at least 1, got 0"],
    ],
    [
      "a wrong type",
      { axes: { "weights.transform": ["normalise"] } },
      ["sweep.axes.weights.transform.0: needed a list"],
    ],
    [
      "a value twice",
      { axes: { "train.learningRate": [1e-4, 0.0001] } },
      ["sweep.axes.train.learningRate.1: is the same as value 1"],
    ],
    [
      "an empty axis",
      { axes: { "train.epochs": [] } },
      ["needed a list of values, got an empty list"],
    ],
    [
      "one key inside another",
      { axes: { "model.config": [{ layers: 2 }], "model.config.layers": [1] } },
      ["model.config is swept already"],
    ],
    [
      "uneven groups",
      { zip: [{ "train.epochs": [1, 2], "train.batchSize": [8] }] },
      ["has 1 values, train.epochs 2"],
    ],
    [
      "equal rows",
      { zip: [{ "train.epochs": [1, 1], "train.batchSize": [8, 8] }] },
      ["is the same as value 1"],
    ],
    [
      "an exclusion by a key that is not swept",
      { exclude: [{ "train.epochs": 1 }] },
      ["no trial has this key: it is not swept"],
    ],
    [
      "an exclusion by an unknown method",
      { exclude: [{ method: "dipm" }] },
      ['no trial has the method dipm. Did you mean "dimp"?'],
    ],
    [
      "an exclusion by a value the axis has not",
      { axes: { "train.epochs": [1, 2] }, exclude: [{ "train.epochs": 3 }] },
      ["the axis has no such value. It has: 1, 2."],
    ],
    [
      "an exclusion of what never comes together",
      {
        zip: [{ "train.epochs": [1, 2], "train.batchSize": [8, 16] }],
        exclude: [{ "train.epochs": 1, "train.batchSize": 16 }],
      },
      ["matches no trial"],
    ],
    [
      "an inclusion of what is there",
      { axes: { "train.epochs": [1, 2] }, include: [{ "train.epochs": 1, seed: 0 }] },
      ["adds no trial"],
    ],
    [
      "nothing left",
      { exclude: [{ benchmark: ["toy-world", "other"] }] },
      ["every trial is left out"],
    ],
    [
      "a name for nothing",
      { names: { "train.epoch": "e" }, axes: { "train.epochs": [1] } },
      ['is not swept. Did you mean "train.epochs"?'],
    ],
    [
      "a variant that does not fit",
      { axes: { "model.config.heads": [1, 3] } },
      [
        "sweep.axes.model.config.heads.1: model.config.heads: needed a divisor of hiddenSize (4), got 3 (in the variant heads=3)",
      ],
    ],
    [
      "an absurd product",
      {
        axes: {
          "train.learningRate": Array.from({ length: 1000 }, (_, i) => (i + 1) / 1e6),
          "train.epochs": Array.from({ length: 100 }, (_, i) => i + 1),
        },
      },
      [
        "1,600,000 trials (1000 of train.learningRate x 100 of train.epochs x 2 benchmarks x 2 fractions x 2 seeds x 2 methods); 1,000,000 are the most",
      ],
    ],
  ];
  it.each(cases)("%s", (_, sweep, parts) => {
    const message = refusal(sweep);
    for (const words of parts) expect(message).toContain(words);
  });
});
