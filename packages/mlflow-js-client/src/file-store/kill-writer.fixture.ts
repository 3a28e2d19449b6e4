// One of several writers of one run, which kill.test.ts kills:
// node kill-writer.fixture.js FOLDER EXPERIMENT RUN NAME
// Says what was acknowledged, one line of JSON each.
import { writeSync } from "node:fs";
import { openFileStore } from "./open-file-store.js";

const [folder = "", experimentId = "", runId = "", name = ""] = process.argv.slice(2);
// A pipe's write is done when the call returns, so no acknowledgement is lost in a kill.
const say = (what: unknown) => writeSync(1, `${JSON.stringify(what)}\n`);

const store = await openFileStore(folder);
await store.createRun(experimentId, { runId, runName: "killed" });
const base = Date.now();
for (let round = 0; ; round++) {
  const step = base * 100 + round;
  // Shared with the other writers, and long enough that a kill may meet the middle of a write.
  const metrics = ["loss", "val/acc"].flatMap((key) =>
    Array.from({ length: 40 }, (_, n) => ({ key, value: n / 7, timestamp: base + n, step })),
  );
  const params = { [`${name}/p${round}`]: `${round}\n`.repeat(40) };
  const tags = { [`${name}.t${round}`]: "x".repeat(500), "mlflow.runName": `round ${round}` };
  await store.logBatch(runId, { metrics, params, tags });
  say({ metrics, params, tags: { [`${name}.t${round}`]: "x".repeat(500) } });
  const path = `files/${name}-${round}.txt`;
  await store.logBytes(runId, path.repeat(1000), path);
  say({ path });
  const dataset = { name, digest: `${round}`, sourceType: "local", source: "x".repeat(3000) };
  await store.logInputs(runId, [{ dataset, tags: {} }]);
  say({ dataset });
  await store.updateRun(runId, { status: round % 2 === 0 ? "SCHEDULED" : "RUNNING" });
  const other = await store.createRun(experimentId, { requestId: `${name}/${round}` });
  say({ run: other.info.runId });
}
