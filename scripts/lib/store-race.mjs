// What a store of steps stands: many processes that race for the same keys, with makers stopped past
// their lease and killed; owners that are stopped, replaced and woken; damage at every place; a disk
// that refuses at every call.
//
//   node scripts/lib/store-race.mjs [--share 0.01] [--seed 0] [--parts races,stops,damage,faults]
//
// The share is that of 200 races, 500 stops, 10,000 damages of large entries, and (from 0.1 on all)
// places of small entries and calls that fail. A race has 64 processes, below a share of 0.1 half of
// them. A failure comes again with the seed it names, up to what the system's scheduler does. Needs
// the built packages. Last line: N passed, N failed, N skipped.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { folderStore } from "../../packages/steps/dist/index.js";
import {
  damageEveryByte,
  damageLarge,
} from "../../packages/steps/dist/store/damage-round.fixture.js";
import { diskFaults, faultCodes } from "../../packages/steps/dist/store/disk-faults.fixture.js";
import { faultRound } from "../../packages/steps/dist/store/fault-round.fixture.js";
import { runRace } from "../../packages/steps/dist/store/race.fixture.js";
import { stopRound } from "../../packages/steps/dist/store/stop-round.fixture.js";

const { values } = parseArgs({
  options: {
    share: { type: "string", default: "0.01" },
    seed: { type: "string", default: "0" },
    parts: { type: "string", default: "races,stops,damage,faults" },
  },
});
const share = Number(values.share);
const firstSeed = Number(values.seed);
const parts = new Set(values.parts.split(","));

const began = performance.now();
let passed = 0;
let failed = 0;
function check(what, problems) {
  if (problems.length === 0) passed += 1;
  else failed += 1;
  const seconds = ((performance.now() - began) / 1000).toFixed(0).padStart(4);
  const details = problems.slice(0, 20).map((problem) => `\n  ${problem}`);
  console.log(
    `${seconds} s  ${problems.length === 0 ? "ok" : "FAILED"}: ${what}${details.join("")}`,
  );
}

const root = mkdtempSync(join(tmpdir(), "store-race-"));

async function races() {
  const processes = share >= 0.1 ? 64 : 32;
  for (let race = 0; race < Math.max(1, Math.round(200 * share)); race++) {
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
}

async function stops() {
  const leaseSeconds = 0.6;
  const store = folderStore(join(root, "stops"), { leaseSeconds });
  for (let round = 0; round < Math.max(2, Math.round(500 * share)); round++) {
    const successorFirst = round % 2 === 0;
    const problems = await stopRound({ store, number: round, leaseSeconds, successorFirst });
    check(`stop ${round}: ${successorFirst ? "woken after" : "woken before"} publishing`, problems);
  }
  await store.close();
}

async function damage() {
  // Every bit of every byte takes eight toys.
  for (let toy = 0; toy < Math.max(1, Math.min(8, Math.round(8 * share))); toy++) {
    const { problems, places } = await damageEveryByte(join(root, `bytes-${toy}`), toy);
    check(`damage of each of the ${places} bytes of small entry ${toy} is found`, problems);
  }
  const batch = 50;
  for (let done = 0, seed = firstSeed; done < 10_000 * share; done += batch, seed++) {
    const folder = join(root, `large-${seed}`);
    const { problems, places } = await damageLarge(folder, { entries: batch, seed });
    check(`damage ${seed}: ${places} large entries, each damaged at a place, are found`, problems);
    rmSync(folder, { recursive: true });
  }
}

async function faults() {
  const disk = await diskFaults(root);
  const stride = Math.max(1, Math.round(0.1 / share));
  for (const code of faultCodes) {
    for (const lasting of [false, true]) {
      const problems = [];
      let rounds = 0;
      let calls = 0;
      for (let number = 1 + (firstSeed % stride); ; number += stride) {
        const round = await faultRound(root, disk, { code, number, lasting });
        problems.push(...round.problems.map((problem) => `call ${number}: ${problem}`));
        if (!round.met) break;
        rounds += 1;
        calls = number;
      }
      if (rounds === 0) problems.push("no call met the fault");
      const how = lasting ? "from there on" : "once";
      check(`${code} at ${rounds} of the first ${calls} calls, ${how}`, problems);
    }
  }
  disk.undo();
}

try {
  for (const part of [races, stops, damage, faults]) if (parts.has(part.name)) await part();
} finally {
  rmSync(root, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed === 0 ? 0 : 1;
