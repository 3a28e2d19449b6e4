import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { command, sampleSpec, shareBackend } from "./command.fixture.js";

let folder = "";
let spec = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-cli-"));
  spec = join(folder, "sample.yaml");
  await writeFile(spec, sampleSpec);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const place = () => ["--out", join(folder, "out"), "--store", join(folder, "store")];
const run = (...words: string[]) => ["run", spec, ...place(), ...words];

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

  it("--json prints the events a line each, and what results.json holds as the last", async () => {
    const { stdout } = await command(run("--json"));
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const { type, ...results } = lines.at(-1);
    expect(type).toBe("results");
    expect(results).toEqual(
      JSON.parse(await readFile(join(folder, "out", "results.json"), "utf8")),
    );
    const events = lines.slice(0, -1);
    for (const { at } of events) expect(Number.isNaN(Date.parse(at))).toBe(false);
    const logged = (await readFile(join(folder, "out", "events.jsonl"), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const types = (all: readonly { readonly type: string }[]) => all.map((event) => event.type);
    expect(types(events)).toEqual(types(logged));
  });

  it("--dry-run shows the plan, with what is shared, and trains nothing", async () => {
    let steps = 0;
    const counting = () =>
      shareBackend(() => {
        steps++;
      });
    const { code, stdout } = await command(run("--dry-run", "methods=[ce,imp,dimp]"), counting);
    expect(code).toBe(0);
    expect(steps).toBe(0);
    expect(stdout).toContain("4 trainings planned, 0 cached, 4 to run.");
  });

  it("the end says how many trainings there were and how many were spared", async () => {
    const methods = "methods=[ce,imp,dimp]";
    const first = await command(run(methods));
    // imp learns with both checkers, dimp with one; the diversity checker is the trial of ce.
    expect(first.stderr).toContain("4 trainings: 4 succeeded, 0 failed, 0 not run.");
    expect(first.stderr).toContain("2 trainings avoided: 2 shared by trials.");
    const other = ["--store", join(folder, "store"), "--out", join(folder, "other")];
    const second = await command(["run", spec, methods, ...other]);
    expect(second.stderr).toContain("6 trainings avoided: 2 shared by trials, 4 from the store.");
  });

  it("the store is that of the environment where no flag names one", async () => {
    const store = join(folder, "named");
    await command(["run", spec, "--out", join(folder, "out")], undefined, {
      COUNTERWEIGHT_STORE: store,
    });
    expect(await readdir(store)).toContain("entries");
  });

  it("exits with 1 when a training failed, and says how to try again", async () => {
    const { code, stderr } = await command(run("train.epochs=1"), () =>
      shareBackend(() => undefined, true),
    );
    expect(code).toBe(1);
    expect(stderr).toContain("FAILED");
    // Each line of what failed names the training once.
    expect(stderr).toMatch(/^toy-world, ce, seed 0: stopped early: not-finite Log: \S+\.log$/m);
    expect(stderr).toContain(
      `Try the failed trainings again with: counterweight run ${spec} train.epochs=1 ${place().join(" ")} --retry-failed`,
    );
    expect(stderr).toContain("3 trainings: 0 succeeded, 2 failed, 1 not run.");
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
    [
      "a file for a folder",
      () => ["run", spec, "--out", spec, "--store", join(folder, "store")],
      "is not a folder",
    ],
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
