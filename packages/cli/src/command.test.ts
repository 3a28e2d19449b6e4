import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import type { TrainedOutcome, TrainingBackend } from "@counterweight/experiments";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { main } from "./command.js";

const text = `version: 1
name: sample
model: { config: { hiddenSize: 4, layers: 1, heads: 1, intermediateSize: 4 } }
benchmarks: [{ kind: toy-world, generatedRows: 60, realRows: 60, validationRows: 20, testRows: 50 }]
allowSharedText: [train, validation, generated]
seeds: [0]
methods: [ce, dimp]
train: { epochs: 2 }
evaluation: { bootstrapResamples: 100 }
`;

let folder = "";
let spec = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-cli-"));
  spec = join(folder, "sample.yaml");
  await writeFile(spec, text);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/**
 * Predicts class shares of the rows it was given: the smallest learner there is, enough to see what
 * the command does around it.
 */
function shareBackend(onStep: () => void = () => undefined, fails = false): TrainingBackend {
  return {
    version: "shares-1",
    async *train({ train, validation, settings, signal }) {
      const classes = train.labelNames.length;
      const counts = new Array<number>(classes).fill(1);
      for (const label of train.label) counts[label] = (counts[label] ?? 0) + 1;
      const total = counts.reduce((sum, count) => sum + count, 0);
      const logs = counts.map((count) => Math.log(count / total));
      const outcome: TrainedOutcome = {
        predict: async (table) => Float32Array.from(table.text.flatMap(() => logs)),
        dispose: async () => undefined,
      };
      for (let step = 1; step <= settings.epochs; step++) {
        if (signal?.aborted === true) {
          yield { type: "end", bestEpoch: 0, reason: "aborted" };
          return outcome;
        }
        onStep();
        const rate = { learningRate: 1, gradientNorm: 1, milliseconds: 1 };
        const rows = train.text.length;
        yield { type: "step", step, steps: settings.epochs, epoch: step, loss: 1, rows, ...rate };
        const right = validation.label.filter((label) => label === 0).length;
        const accuracy = right / validation.label.length;
        yield {
          type: "epoch",
          epoch: step,
          epochs: settings.epochs,
          trainLoss: 1,
          validation: { accuracy, macroF1: accuracy, logLoss: 1 },
          isBest: step === 1,
        };
      }
      yield { type: "end", bestEpoch: 1, reason: fails ? "not-finite" : "completed" };
      return outcome;
    },
    close: async () => undefined,
  };
}

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly exits: readonly number[];
}

async function command(
  words: readonly string[],
  backend: (interrupt: () => void) => TrainingBackend = () => shareBackend(),
): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  const exits: number[] = [];
  let interrupt: () => void = () => undefined;
  const code = await main(
    words,
    {
      stdout: (part) => {
        stdout += part;
      },
      stderr: (part) => {
        stderr += part;
      },
      columns: undefined,
      environment: {},
      now: () => new Date(),
      onInterrupt: (listener) => {
        interrupt = listener;
        return () => undefined;
      },
      exit: (exit) => exits.push(exit),
    },
    { createBackend: async () => backend(() => interrupt()) },
  );
  return { code, stdout, stderr, exits };
}

const run = (...words: string[]) => ["run", spec, "--out", join(folder, "out"), ...words];

describe("counterweight run", () => {
  it("prints the table to standard output, all talk to standard error, and exits with 0", async () => {
    const { code, stdout, stderr } = await command(run());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^dimp .*%|dimp\s+\d+\.\d\d/m);
    expect(stdout).not.toContain("epoch");
    expect(stderr).toContain("toy-world, ce, seed 0: epoch 2/2");
    const report = join(folder, "out", "report.html");
    expect(stderr).toContain(
      `Results are in ${join(folder, "out")}; the report to open is ${report}`,
    );
    expect(await readFile(report, "utf8")).toContain("<title>");
  });

  it("says what an override replaces, and where that stood", async () => {
    const { code, stderr } = await command(
      run("train.epochs=1", "methods=ce,", "dimp", "--set", "seeds=3, 4"),
    );
    expect(code).toBe(0);
    expect(stderr).toContain(`train.epochs=1 replaces 2 (${spec}:8)`);
    expect(stderr).toContain(`seeds=3, 4 replaces [0] (${spec}:6)`);
    expect(stderr).toContain("seed 4: epoch 1/1");
  });

  it("--json prints what results.json holds", async () => {
    const { stdout } = await command(run("--json"));
    expect(stdout).toBe(await readFile(join(folder, "out", "results.json"), "utf8"));
  });

  it("--dry-run shows what would be trained, with what is shared, and trains nothing", async () => {
    let steps = 0;
    const counting = () =>
      shareBackend(() => {
        steps++;
      });
    const { code, stdout, stderr } = await command(
      run("--dry-run", "methods=[ce,imp,dimp]"),
      counting,
    );
    expect(code).toBe(0);
    expect(steps).toBe(0);
    expect(stdout.match(/to do/g)).toHaveLength(4);
    expect(stdout).toMatch(/toy-world, imp, seed 0.*#\d, #\d/);
    expect(stderr).toContain("3 trials from 4 trainings, 4 to do");
    await command(run());
    const again = await command(run("--dry-run"), counting);
    expect(again.stdout.match(/stored/g)).toHaveLength(3);
  });

  it("exits with 1 when a training failed, and says how to try again", async () => {
    const { code, stderr } = await command(run("train.epochs=1"), () =>
      shareBackend(() => undefined, true),
    );
    expect(code).toBe(1);
    expect(stderr).toContain("FAILED");
    // Each line of what failed names the training once.
    expect(stderr).toContain("\ntoy-world, ce, seed 0: stopped early: not-finite\n");
    expect(stderr).toContain(
      `Try the failed trainings again with: counterweight run ${spec} train.epochs=1 --out ${join(folder, "out")}`,
    );
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("exits with 130 after an interrupt, at the end of the step, and continues next time", async () => {
    let steps = 0;
    const { code, stderr, exits } = await command(run(), (interrupt) =>
      shareBackend(() => {
        steps++;
        if (steps === 3) interrupt();
      }),
    );
    expect(code).toBe(130);
    expect(exits).toEqual([]);
    expect(steps).toBe(3);
    expect(stderr).toContain("Stopping after this step");
    expect(stderr).toContain(`Stopped. Continue with: counterweight run ${spec}`);
    const next = await command(run());
    expect(next.code).toBe(0);
    expect(next.stderr).toContain("from the store");
  });

  it("stops at once at the second interrupt", async () => {
    const { exits } = await command(run(), (interrupt) =>
      shareBackend(() => {
        interrupt();
        interrupt();
      }),
    );
    expect(exits[0]).toBe(130);
  });
});

describe("refusals exit with 2, say where, and show no stack", () => {
  it.each<[string, () => string[], string]>([
    ["no command of this name", () => ["rum"], "Did you mean run?"],
    ["no option of this name", () => run("--dry-rum"), "Did you mean --dry-run?"],
    ["no spec", () => ["run"], "missing required argument 'spec'"],
    ["no such file", () => ["run", join(folder, "none.yaml")], "none.yaml: there is no such file."],
    ["a folder for a spec", () => ["run", folder], "this is a folder, needed a file."],
    ["a file for a folder", () => ["run", spec, "--out", spec], "is not a folder"],
    ["a bad override", () => run("train.epoch=3"), `train.epochs" (now 2, `],
    ["shared texts", () => run("allowSharedText=[]"), "share"],
    ["no rows file", () => run("generatedRowsFile=none.json"), "none.json"],
  ])("%s", async (_, words, message) => {
    const { code, stdout, stderr } = await command(words());
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("with --debug the stack is shown, and the cause's", async () => {
    const { code, stderr } = await command(["run", join(folder, "none.yaml"), "--debug"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^\s+at /m);
    expect(stderr).toContain("Caused by: Error: ENOENT");
  });

  it("a mistake of ours says that it is one", async () => {
    const { stderr } = await command(run(), () => {
      throw new CounterweightError("internal", "impossible");
    });
    expect(stderr).toContain("looks like a mistake in Counterweight");
  });
});

describe("counterweight", () => {
  it("--version and --help exit with 0", async () => {
    const { code, stdout } = await command(["--version"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = await command(["--help"]);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain("counterweight run experiments/quickstart.yaml");
  });

  it("schema prints the published schema", async () => {
    const { stdout } = await command(["schema"]);
    const published = new URL("../../../counterweight.schema.json", import.meta.url);
    expect(stdout).toBe(await readFile(published, "utf8"));
  });
});
