import { CounterweightError } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { checkSpec, resolveSpec, storedSpec } from "./resolve.js";
import { specToYaml } from "./write.js";

const base = `version: 1
name: sample
model: { checkpoint: models/mini }
benchmarks: [toy-world]
methods: [ce, imp]
train:
  epochs: 2
`;

/** A variable as specs write it. */
const variable = (name: string): string => `\${${name}}`;

/** Where things stand is told by file, line and column: all three are looked for in the message. */
function messageOf(text: string, overrides: readonly string[] = [], environment = {}): string {
  const outcome = checkSpec(text, { file: "exp/x.yaml", overrides, environment });
  return outcome.ok ? "no problem" : outcome.message;
}

describe("a valid spec", () => {
  it("gets the paper's settings where it says nothing", () => {
    const { settings } = resolveSpec(base, { file: "exp/x.yaml" });
    expect(settings.train).toMatchObject({
      epochs: 2,
      batchSize: 32,
      learningRate: 6e-5,
      maxLength: 128,
      schedule: "linear",
      warmupRatio: 0,
      clipNorm: 1,
      selectBy: "accuracy",
    });
    expect(settings.methods.map(({ name }) => name)).toEqual(["ce", "imp"]);
    expect(settings.checker).toEqual({ calibration: "none" });
  });

  it("names a method with another gamma, and takes one value where a list is meant", () => {
    const text = base.replace("[ce, imp]", "[ce, { loss: imp, gamma: 0.5 }]");
    const { settings } = resolveSpec(`${text}seeds: 7\ncheckerFraction: 0.5\n`, { file: "x" });
    expect(settings.methods[1]).toEqual({ loss: "imp", gamma: 0.5, name: "imp-gamma-0.5" });
    expect(settings.seeds).toEqual([7]);
    expect(settings.checkerFraction).toEqual([0.5]);
  });

  it("takes paths from the spec's folder, the home folder and the environment", () => {
    const of = (path: string) =>
      resolveSpec(base.replace("models/mini", path), {
        file: "/specs/exp/x.yaml",
        environment: { HOME: "/home/someone", WEIGHTS: "/weights" },
      }).settings.model.checkpoint;
    expect(of("../models/mini")).toBe("/specs/models/mini");
    expect(of("~/mini")).toBe("/home/someone/mini");
    expect(of(`"${variable("WEIGHTS")}/mini"`)).toBe("/weights/mini");
    expect(of("/elsewhere/mini")).toBe("/elsewhere/mini");
  });

  it("is stored so that it resolves to the same settings from the run's folder", () => {
    const options = { file: "/specs/exp/x.yaml", environment: { WEIGHTS: "/weights" } };
    for (const path of ["../models/mini", `"${variable("WEIGHTS")}/mini"`, "/elsewhere/mini"]) {
      const spec = resolveSpec(base.replace("models/mini", path), {
        ...options,
        overrides: ["train.epochs=9", "seeds=4,5"],
      });
      const text = specToYaml(storedSpec(spec, "/runs/sample"));
      const again = resolveSpec(text, { ...options, file: "/runs/sample/spec.yaml" });
      expect(again.settings).toEqual(spec.settings);
      expect(again.settings.train.epochs).toBe(9);
      if (path.includes("WEIGHTS")) expect(text).toContain(`${variable("WEIGHTS")}/mini`);
    }
  });
});

describe("problems", () => {
  it("are all shown at once, in the order of the text, each with place, path and caret", () => {
    const message = messageOf(`version: 1
nmae: sample
name: sample
model: { checkpoint: a }
benchmarks: [tweet-iorny]
methods: [ce, dipm]
train:
  epoch: 3
  batchSize: many
`);
    expect(message).toBe(`5 problems in exp/x.yaml

exp/x.yaml:2:1: nmae: unknown key. Did you mean "name"?
    2 | nmae: sample
      | ^^^^

exp/x.yaml:5:14: benchmarks.0: needed one of tweet-irony, mrpc, financial-phrasebank, toy-world, got the text "tweet-iorny". Did you mean "tweet-irony"?
    5 | benchmarks: [tweet-iorny]
      |              ^^^^^^^^^^^

exp/x.yaml:6:15: methods.1: needed one of quality-checker, ce, focal, imp, imp-no-diversity, dimp, got the text "dipm". Did you mean "dimp"?
    6 | methods: [ce, dipm]
      |               ^^^^

exp/x.yaml:8:3: train.epoch: unknown key. Did you mean "epochs"?
    8 |   epoch: 3
      |   ^^^^^

exp/x.yaml:9:14: train.batchSize: needed a whole number, got the text "many".
    9 |   batchSize: many
      |              ^^^^`);
  });

  const cases: readonly [string, string, readonly string[]][] = [
    [
      "a key under the name another tool gives it",
      `${base}  lr: 1e-4\n`,
      ["x.yaml:8:3: train.lr", '"learningRate"'],
    ],
    [
      "a key of another kind of benchmark",
      base.replace("[toy-world]", "[{ kind: toy-world, folder: a }]"),
      ["x.yaml:4:33: benchmarks.0.folder", "unknown key"],
    ],
    [
      "a misspelt key of a benchmark",
      base.replace("[toy-world]", "[{ kind: toy-world, tsetRows: 3 }]"),
      ["x.yaml:4:33: benchmarks.0.tsetRows", '"testRows"'],
    ],
    [
      "an unknown kind",
      base.replace("[toy-world]", "[{ kind: toy-word }]"),
      ["x.yaml:4:22: benchmarks.0.kind", '"toy-world"'],
    ],
    [
      "a misspelt key of a method",
      base.replace("imp]", "{ loss: imp, gama: 2 }]"),
      ["x.yaml:5:28: methods.1.gama", '"gamma"'],
    ],
    [
      "a value out of range",
      base.replace("epochs: 2", "epochs: 0"),
      ["x.yaml:7:11: train.epochs", "needed a number of at least 1, got 0."],
    ],
    [
      "a fraction for a whole number",
      base.replace("epochs: 2", "epochs: 1.5"),
      ["x.yaml:7:11: train.epochs", "needed a whole number, got 1.5."],
    ],
    [
      "a scalar for a mapping",
      base.replace("train:\n  epochs: 2", "train: fast"),
      ["x.yaml:6:8: train", 'needed a mapping of keys, got the text "fast".'],
    ],
    [
      "a missing key",
      base.replace("name: sample\n", ""),
      ["x.yaml:1:1: name", "is missing; needed a text."],
    ],
    [
      "another version",
      base.replace("version: 1", "version: 2"),
      ["x.yaml:1:10: version", "needed 1, got 2."],
    ],
    [
      "both models",
      base.replace(
        "models/mini }",
        "a, config: { hiddenSize: 4, layers: 1, heads: 2, intermediateSize: 4 } }",
      ),
      ["x.yaml:3:8: model", "either checkpoint or config"],
    ],
    [
      "heads that do not divide",
      base.replace(
        "checkpoint: models/mini",
        "config: { hiddenSize: 10, layers: 1, heads: 3, intermediateSize: 4 }",
      ),
      ["x.yaml:3:54: model.config.heads", "divisor of hiddenSize (10), got 3"],
    ],
    [
      "a method twice",
      base.replace("[ce, imp]", "[ce, imp, ce]"),
      ["x.yaml:5:20: methods.2", "twice"],
    ],
    [
      "gamma for ce",
      base.replace("[ce, imp]", "[{ loss: ce, gamma: 2 }]"),
      ["x.yaml:5:30: methods.0.gamma", "ce has no gamma"],
    ],
    [
      "a transform of weights that ce does not have",
      base.replace("[ce, imp]", "[{ loss: ce, transform: [normalise] }]"),
      ["x.yaml:5:34: methods.0.transform", "ce has no weights"],
    ],
    [
      "bounds of a clip that cross",
      `${base}weights: { transform: [normalise, { clip: [10, 0.1] }] }\n`,
      ["weights.transform.1", "the smallest weight, 10, is above the largest, 0.1"],
    ],
    [
      "no generated source",
      base.replace("[toy-world]", "[{ kind: tweet-irony, folder: a }]"),
      ["x.yaml:4:14: benchmarks.0", "gpt-3.5-turbo_few-shot"],
    ],
    [
      "a misspelt generated source",
      `${base.replace("[toy-world]", "[{ kind: tweet-irony, folder: a }]")}generated: { tweet-irony: gpt-3.5-turbo_fewshot }\n`,
      ["x.yaml:8:27: generated.tweet-irony", '"gpt-3.5-turbo_few-shot"'],
    ],
    [
      "a source for no benchmark",
      `${base}generated: { toy-wrld: x }\n`,
      ["x.yaml:8:14: generated.toy-wrld", '"toy-world"'],
    ],
    [
      "both ways to choose rows",
      `${base}generatedRows: 3\ngeneratedRowsFile: a.json\n`,
      ["x.yaml:9:1: generatedRowsFile", "not both"],
    ],
    [
      "a variable that is not set",
      base.replace("models/mini", `"${variable("WEIGTHS")}/mini"`),
      ["x.yaml:3:22: model.checkpoint", "WEIGTHS is not set (WEIGHTS is set)"],
    ],
    [
      "rows longer than the model's positions",
      base
        .replace(
          "checkpoint: models/mini",
          "config: { hiddenSize: 4, layers: 1, heads: 2, intermediateSize: 4, maxPositions: 64 }",
        )
        .concat("  maxLength: 65\n"),
      ["x.yaml:8:14: train.maxLength", "is 65, but the model has 64 positions"],
    ],
    [
      "more threads than any machine should start",
      base.replace("epochs: 2", "threads: 10000"),
      ["x.yaml:7:12: train.threads", "at most 256, got 10000"],
    ],
    ["a second document", `${base}---\n${base}`, ["x.yaml:8:1", "a spec is one document"]],
    ["broken YAML", "version: 1\nname: [a\n", ["x.yaml:3:1", "]"]],
    ["a key twice", `${base}name: again\n`, ["x.yaml:8:1", "unique"]],
    ["__proto__", `${base}__proto__: { polluted: 1 }\n`, ["x.yaml:8:1: __proto__", "unknown key"]],
    ["an empty text", "", ["x.yaml", "needed a mapping of keys, got null"]],
  ];
  it.each(cases)("%s", (_, text, parts) => {
    const message = messageOf(text, [], { WEIGHTS: "/w" });
    for (const part of parts) expect(message).toContain(part);
  });

  it("survive aliases that multiply and nesting without end", () => {
    const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"];
    for (const [name, of] of [..."bcdefghi"].map((name, index) => [name, "abcdefgh"[index]])) {
      bomb.push(`${name}: &${name} [${`*${of}, `.repeat(8)}*${of}]`);
    }
    expect(messageOf(bomb.join("\n"))).toContain("alias");
    expect(messageOf("[".repeat(100_000))).toContain("nests");
    expect(messageOf("- ".repeat(100_000))).toContain("nests");
    expect(
      messageOf(Array.from({ length: 5000 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")),
    ).toContain("problem");
    expect(messageOf("a".repeat(2_000_000))).toContain("longer than");
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });

  it("never crash: any text gives a spec or a message", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200, unit: "binary" }), (text) => {
        expect(messageOf(text)).toBeTypeOf("string");
      }),
    );
    const values = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(
        fc.constantFrom("name", "model", "benchmarks", "methods", "train", "seeds"),
        values,
        (key, value) => {
          const record: unknown = { ...parse(base), [key]: value };
          expect(messageOf(JSON.stringify(record))).toBeTypeOf("string");
        },
      ),
    );
  });

  it("are thrown as one error of kind spec", () => {
    const fails = () => resolveSpec("version: 1", { file: "x.yaml" });
    expect(fails).toThrow(CounterweightError);
    expect(fails).toThrow(/problems in x\.yaml/);
  });
});
