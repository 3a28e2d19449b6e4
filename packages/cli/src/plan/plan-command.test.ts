import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, sampleSpec } from "../command.fixture.js";

let folder = "";
let spec = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-plan-"));
  spec = join(folder, "sample.yaml");
  await writeFile(spec, sampleSpec);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const store = (name: string) => ["--store", join(folder, name)];
const planned = async (...words: string[]) => {
  const { code, stdout, stderr } = await command(["plan", spec, ...words]);
  expect(code, stderr).toBe(0);
  return stdout;
};

interface PlanJson {
  readonly totals: {
    readonly trials: number;
    readonly kinds: readonly { kind: string; all: number; cached: number; toRun: number }[];
    readonly trainings: Readonly<Record<string, number>>;
  };
  readonly trials: readonly Readonly<Record<string, unknown>>[];
  readonly steps: readonly {
    readonly number: number;
    readonly key: string;
    readonly kind: string;
    readonly label: string;
    readonly state: string;
    readonly uses: number;
    readonly needs: readonly string[];
    readonly waitsFor: readonly number[];
    readonly estimate?: { readonly seconds: number; readonly guess: boolean };
  }[];
  readonly estimate: { readonly unknownSteps: number; readonly guess: boolean };
}
const planJson = async (...words: string[]): Promise<PlanJson> =>
  JSON.parse(await planned(...words, "--json"));

describe("counterweight plan", () => {
  it("shows the steps as a tree with what each waits for and how many use it", async () => {
    const text = await planned(...store("empty"), "methods=[ce,imp,dimp]");
    expect(text).toMatch(/^sample: 3 trials, \d+ steps$/m);
    expect(text).toMatch(/^toy-world$/m);
    expect(text).toMatch(/^├─ train-checker: 1 to run$/m);
    expect(text).toMatch(/^│ {2}└─ #\d+ quality-checker, seed 0 +to run +used by 2 +after #\d+/m);
    expect(text).toMatch(/^all trials\n.*aggregate.*\n.*tables of .*\nrender: /m);
    // ce alone 1, imp 3, dimp 2.
    expect(text).toContain("2 trainings avoided: 3 trials would need 6 trainings on their own.");
    expect(text).toContain("No estimate: no step of these kinds was made on this machine yet.");
  });

  it("says the same as JSON: every trial flat, every step with its state and its needs", async () => {
    const { totals, trials, steps, estimate } = await planJson(
      ...store("empty"),
      "methods=[ce,imp,dimp]",
      "seeds=0,1",
    );
    expect(totals.trials).toBe(6);
    expect(trials).toHaveLength(6);
    for (const trial of trials) {
      expect(trial.state).toBe("to run");
      expect([trial.benchmark, trial.checkerFraction]).toEqual(["toy-world", 0.1]);
      for (const value of Object.values(trial)) {
        const isPlain = Array.isArray(value) || typeof value !== "object";
        expect(isPlain).toBe(true);
      }
    }
    const byNumber = new Map(steps.map((step) => [step.number, step]));
    for (const { number, state, needs, waitsFor } of steps) {
      expect(state).toBe("to run");
      expect(waitsFor.map((each) => byNumber.get(each)?.key)).toEqual(needs);
      for (const each of waitsFor) expect(each).toBeLessThan(number);
    }
    expect(estimate.unknownSteps).toBe(steps.length);
    for (const { kind, all, toRun } of totals.kinds) {
      expect(steps.filter((step) => step.kind === kind)).toHaveLength(all);
      expect(toRun).toBe(all);
    }
  });

  it("after a run all is cached; what changes is estimated, as a guess where its shape is new", async () => {
    const own = store("used");
    const out = ["--out", join(folder, "out")];
    expect((await command(["run", spec, ...own, ...out])).code).toBe(0);
    const same = await planned(...own);
    expect(same).toContain("3 trainings planned, 3 cached, 0 to run.");
    expect(same).toContain("Nothing to run: every result is in the store.");
    expect(same).not.toMatch(/to run +used|after #/);

    const seeds = await planJson(...own, "seeds=0,1");
    expect(seeds.totals.trainings).toMatchObject({ all: 6, cached: 3, toRun: 3 });
    // Equal shapes were measured here; rows of another seed are as many.
    expect(seeds.estimate).toMatchObject({ unknownSteps: 0, guess: false });
    // A training that is made keeps its model beside it: nothing is made once more for that.
    const kept = await planJson(...own, "seeds=1", "saveModels=true");
    expect(kept.totals.kinds).toContainEqual(expect.objectContaining({ kind: "keep-model" }));
    expect(kept.estimate).toMatchObject({ unknownSteps: 0, guess: false });
    const epochs = await planned(...own, "train.epochs=3");
    expect(epochs).toMatch(/A guess: ~\d+:\d\d of work, ~\d+:\d\d on 1 process/);
    expect(epochs).toMatch(/quality-checker, seed 0 +to run ~\d+:\d\d/);
  });

  it("folds a large plan to about 40 lines, and shows all of it with --all", async () => {
    const many = [
      "methods=[quality-checker,ce,imp,dimp]",
      `seeds=${Array.from({ length: 60 }, (_, seed) => seed)}`,
    ];
    const text = await planned(...store("empty"), ...many);
    const tree = text.slice(text.indexOf("toy-world"), text.indexOf("\n\n")).split("\n");
    expect(tree.length).toBeLessThanOrEqual(41);
    expect(tree.length).toBeGreaterThan(30);
    expect(text).toMatch(/\.\.\. \d+ more like these \(\d+ to run\)/);
    for (const line of tree) expect(line.length).toBeLessThanOrEqual(100);
    const all = await planned(...store("empty"), ...many, "--all");
    expect(all).not.toContain("more like these");
    const [, steps = ""] = /trials, (\d+) steps/.exec(all) ?? [];
    expect(all.match(/─ #\d+ .*to run/g)).toHaveLength(Number(steps));
    // All but the tables, for which nothing waits.
    expect(all.match(/─ #\d+ .*used by [1-9]/g)).toHaveLength(Number(steps) - 1);
  });

  it("--trials lists the trials", async () => {
    const text = await planned(...store("empty"), "seeds=0,1", "--trials");
    expect(text.match(/to run/g)).toHaveLength(4);
    expect(text).toMatch(/benchmark +generated +fraction +seed +method +training +state/);
  });

  it("names the axes of a sweep", async () => {
    const swept = join(folder, "swept.yaml");
    await writeFile(swept, `${sampleSpec}sweep: { axes: { train.epochs: [1, 2] } }\n`);
    const { stdout, code, stderr } = await command(["plan", swept, ...store("empty"), "--json"]);
    expect(code, stderr).toBe(0);
    const { trials }: PlanJson = JSON.parse(stdout);
    expect(trials.map((trial) => trial["train.epochs"])).toEqual([1, 1, 2, 2]);
  });
});
