import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinOverrideWords } from "./overrides.js";
import { checkSpec, resolveSpec } from "./resolve.js";

const text = `version: 1
name: sample
model: { checkpoint: /mini }
benchmarks: [{ kind: toy-world, testRows: 50 }]
train:
  epochs: 2
  learningRate: 1.0e-4
`;

const resolve = (...overrides: string[]) => resolveSpec(text, { file: "x.yaml", overrides });
const refusal = (...overrides: string[]): string => {
  const outcome = checkSpec(text, { file: "x.yaml", overrides });
  return outcome.ok ? "accepted" : outcome.message;
};

describe("overrides", () => {
  it("replace, add, and reach into lists; a later one wins", () => {
    const { settings } = resolve(
      "train.epochs=3",
      "train.epochs=4",
      "train.clipNorm=null",
      "benchmarks.0.testRows=60",
      "checker.epochs=7",
      "name=1e5",
    );
    expect(settings.train.epochs).toBe(4);
    expect(settings.train.clipNorm).toBeNull();
    expect(settings.benchmarks[0]?.testRows).toBe(60);
    expect(settings.checker.epochs).toBe(7);
    expect(settings.name).toBe("1e5");
  });

  it.each(["seeds=0,1,2", "seeds=[0, 1, 2]", "seeds=0, 1, 2"])("%s is a list", (override) => {
    expect(resolve(override).settings.seeds).toEqual([0, 1, 2]);
  });

  it("make a list of one name where only a list can stand", () => {
    expect(resolve("methods=imp").settings.methods).toMatchObject([{ loss: "imp" }]);
    expect(resolve("benchmarks=toy-world").settings.benchmarks).toHaveLength(1);
    expect(refusal("methods=dipm")).toContain("methods.0: needed one of quality-checker, ce");
    expect(refusal("methods=dipm")).toContain('Did you mean "dimp"?');
    expect(refusal("methods=")).toContain("needed a list, got null");
  });

  it("reach into lists by brackets too, as the table of keys writes them", () => {
    const { settings, replacements } = resolve("benchmarks[0].testRows=5");
    expect(settings.benchmarks[0]?.testRows).toBe(5);
    expect(replacements[0]).toMatchObject({ path: "benchmarks.0.testRows", replaced: "50" });
    expect(refusal("benchmarks[0].testRows=x")).toContain("benchmarks.0.testRows: needed a whole");
  });

  it("join words that a shell split at spaces", () => {
    expect(joinOverrideWords(["seeds=0,", "1,", "2", "train.epochs=3"])).toEqual([
      "seeds=0, 1, 2",
      "train.epochs=3",
    ]);
    expect(joinOverrideWords(["seeds=0", ",1", ",", "2"])).toEqual(["seeds=0 ,1 , 2"]);
    expect(resolve(...joinOverrideWords(["seeds=0", ",1", ",", "2"])).settings.seeds).toEqual([
      0, 1, 2,
    ]);
  });

  it("keep every list of seeds, however it is spaced", () => {
    const seeds = fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(seeds, fc.constantFrom(",", ", ", " , ", " ,"), (list, comma) => {
        const words = `seeds=${list.join(comma)}`.split(" ");
        expect(resolve(...joinOverrideWords(words)).settings.seeds).toEqual(list);
      }),
      { numRuns: 30 },
    );
  });

  it("say what they replaced, and where it stood", () => {
    expect(resolve("train.epochs=3", "train.batchSize=8").replacements).toEqual([
      { path: "train.epochs", value: "3", replaced: "2", where: "x.yaml:6" },
      { path: "train.batchSize", value: "8", replaced: undefined, where: undefined },
    ]);
  });

  it("of an unknown key are refused with the nearest one, its value and its line", () => {
    expect(refusal("train.epoch=3")).toContain(
      'train.epoch=3: train.epoch: unknown key. Did you mean "train.epochs" (now 2, x.yaml:6)?',
    );
    expect(refusal("train.lr=3")).toContain('"train.learningRate" (now 0.0001, x.yaml:7)?');
    expect(refusal("tarin.epochs=3")).toContain('Did you mean "train" (now a mapping, x.yaml:');
    expect(refusal("zzz=3")).toContain("Known: version, name");
    expect(refusal("__proto__.x=1")).toContain("unknown key");
    expect(refusal("train.__proto__=1")).toContain("unknown key");
  });

  it("that are ill typed point at the override, not at the text", () => {
    expect(refusal("train.epochs=many")).toContain(
      'train.epochs=many: train.epochs: needed a whole number, got the text "many".',
    );
    expect(refusal("seeds=0,x")).toContain("seeds=0,x: seeds.1: needed a whole number");
    expect(refusal("train.epochs=[1")).toContain("the value is no YAML");
    expect(refusal("epochs")).toContain("written key=value");
  });
});
