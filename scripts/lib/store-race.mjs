// Many processes on one store of steps: races for the same keys, with makers stopped past their
// lease and killed; then rounds of one owner that is stopped, replaced, and woken.
//
//   node scripts/lib/store-race.mjs [--share 0.01] [--seed 0]
//
// The share is that of 200 races of 64 processes and of 500 stops; below 1 there are fewer processes
// a race too. A failure comes again with the seed it names, up to what the system's
// scheduler does. Needs the built packages. Last line: N passed, N failed, N skipped.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { folderStore } from "../../packages/steps/dist/index.js";
import { runRace } from "../../packages/steps/dist/store/race.fixture.js";
import { stopRound } from "../../packages/steps/dist/store/stop-round.fixture.js";

const { values } = parseArgs({
  options: {
    share: { type: "string", default: "0.01" },
    seed: { type: "string", default: "0" },
  },
});
const share = Number(values.share);
const firstSeed = Number(values.seed);
const races = Math.max(1, Math.round(200 * share));
const stops = Math.max(2, Math.round(500 * share));
const processes = share >= 1 ? 64 : 32;

let passed = 0;
let failed = 0;
function check(what, problems) {
  if (problems.length === 0) passed += 1;
  else failed += 1;
  const details = problems.map((problem) => `\n  ${problem}`).join("");
  console.log(`${problems.length === 0 ? "ok" : "FAILED"}: ${what}${details}`);
}

const root = mkdtempSync(join(tmpdir(), "store-race-"));
try {
  for (let race = 0; race < races; race++) {
    const seed = firstSeed + race;
    const folder = join(root, `race-${seed}`);
    const report = await runRace({
      ...{ folder: folder, log: join(root, "log"), seed, processes, keys: 2 * processes },
      ...{ stops: processes / 4, kills: processes / 4, leaseSeconds: 2 },
    });
    const { problems, made, takenOver, stopped, killed, refused } = report;
    check(
      `race ${seed}: ${processes} processes, ${2 * processes} keys made ${made} times, ` +
        `${takenOver} taken over, ${stopped} stopped, ${killed} killed, ${refused} refused`,
      problems,
    );
    rmSync(folder, { recursive: true });
  }
  const leaseSeconds = 0.6;
  const store = folderStore(join(root, "stops"), { leaseSeconds });
  for (let round = 0; round < stops; round++) {
    const successorFirst = round % 2 === 0;
    const problems = await stopRound({ store, number: round, leaseSeconds, successorFirst });
    check(`stop ${round}: ${successorFirst ? "woken after" : "woken before"} publishing`, problems);
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed === 0 ? 0 : 1;
