import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import type { TrainingBackend } from "@counterweight/experiments";
import { openFileStore } from "mlflow-js-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { command, sampleSpec, shareBackend } from "../command.fixture.js";

let folder = "";
let words: readonly string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-ends-"));
  const spec = join(folder, "sample.yaml");
  await writeFile(spec, sampleSpec.replace("uri: off", "uri: records"));
  words = ["run", spec, "--out", join(folder, "out"), "--store", join(folder, "store")];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Status of the spec's run, and of its trials. */
async function statuses(): Promise<{ readonly parent: string; readonly trials: string[] }> {
  const store = await openFileStore(join(folder, "records"));
  try {
    const experiment = await store.getExperimentByName("sample");
    const found: { parent: string; trials: string[] } = { parent: "", trials: [] };
    const query = { experimentIds: [experiment?.experimentId ?? ""] };
    for await (const { info, data } of store.iterateRuns(query)) {
      if (data.tags["mlflow.parentRunId"] === undefined) found.parent += info.status;
      else found.trials.push(info.status);
    }
    return { ...found, trials: found.trials.sort() };
  } finally {
    await store.close();
  }
}

/** In the last of its steps something happens. */
function until(steps: number, happens: () => void): TrainingBackend {
  let count = 0;
  return shareBackend(() => {
    count++;
    if (count === steps) happens();
  });
}

describe("the record of a run in MLflow", () => {
  it("says FAILED after an error that stops it, and FINISHED once the same command came through", async () => {
    const { code, stderr } = await command(words, () =>
      until(3, () => {
        throw new CounterweightError("usage", "the disk is full (ENOSPC).");
      }),
    );
    expect(code, stderr).toBe(2);
    expect(await statuses()).toEqual({ parent: "FAILED", trials: ["FINISHED", "KILLED"] });
    expect((await command(words)).code).toBe(0);
    expect(await statuses()).toEqual({ parent: "FINISHED", trials: ["FINISHED", "FINISHED"] });
  });

  it("says KILLED after one interrupt", async () => {
    const { code } = await command(words, (interrupt) => until(3, interrupt));
    expect(code).toBe(130);
    expect((await statuses()).parent).toBe("KILLED");
    expect((await command(words)).code).toBe(0);
    expect((await statuses()).parent).toBe("FINISHED");
  });

  it("says KILLED after two, before the process ends", async () => {
    let seen: ReturnType<typeof statuses> | undefined;
    let left = () => {};
    const leaving = new Promise<void>((resolve) => {
      left = resolve;
    });
    const backend = (interrupt: () => void): TrainingBackend => {
      const inner = shareBackend();
      return {
        ...inner,
        async *train(request) {
          interrupt();
          interrupt();
          await leaving;
          return yield* inner.train(request);
        },
      };
    };
    const { exits } = await command(words, backend, {}, () => {
      seen = statuses();
      void seen.finally(left);
    });
    expect(exits).toEqual([130]);
    expect((await seen)?.parent).toBe("KILLED");
    expect(await readFile(join(folder, "out", "events.jsonl"), "utf8")).toContain('"plan"');
  }, 90_000);
});
