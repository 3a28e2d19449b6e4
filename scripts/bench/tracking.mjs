#!/usr/bin/env node
// @ts-check
// What recording costs the process that trains: the time that events block its thread, and the
// processor time of everything tracking does (spool, batches, requests), at a rate of metric points,
// with a real MLflow server up, with it stopped, and into the embedded store. Needs `npm run build`,
// and `mlflow` for the first.
// Usage: node scripts/bench/tracking.mjs [--seconds 60] [--points 10000]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openTracking } from "@counterweight/tracking";
import { findMlflow, freePort, startMlflowServer } from "mlflow-js-client";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    points: { type: "string", default: "10000" },
  },
});
const seconds = Number(values.seconds);
const pointsPerMinute = Number(values.points);
/** A step has a loss, a learning rate and a gradient norm. */
const stepsPerSecond = pointsPerMinute / 3 / 60;
const steps = Math.round(stepsPerSecond * seconds);

/** @typedef {import("@counterweight/tracking").Destination} Destination */
/** @typedef {{ see(event: any): void }} Sees */

/**
 * A loop that reports steps at the rate and does nothing else, so that all processor time beyond its
 * own is tracking's.
 * @param {Sees | undefined} tracking
 */
async function train(tracking) {
  const trial = { benchmark: "b", generated: "g", checkerFraction: 1, seed: 0, method: "imp" };
  const training = "k".repeat(64);
  const plan = {
    type: "plan",
    trainings: [{ key: training, label: "b, imp, seed 0", method: "imp", benchmark: "b", seed: 0 }],
    trials: [{ trial, result: [training], checkers: [] }],
  };
  tracking?.see({ type: "run-start", name: "bench", environment: {} });
  tracking?.see(plan);
  tracking?.see({ type: "training-start", training });
  let blocked = 0;
  let longest = 0;
  let seen = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  await /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      const timer = setInterval(() => {
        const due = Math.min(
          steps,
          Math.floor(((performance.now() - start) / 1000) * stepsPerSecond),
        );
        while (seen < due) {
          seen++;
          const event = {
            ...{ type: "step", training, step: seen, steps, epoch: 1, loss: 1 / seen, rows: 32 },
            ...{
              learningRate: 5e-5 * (1 - seen / steps),
              gradientNorm: 2 / seen,
              milliseconds: 18,
            },
          };
          const before = performance.now();
          tracking?.see(event);
          const took = performance.now() - before;
          blocked += took;
          longest = Math.max(longest, took);
        }
        if (seen >= steps) {
          clearInterval(timer);
          resolve();
        }
      }, 18);
    })
  );
  const { user, system } = process.cpuUsage(cpu);
  return { blocked, longest, cpu: (user + system) / 1000, wall: performance.now() - start };
}

/** @param {string} name @param {Destination} destination @param {number} idle */
async function measure(name, destination, idle) {
  const runFolder = mkdtempSync(join(tmpdir(), "bench-tracking-"));
  const tracking = await openTracking({ runFolder, destination, now: () => new Date() });
  const { blocked, longest, cpu, wall } = await train(tracking);
  const before = process.cpuUsage();
  const report = await tracking.finish("done", runFolder);
  const end = process.cpuUsage(before);
  const minute = 60_000 / wall;
  const own = (cpu - idle) * minute;
  const share = ((blocked * minute + own) / 60_000) * 100;
  process.stdout.write(
    `${name}: thread blocked ${(blocked * minute).toFixed(0)} ms a minute (longest ${longest.toFixed(1)} ms), ` +
      `own processor time ${own.toFixed(0)} ms a minute, together ${share.toFixed(2)} % of training; ` +
      `at the end ${((end.user + end.system) / 1000).toFixed(0)} ms; ` +
      `${report.delivered} records delivered, ${report.waiting} waiting\n`,
  );
  rmSync(runFolder, { recursive: true, force: true });
  return share;
}

process.stdout.write(`${steps * 3} points in ${seconds} s (${pointsPerMinute} a minute)\n`);
const idle = (await train(undefined)).cpu;
process.stdout.write(
  `the loop alone: ${((idle * 60) / seconds).toFixed(0)} ms of processor a minute\n`,
);
const shares = [];
if ((await findMlflow()) === undefined) process.stdout.write("mlflow is not installed\n");
else {
  const server = await startMlflowServer();
  const up = {
    kind: /** @type {const} */ ("server"),
    uri: server.trackingUri,
    experiment: "bench",
  };
  shares.push(await measure("server up", up, idle));
  await server.stop();
}
const port = await freePort();
const down = {
  kind: /** @type {const} */ ("server"),
  uri: `http://127.0.0.1:${port}`,
  experiment: "bench",
};
shares.push(await measure("server stopped", down, idle));
const folder = mkdtempSync(join(tmpdir(), "bench-store-"));
shares.push(await measure("embedded store", { kind: "folder", folder, experiment: "bench" }, idle));
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`most: ${Math.max(...shares).toFixed(2)} % (the bar: 1 %)\n`);
if (Math.max(...shares) > 1) process.exitCode = 1;
