import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomStream } from "@counterweight/base";
import { folderStore, gc } from "@counterweight/steps";
import { afterAll, beforeAll, expect, test } from "vitest";
import { comparableResults, continuations, leftovers, loggedEvents } from "./results.fixture.js";
import { type Moment, runProcess } from "./run-process.fixture.js";
import { everySteps, firstTraining, lastTrial, toySpec } from "./toy-spec.fixture.js";

/** Kills to be survived, over as many runs as they take; more by scripts/ci/71-kill-run.sh. */
const KILLS = Number(process.env.COUNTERWEIGHT_KILLS ?? 10);
/** Runs that are killed side by side. */
const WORKERS = 3;

let folder = "";
let spec = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-kill-"));
  spec = join(folder, "survival.yaml");
  await writeFile(spec, toySpec);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test(`a run killed ${KILLS} times ends as the undisturbed one, bit for bit`, async () => {
  // Side by side, as the killed ones will be, so that moments fall where they are meant to.
  const undisturbed = await Promise.all(
    Array.from({ length: WORKERS }, async (_, index) => {
      const out = join(folder, `undisturbed-${index}`);
      const { code, stderr, ...end } = await runProcess(
        { spec, out },
        {
          marks: [firstTraining, lastTrial],
        },
      );
      expect(code, stderr).toBe(0);
      // A kill between publishing and clean-up leaves a lease or a work folder, which gc is for.
      const store = folderStore(join(out, "store"));
      await gc(store, new Set(await store.keys()));
      await store.close();
      expect(await leftovers(out)).toEqual([]);
      return { results: await comparableResults(out), ...end };
    }),
  );
  const [{ results: wanted = {}, milliseconds: whole = 0, marked = [] } = {}] = undisturbed;
  expect(Object.keys(wanted).length).toBeGreaterThan(30);
  for (const { results } of undisturbed) expect(results).toEqual(wanted);

  const random = randomStream("survival");
  const [trainings = 0, outputs = 0] = marked;
  /** Anywhere, within trainings, anywhere, within trainings, within the writing of outputs. */
  const nextMoment = (index: number): Moment => {
    const part = random.float();
    if (index % 5 === 4) return { after: lastTrial, milliseconds: (whole - outputs) * part };
    return index % 2 === 0
      ? { after: "start", milliseconds: whole * part }
      : { after: firstTraining, milliseconds: (outputs - trainings) * part };
  };

  let kills = 0;
  let atOutputs = 0;
  let halves = 0;
  let planned = 0;
  const continued: { reached: number; saved: number; resumed: number }[] = [];

  // Where a kill falls depends on the machine: on until each kind was met.
  const enough = (): boolean => {
    const met = atOutputs > 0 && continued.some(({ resumed }) => resumed > 0);
    return kills >= KILLS && (met || kills >= 10 * KILLS);
  };

  const worker = async (name: string): Promise<void> => {
    for (let each = 0; !enough(); each++) {
      const out = join(folder, `${name}-${each}`);
      for (;;) {
        const moment = enough() ? undefined : nextMoment(planned++);
        const end = await runProcess({ spec, out }, { moment });
        if (!end.killed) {
          expect(end.code, end.stderr).toBe(0);
          break;
        }
        kills += 1;
        if (lastTrial.test(end.stderr)) atOutputs += 1;
        const present = await readdir(out, { recursive: true }).catch(() => []);
        if (present.some((path) => path.endsWith(".tmp"))) halves += 1;
      }
      expect(await comparableResults(out)).toEqual(wanted);
      // A kill between publishing and clean-up leaves a lease or a work folder, which gc is for.
      const store = folderStore(join(out, "store"));
      await gc(store, new Set(await store.keys()));
      await store.close();
      expect(await leftovers(out)).toEqual([]);
      continued.push(...continuations(await loggedEvents(out)));
      await rm(out, { recursive: true });
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, index) => worker(`run-${index}`)));

  console.log(
    `${kills} kills: ${atOutputs} while outputs were written, ${halves} left a file half written, ` +
      `${continued.length} within a training, ${continued.filter(({ resumed }) => resumed > 0).length} of them taken up after step 0`,
  );
  expect(kills).toBeGreaterThanOrEqual(KILLS);
  expect(atOutputs).toBeGreaterThan(0);
  // Continued, not begun again: no more than the steps since the last checkpoint are done twice.
  expect(continued.some(({ resumed }) => resumed > 0)).toBe(true);
  for (const { reached, saved, resumed } of continued) {
    expect(resumed).toBeGreaterThanOrEqual(saved);
    expect(reached - resumed).toBeLessThanOrEqual(everySteps);
  }
}, 1_800_000);
