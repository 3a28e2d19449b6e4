// Kills a run of the real MiniLM by SIGKILL at random moments, each time gives the same command again,
// and compares what comes out with an undisturbed run, bit for bit.
//
//   COUNTERWEIGHT_ASSETS=FOLDER node scripts/lib/kill-and-compare.mjs [--kills 3] [--seed 0]
//
// Needs the built packages. Last line: N passed, N failed, N skipped.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { canonicalJson, randomStream } from "../../packages/base/dist/index.js";
import {
  comparableResults,
  continuations,
  leftovers,
  loggedEvents,
} from "../../packages/cli/dist/survival/results.fixture.js";
import { runProcess } from "../../packages/cli/dist/survival/run-process.fixture.js";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "3" },
    seed: { type: "string", default: "0" },
  },
});
const everySteps = 3;
const spec = `version: 1
name: kill-minilm
model: { checkpoint: "\${COUNTERWEIGHT_ASSETS}/models/all-MiniLM-L6-v2" }
benchmarks: [{ kind: tweet-irony, folder: "\${COUNTERWEIGHT_ASSETS}/data/tweet-irony" }]
generated: { tweet-irony: gpt-3.5-turbo_few-shot }
generatedRows: 200
checkerFraction: 0.07
seeds: [0]
methods: [ce, dimp]
train: { epochs: 1, batchSize: 16, learningRate: 1.0e-4, maxLength: 64 }
checkpoints: { everySteps: ${everySteps} }
evaluation: { bootstrapResamples: 1000 }
hideRowText: true
`;

let passed = 0;
let failed = 0;
function check(what, right, detail = "") {
  if (right) passed += 1;
  else failed += 1;
  console.log(`${right ? "ok" : "FAILED"}: ${what}${right || detail === "" ? "" : `\n${detail}`}`);
}

const folder = mkdtempSync(join(tmpdir(), "kill-minilm-"));
try {
  const file = join(folder, "kill-minilm.yaml");
  writeFileSync(file, spec);
  const undisturbed = join(folder, "undisturbed");
  const whole = await runProcess([file, "--out", undisturbed]);
  check("an undisturbed run ends with 0", whole.code === 0, whole.stderr);
  if (whole.code === 0) await kills(file, whole.milliseconds, await comparableResults(undisturbed));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed === 0 ? 0 : 1;

async function kills(file, first, wanted) {
  // A machine that others use may be far faster later: a moment past the end kills nothing.
  let milliseconds = first;
  console.log(
    `undisturbed: ${(milliseconds / 1000).toFixed(1)} s, ${Object.keys(wanted).length} files`,
  );
  const random = randomStream("kill-minilm", Number(values.seed));
  const taken = [];
  let count = 0;
  for (let each = 0; count < Number(values.kills); each++) {
    const out = join(folder, `killed-${each}`);
    for (;;) {
      const after = milliseconds * random.float();
      const moment =
        count < Number(values.kills) ? { after: "start", milliseconds: after } : undefined;
      const end = await runProcess([file, "--out", out], { moment });
      if (!end.killed) {
        check(`run ${each} ends with 0 after its kills`, end.code === 0, end.stderr);
        milliseconds = Math.min(milliseconds, 1.2 * end.milliseconds);
        break;
      }
      count += 1;
      const last = end.stderr.trimEnd().split("\n").at(-1) ?? "";
      console.log(`kill ${count} after ${(after / 1000).toFixed(1)} s: ${last}`);
    }
    const found = await comparableResults(out);
    const differing = Object.keys({ ...wanted, ...found }).filter(
      (name) => wanted[name] !== found[name],
    );
    check(
      `run ${each}: ${Object.keys(found).length} files are those of the undisturbed run, bit for bit`,
      canonicalJson(found) === canonicalJson(wanted),
      differing.join("\n"),
    );
    const left = await leftovers(out);
    check(`run ${each}: nothing is left over`, left.length === 0, left.join("\n"));
    taken.push(...continuations(await loggedEvents(out)));
  }
  for (const { reached, saved, resumed } of taken) {
    console.log(`killed at step ${reached}, checkpoint ${saved}, taken up after step ${resumed}`);
  }
  check(
    `at most ${everySteps} steps were done twice`,
    taken.every((one) => one.resumed >= one.saved && one.reached - one.resumed <= everySteps),
  );
}
