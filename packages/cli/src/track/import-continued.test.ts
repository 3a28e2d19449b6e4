import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFileStore } from "mlflow-js-client";
import { expect, it } from "vitest";
import { command, sampleSpec } from "../command.fixture.js";

it("import of a run that was continued has each trial's course once, also of found trainings", async () => {
  const folder = await mkdtemp(join(tmpdir(), "counterweight-continued-"));
  try {
    const spec = join(folder, "sample.yaml");
    await writeFile(spec, sampleSpec);
    const out = join(folder, "out");
    const run = async (methods: string) => {
      const words = [`methods=${methods}`, "--out", out, "--store", join(folder, "store")];
      const { code, stderr } = await command(["run", spec, ...words]);
      expect(code, stderr).toBe(0);
    };
    // CE is first the diversity checker alone, then a trial, whose course the log has to tell.
    for (const methods of ["[imp]", "[imp]", "[ce,imp]", "[ce,imp]", "[ce,imp]"])
      await run(methods);
    const log = await readFile(join(out, "events.jsonl"), "utf8");
    const lines = log.split("\n").filter((line) => line.includes('"type":"training-history"'));
    // Of three trainings for IMP alone, and of the CE that became a trial.
    expect(new Set(lines.map((line) => JSON.parse(line).training)).size).toBe(3);
    expect(lines.length).toBe(4);

    const place = join(folder, "records");
    for (let time = 0; time < 2; time++) {
      const { code, stderr } = await command(["track", "import", out, "--to", place]);
      expect(code, stderr).toBe(0);
    }
    const store = await openFileStore(place);
    const experiment = await store.getExperimentByName("out");
    const courses: Record<string, readonly number[]> = {};
    for await (const { info, data } of store.iterateRuns({
      experimentIds: [experiment?.experimentId ?? ""],
    })) {
      const method = data.tags["counterweight.method"];
      if (method === undefined) continue;
      const history = await store.getMetricHistory(info.runId, "train/loss");
      courses[method] = history.map((point) => point.step);
    }
    await store.close();
    expect(courses).toEqual({ ce: [1, 2], imp: [1, 2] });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
