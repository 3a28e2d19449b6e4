import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { isMapping } from "./plain.js";
import { checkSpec, resolveSpec, storedSpec } from "./resolve.js";
import { specToYaml } from "./write.js";

const base = `version: 1
name: base
model: { checkpoint: models/mini }
benchmarks: [toy-world]
methods: [ce, imp]
train:
  epochs: 2
  batchSize: 8
`;

/** A reader of files that exist only here. */
const files = (texts: Readonly<Record<string, string>>) => ({
  file: "exp/x.yaml",
  readFile: (path: string) => (Object.hasOwn(texts, path) ? texts[path] : undefined),
});
const settings = (text: string, texts: Readonly<Record<string, string>>, more = {}) =>
  resolveSpec(text, { ...files(texts), ...more }).settings;
const refusal = (text: string, texts: Readonly<Record<string, string>>, more = {}): string => {
  const outcome = checkSpec(text, { ...files(texts), ...more });
  return outcome.ok ? "accepted" : outcome.message;
};

describe("extends", () => {
  it("merges mappings key by key and replaces lists and scalars, null among them", () => {
    const merged = settings(
      "extends: ../base.yaml\nname: mine\nmethods: [dimp]\ntrain: { epochs: 5, clipNorm: null }\n",
      { "base.yaml": base },
    );
    expect(merged.name).toBe("mine");
    expect(merged.methods.map(({ name }) => name)).toEqual(["dimp"]);
    expect(merged.train).toMatchObject({ epochs: 5, batchSize: 8, clipNorm: null });
    expect(merged).not.toHaveProperty("extends");
  });

  it("goes over several levels and files: the nearer, and of a list the later, wins", () => {
    const texts = {
      "exp/root.yaml": base,
      "exp/a.yaml": "extends: root.yaml\ntrain: { epochs: 3, maxLength: 64 }\nseeds: [1]\n",
      "exp/b.yaml": "train: { epochs: 4 }\nseeds: [2]\n",
    };
    const merged = settings("extends: [a.yaml, b.yaml]\nname: mine\n", texts);
    expect(merged.train).toMatchObject({ epochs: 4, batchSize: 8, maxLength: 64 });
    expect(merged.seeds).toEqual([2]);
    expect(settings("extends: [b.yaml, a.yaml]\n", texts).train.epochs).toBe(3);
  });

  it("is what merging the plain data gives", () => {
    const leaf = fc.constantFrom<unknown>(3, 4, 7);
    const part = fc.dictionary(fc.constantFrom("epochs", "batchSize", "maxLength"), leaf, {
      maxKeys: 3,
    });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const texts = Object.fromEntries(
          parts.map((train, index) => {
            const above = index + 1 < parts.length ? { extends: `${index + 1}.yaml` } : {};
            return [`exp/${index}.yaml`, stringify({ ...above, train })];
          }),
        );
        const merged = settings(`extends: 0.yaml\n${base.slice(0, base.indexOf("train:"))}`, texts);
        expect(merged.train).toMatchObject(Object.assign({}, ...parts.toReversed()));
      }),
      { numRuns: 40 },
    );
  });

  it("points at the file and line that has the problem", () => {
    const message = refusal("extends: ../base.yaml\nname: mine\ntrain: { epoch: 1 }\n", {
      "base.yaml": base.replace("batchSize: 8", "batchSize: many"),
    });
    expect(message).toBe(`2 problems in exp/x.yaml

exp/x.yaml:3:10: train.epoch: unknown key. Did you mean "epochs"?
    3 | train: { epoch: 1 }
      |          ^^^^^

base.yaml:8:14: train.batchSize: needed a whole number, got the text "many".
    8 |   batchSize: many
      |              ^^^^`);
  });

  it("tells a problem below a replaced list by the list that holds", () => {
    const message = refusal(
      "extends: ../base.yaml\nbenchmarks: [{ kind: toy-world, testRows: x }]\n",
      {
        "base.yaml": base.replace("[toy-world]", "[{ kind: toy-world, testRows: 1 }]"),
      },
    );
    expect(message).toContain("exp/x.yaml:2:43: benchmarks.0.testRows");
  });

  it("takes paths in a file from that file's folder, and stores them so that they hold", () => {
    const texts = { "common/base.yaml": base.replace("models/mini", "../models/mini") };
    const text = "extends: ../common/base.yaml\n";
    const options = { ...files(texts), file: "/specs/exp/x.yaml" };
    const absolute = { ...options, readFile: () => texts["common/base.yaml"] };
    const spec = resolveSpec(text, absolute);
    expect(spec.settings.model.checkpoint).toBe("/specs/models/mini");
    const stored = specToYaml(storedSpec(spec, "/runs/mine"));
    expect(stored).not.toContain("extends");
    const again = resolveSpec(stored, { file: "/runs/mine/spec.yaml" });
    expect(again.settings).toEqual(spec.settings);
    const overridden = { ...absolute, overrides: ["model.checkpoint=models/own"] };
    expect(resolveSpec(text, overridden).settings.model.checkpoint).toBe("/specs/exp/models/own");
    const hub = {
      ...absolute,
      readFile: () => base.replace("models/mini", "org/tiny"),
      exists: () => false,
    };
    expect(resolveSpec(text, hub).settings.model.checkpoint).toBe("org/tiny");
  });

  it.each<[string, string, Readonly<Record<string, string>>, string]>([
    ["itself", "extends: x.yaml\n", { "exp/x.yaml": "extends: x.yaml\n" }, "in a circle"],
    [
      "a circle",
      "extends: a.yaml\n",
      { "exp/a.yaml": "extends: [b.yaml]\n", "exp/b.yaml": "extends: a.yaml\n" },
      "exp/b.yaml:1:10: extends: the files extend each other in a circle",
    ],
    [
      "no file",
      "name: a\nextends: gone.yaml\n",
      {},
      "exp/x.yaml:2:10: extends: there is no file exp/gone.yaml",
    ],
    ["no path", "extends: [1]\n", {}, "exp/x.yaml:1:11: extends.0: needed the path of a spec"],
    ["a list", "extends: a.yaml\n", { "exp/a.yaml": "[1]" }, "holds no mapping of keys"],
    [
      "broken YAML",
      "extends: a.yaml\n",
      { "exp/a.yaml": "version: 1\nname: [a\n" },
      "exp/a.yaml:3:1",
    ],
  ])("of %s is refused", (_, text, texts, words) => {
    expect(refusal(text, texts)).toContain(words);
  });

  it("without a reader of files, and on the command line, is refused", () => {
    const outcome = checkSpec("extends: a.yaml\n", { file: "x.yaml" });
    expect(outcome.ok ? "" : outcome.message).toContain("other files cannot be read here");
    expect(refusal(base, {}, { overrides: ["extends=a.yaml"] })).toContain("is said in its text");
  });
});

describe("anchors", () => {
  it("stand under x- keys, and are taken whole or merged", () => {
    const { train, checker } = settings(
      `x-short: &short { epochs: 1, maxLength: 16 }
x-none: 3
${base.replace("  epochs: 2\n", "  <<: *short\n")}checker: { <<: [*short, { batchSize: 4, epochs: 9 }] }
`,
      {},
    );
    expect(train).toMatchObject({ epochs: 1, maxLength: 16, batchSize: 8 });
    expect(checker).toMatchObject({ epochs: 1, maxLength: 16, batchSize: 4 });
  });

  it("are where problems are told", () => {
    const text = `x-short: &short { epochs: none }\n${base.replace("  epochs: 2\n", "  <<: *short\n")}`;
    expect(refusal(text, {})).toContain("exp/x.yaml:1:27: train.epochs: needed a whole number");
  });

  it("cannot multiply without end, by aliases or by merge keys", () => {
    const bomb = ["x-a: &a { k: 1 }"];
    for (const [index, name] of [..."bcdefghijklmnopqrst"].entries()) {
      const of = "abcdefghijklmnopqrs"[index];
      bomb.push(`x-${name}: &${name} { <<: [${`*${of}, `.repeat(8)}*${of}] }`);
    }
    expect(refusal(bomb.join("\n"), {})).toContain("aliases");
    expect(refusal("x-a: &a [*a]\n", {})).toContain("aliases");
    expect(refusal('x-a: &a { k: 1 }\ntrain: { "<<": *a }\n', {})).toContain("without quotes");
  });
});

describe("a sweep in files and on the command line", () => {
  const swept = `${base}sweep:\n  axes:\n    train: { learningRate: [3.0e-5, 6.0e-5] }\n`;

  it("is one thing, whether its keys are dotted or nested", () => {
    const dotted = swept
      .replace("train: { learningRate:", "train.learningRate:")
      .replace("6.0e-5] }", "6.0e-5]");
    expect(settings(swept, {}).sweep).toEqual(settings(dotted, {}).sweep);
    expect(refusal(`${swept}    train.learningRate: [1.0e-4]\n`, {})).toContain("is swept twice");
  });

  it("is what a list in the place of one value asks for", () => {
    expect(refusal(base.replace("epochs: 2", "epochs: [1, 2]"), {})).toContain(
      "train.epochs: needed a whole number, got a list. To try each, write it under sweep.axes.train.epochs.",
    );
  });

  it("is overridden by axis; overriding what is swept says so", () => {
    const { sweep } = settings(
      swept,
      {},
      { overrides: ["sweep.axes.train.learningRate=1e-5,3e-5,9e-5"] },
    );
    expect(sweep.axes).toEqual({ "train.learningRate": [1e-5, 3e-5, 9e-5] });
    const added = settings(swept, {}, { overrides: ["sweep.axes.train.batchSize=16"] });
    expect(added.sweep.axes["train.batchSize"]).toEqual([16]);
    expect(refusal(swept, {}, { overrides: ["train.learningRate=1e-5"] })).toContain(
      "train.learningRate: is swept (exp/x.yaml:11): write sweep.axes.train.learningRate=VALUE",
    );
    expect(refusal(swept, {}, { overrides: ["sweep.axes.train.learningRate=fast"] })).toContain(
      'sweep.axes.train.learningRate=fast: sweep.axes.train.learningRate.0: needed a number, got the text "fast"',
    );
  });

  it("comes from an extended file too, with its paths and places", () => {
    const text = "extends: ../common/base.yaml\nmodel: { pooling: mean }\n";
    const common = `${base.replace("model: { checkpoint: models/mini }\n", "")}sweep:
  zip:
    - model.checkpoint: [models/a, "../b"]
      train.epochs: [1, 0]
`;
    const of = (content: string) => ({ ...files({ "common/base.yaml": content }) });
    const outcome = checkSpec(text, of(common));
    expect(outcome.ok ? "" : outcome.message).toContain(
      "common/base.yaml:11:25: sweep.zip.0.train.epochs.1: needed a number of at least 1",
    );
    const spec = resolveSpec(text, of(common.replace("[1, 0]", "[1, 2]")));
    const [first, second] = spec.settings.sweep.zip[0]?.["model.checkpoint"] ?? [];
    expect(first).toMatch(/\/common\/models\/a$/);
    expect(second).toMatch(/\/b$/);
    const stored = specToYaml(storedSpec(spec, "runs/mine"));
    const again = resolveSpec(stored, { file: "runs/mine/spec.yaml" });
    expect(isMapping(again.settings) && again.settings).toEqual(spec.settings);
  });
});

describe("tracking", () => {
  it("takes a server, a folder or off, and no password", () => {
    const uri = (written: string) =>
      settings(`${base}tracking: { uri: "${written}" }\n`, {}, { file: "/s/x.yaml" }).tracking.uri;
    expect(uri("http://localhost:5000")).toBe("http://localhost:5000");
    expect(uri("https://team.example/mlflow")).toBe("https://team.example/mlflow");
    expect(uri("tracks")).toBe("/s/tracks");
    expect(uri("off")).toBe("off");
    for (const wrong of ["ftp://a", "https://me:secret@a", "databricks://x"]) {
      expect(refusal(`${base}tracking: { uri: "${wrong}" }\n`, {})).toContain(
        "MLFLOW_TRACKING_PASSWORD",
      );
    }
  });
});
