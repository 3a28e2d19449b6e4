import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareRun, resolveSpec } from "@counterweight/experiments";
import { folderStore } from "@counterweight/steps";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildDigest } from "./build-digest.js";
import { sampleSpec, shareBackend } from "./command.fixture.js";
import { jobCommand } from "./job-command.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-job-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("counterweight job", () => {
  it("makes the step, and its entry says what code made it", async () => {
    const backend = shareBackend();
    const spec = resolveSpec(sampleSpec, { file: join(folder, "sample.yaml"), overrides: [] });
    const { plan } = await prepareRun(spec, backend);
    const [step] = plan.steps;
    const store = join(folder, "store");
    const init = { sources: plan.sources, store, build: await buildDigest() };
    await writeFile(join(folder, "step.json"), JSON.stringify({ step, attempt: 1, init }));
    expect(await jobCommand(folder, backend)).toBe(0);
    const found = await folderStore(store).describe(step?.key ?? "");
    expect(found?.record).toMatchObject({
      executor: "slurm",
      code: {
        backend: "shares-1",
        packages: { "@counterweight/experiments": expect.any(String) },
      },
    });
  });
});
