import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { at, randomStream } from "@counterweight/base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { comparableResults, leftovers, loggedEvents, storedEntries } from "./results.fixture.js";
import { runProcess, storeOf } from "./run-process.fixture.js";
import { toySpec } from "./toy-spec.fixture.js";

const patience = 900_000;

let folder = "";
let spec = "";
/** A run that ended, and one that a kill stopped in its last training. */
let finished = "";
let stopped = "";
let wanted: Record<string, string> = {};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-damage-"));
  spec = join(folder, "survival.yaml");
  await writeFile(spec, toySpec);
  finished = join(folder, "finished");
  stopped = join(folder, "stopped");
  // The first training writes 6 checkpoints, the others 8 each: this is the seventh of the last.
  const kill = { path: "/checkpoints/.*progress", from: 29, action: "kill" } as const;
  const [whole, half] = await Promise.all([
    runProcess({ spec, out: finished }),
    runProcess({ spec, out: stopped }, { fault: kill }),
  ]);
  expect(whole.code, whole.stderr).toBe(0);
  expect(half.killed).toBe(true);
  wanted = await comparableResults(finished);
}, patience);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The ways in which a file can be spoilt. */
const damages = {
  "one bit flipped": async (path: string) => {
    const random = randomStream("flip", basename(path));
    const bytes = await readFile(path);
    const place = random.integer(bytes.length);
    bytes[place] = at(bytes, place) ^ (1 << random.integer(8));
    await writeFile(path, bytes);
  },
  truncated: async (path: string) => {
    const bytes = await readFile(path);
    const random = randomStream("truncate", basename(path));
    await writeFile(path, bytes.subarray(0, random.integer(bytes.length)));
  },
  emptied: (path: string) => writeFile(path, ""),
  removed: (path: string) => rm(path),
} as const;
const ways = Object.keys(damages) as (keyof typeof damages)[];

async function mends(out: string): Promise<string> {
  const { code, stderr } = await runProcess({ spec, out });
  expect(code, stderr).toBe(0);
  expect(await comparableResults(out)).toEqual(wanted);
  expect(await leftovers(out)).toEqual([]);
  await loggedEvents(out);
  return stderr;
}

/** A copy of the stopped run, the folder of its checkpoints, and their names, the newest last. */
async function stoppedCopy(name: string) {
  const out = join(folder, name.replaceAll(/\W+/g, "-"));
  await cp(stopped, out, { recursive: true });
  const work = await readdir(join(storeOf(out), "work"), { recursive: true });
  const [place = ""] = work
    .filter((path) => basename(path) === "checkpoints")
    .map((path) => join(storeOf(out), "work", path));
  const names = (await readdir(place)).filter((each) => /^checkpoint-\d+$/.test(each));
  return { out, place, names: names.sort() };
}

test(
  "a stopped run holds two checkpoints and goes on from the newer",
  async () => {
    const { out, names } = await stoppedCopy("as it is");
    expect(names).toEqual(["checkpoint-10", "checkpoint-12"]);
    const said = await mends(out);
    expect(said).toContain("goes on after step 12 of 16");
    expect(said).not.toContain("damaged");
  },
  patience,
);

describe.concurrent.each(ways)("%s", (way) => {
  test.for(["state.safetensors", "progress.json"])(
    "%s of the newest checkpoint: said, and the one before is taken",
    { timeout: patience },
    async (file) => {
      const { out, place } = await stoppedCopy(`${way} ${file}`);
      await damages[way](join(place, "checkpoint-12", file));
      const said = await mends(out);
      expect(said).toMatch(/damaged, not used: checkpoint-12: .*(state|progress)/);
      expect(said).toContain("goes on after step 10 of 16");
    },
  );

  test(
    "an epoch's columns: said, and the training starts anew",
    async () => {
      const { out, place } = await stoppedCopy(`${way} epoch`);
      await damages[way](join(place, "epoch-1.f32"));
      const said = await mends(out);
      expect(said).toMatch(/damaged, not used: checkpoint-12: .*epoch/);
      expect(said).toMatch(/damaged, not used: checkpoint-10: .*epoch/);
      expect(said).toContain("training from the start");
    },
    patience,
  );

  test(
    "stored results and arrays: said, and those trainings are done again",
    async () => {
      const out = join(folder, `store-${way.replaceAll(" ", "-")}`);
      await cp(finished, out, { recursive: true });
      const trainings = (await storedEntries(out)).filter(({ kind }) => kind.startsWith("train"));
      expect(trainings).toHaveLength(4);
      const named = (word: string): string =>
        trainings.find(({ label }) => label.includes(`, ${word},`))?.folder ?? "";
      await damages[way](join(named("ce"), "entry.json"));
      await damages[way](join(named("imp"), "log-probabilities-test.f32"));
      await damages[way](join(named("dimp"), "weights-epoch-1.f32"));
      const said = await mends(out);
      // An entry without its marker is none, and what is in its place is set aside in silence.
      const told = way === "removed" ? 2 : 3;
      expect(said.match(/the stored result is damaged/g)).toHaveLength(told);
      expect(said.match(/from the store$/gm)).toHaveLength(1);
    },
    patience,
  );
});
