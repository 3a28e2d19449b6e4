import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import { readSafetensors } from "@counterweight/bert";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { latestCheckpoint, readCheckpoint, writeCheckpoint } from "./folder.js";
import type { JsonValue } from "./progress.js";
import type { TrainingCheckpoint } from "./training-checkpoint.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "checkpoints-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const floats = (length: number): fc.Arbitrary<Float32Array<ArrayBuffer>> =>
  fc
    .array(fc.float({ noDefaultInfinity: false }), { minLength: length, maxLength: length })
    .map((values) => Float32Array.from(values));

/** A dense parameter `[2, 3]` and a table `[5, 2]` of which some rows were touched. */
const states: fc.Arbitrary<TrainingCheckpoint> = fc
  .record({
    step: fc.nat(1e6),
    lossSum: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    rows: fc.nat(5),
    touched: fc.subarray([0, 1, 2, 3, 4]),
    best: fc.constantFrom("none", "own", "current"),
    score: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
  })
  .chain(({ step, lossSum, rows, touched, best, score }) =>
    fc
      .record({
        weights: floats(rows),
        logProbability: floats(rows),
        dense: fc.tuple(floats(6), floats(6), floats(6)),
        table: fc.tuple(floats(10), floats(2 * touched.length), floats(2 * touched.length)),
        other: fc.tuple(floats(6), floats(10)),
      })
      .map(({ weights, logProbability, dense, table, other }) => {
        const parameter = (
          name: string,
          shape: number[],
          [value, firstMoment, secondMoment]: typeof dense,
        ) => ({ name, shape, value, firstMoment, secondMoment });
        return {
          step,
          lossSum,
          weights,
          logProbability,
          optimizer: {
            stepCount: step,
            touchedRows: Int32Array.from(touched),
            parameters: [parameter("z.dense", [2, 3], dense), parameter("a/table", [5, 2], table)],
          },
          best:
            best === "none"
              ? null
              : { epoch: 2, score, values: best === "own" ? other : [dense[0], table[0]] },
        };
      }),
  );

const extras: fc.Arbitrary<JsonValue> = fc
  .jsonValue()
  .map((value) => JSON.parse(JSON.stringify(value)));

/** Any state of a given step. */
function stateOf(step: number): TrainingCheckpoint {
  const [state] = fc.sample(states, { numRuns: 1, seed: step + 1 });
  if (state === undefined) throw new Error("a sample of one");
  return { ...state, step };
}

const write = (step: number, key = "k") =>
  writeCheckpoint(folder, { key, state: stateOf(step), extra: step });

describe("a checkpoint's folder", () => {
  test("comes back as it was, bit for bit", async () => {
    await fc.assert(
      fc.asyncProperty(states, extras, fc.string(), async (state, extra, key) => {
        const target = join(await mkdtemp(join(folder, "run-")), "checkpoints");
        const { name, bytes } = await writeCheckpoint(target, { key, state, extra });
        expect(name).toBe(`checkpoint-${state.step}`);
        const found = await latestCheckpoint(target, key);
        expect(found).toEqual({
          kind: "found",
          name,
          damaged: [],
          checkpoint: { key, state, extra },
        });
        const sizes = await Promise.all(
          (await readdir(join(target, name))).map((file) => stat(join(target, name, file))),
        );
        expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBe(bytes);
      }),
      { numRuns: 25 },
    );
  });

  test("holds the parameters under their names, as any reader of safetensors sees them", async () => {
    const state = stateOf(3);
    await writeCheckpoint(folder, { key: "k", state, extra: null });
    const { tensors } = await readSafetensors(join(folder, "checkpoint-3", "state.safetensors"));
    for (const { name, shape, value } of state.optimizer.parameters) {
      expect(tensors.get(`parameters/${name}`)).toEqual({ shape, values: value });
    }
  });

  test("keeps the newest and the one before, in whatever order steps come", async () => {
    for (const step of [5, 10, 15, 20]) {
      await write(step);
      const wanted =
        step === 5 ? ["checkpoint-5"] : [`checkpoint-${step - 5}`, `checkpoint-${step}`];
      expect((await readdir(folder)).sort()).toEqual(wanted.sort());
    }
    // Gone back: later ones belong to a past that is not this training's.
    await write(17);
    expect((await readdir(folder)).sort()).toEqual(["checkpoint-15", "checkpoint-17"]);
    await write(17);
    expect((await readdir(folder)).sort()).toEqual(["checkpoint-15", "checkpoint-17"]);
    expect(await latestCheckpoint(folder, "k")).toMatchObject({ name: "checkpoint-17" });
  });

  test("leaves other files alone and clears what a kill left", async () => {
    await mkdir(join(folder, "checkpoint-9.0123456789ab.tmp"));
    await writeFile(join(folder, "checkpoint-9.0123456789ab.tmp", "state.safetensors"), "half");
    await writeFile(join(folder, "notes.tmp"), "mine");
    expect(await latestCheckpoint(folder, "k")).toEqual({ kind: "absent", damaged: [] });
    expect(await readdir(folder)).toEqual(["notes.tmp"]);
  });

  test("is absent where there is no folder", async () => {
    const nowhere = join(folder, "no", "where");
    expect(await latestCheckpoint(nowhere, "k")).toEqual({ kind: "absent", damaged: [] });
  });
});

describe("a checkpoint that cannot be used", () => {
  test("any changed byte is seen, and the one before is taken", async () => {
    await write(1);
    await write(2);
    const [good, bad] = [join(folder, "checkpoint-2"), join(folder, "copy")];
    await cp(good, bad, { recursive: true });
    const file = fc.constantFrom("state.safetensors", "progress.json");
    await fc.assert(
      fc.asyncProperty(
        file,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (name, place, flip) => {
          const content = await readFile(join(bad, name));
          const index = place % content.length;
          content[index] = (content[index] ?? 0) ^ flip;
          await writeFile(join(good, name), content);
          expect(await latestCheckpoint(folder, "k")).toMatchObject({
            kind: "found",
            name: "checkpoint-1",
            damaged: [{ name: "checkpoint-2", reason: expect.stringContaining(name) }],
          });
          await cp(join(bad, name), join(good, name));
        },
      ),
      { numRuns: 80 },
    );
    expect(await latestCheckpoint(folder, "k")).toMatchObject({
      name: "checkpoint-2",
      damaged: [],
    });
  });

  test.each(["state.safetensors", "progress.json"])("a missing or short %s too", async (name) => {
    await write(1);
    await write(2);
    const path = join(folder, "checkpoint-2", name);
    await truncate(path, 10);
    expect(await latestCheckpoint(folder, "k")).toMatchObject({ name: "checkpoint-1" });
    await rm(path);
    const found = await latestCheckpoint(folder, "k");
    expect(found.damaged[0]?.reason).toContain(`${name} is missing`);
    await rm(join(folder, "checkpoint-1"), { recursive: true });
    expect(await latestCheckpoint(folder, "k")).toMatchObject({ kind: "absent" });
  });

  test("another training's is refused, and a renamed one", async () => {
    await write(4, "other");
    await expect(readCheckpoint(join(folder, "checkpoint-4"), "k")).rejects.toThrow(
      /checkpoint-4: the checkpoint cannot be used: it belongs to another training\. Remove/,
    );
    expect(await latestCheckpoint(folder, "k")).toMatchObject({ kind: "absent" });
    await cp(join(folder, "checkpoint-4"), join(folder, "checkpoint-7"), { recursive: true });
    const { damaged } = await latestCheckpoint(folder, "other");
    expect(damaged).toEqual([{ name: "checkpoint-7", reason: "its step is 4" }]);
  });
});

describe("where nothing can be written", () => {
  test("a file in the way is named, with what to do", async () => {
    await writeFile(join(folder, "file"), "");
    const target = join(folder, "file", "checkpoints");
    const failed = writeCheckpoint(target, { key: "k", state: stateOf(1), extra: null });
    await expect(failed).rejects.toThrow(CounterweightError);
    await expect(failed).rejects.toThrow(
      /checkpoints: checkpoint-1 could not be written: .* \(ENOTDIR\)\. .* run the same command again/,
    );
  });

  test("a folder without permission", async () => {
    await write(1);
    await chmod(folder, 0o555);
    // Root may write anywhere: it gives its leave away for the while.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65534);
    try {
      await expect(write(2)).rejects.toThrow(/may not be written to \(EACCES\)/);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
    await chmod(folder, 0o755);
    expect(await latestCheckpoint(folder, "k")).toMatchObject({ name: "checkpoint-1" });
  });

  test("what the caller keeps must be JSON", async () => {
    const written = writeCheckpoint(folder, { key: "k", state: stateOf(1), extra: Number.NaN });
    await expect(written).rejects.toThrow(/NaN has no JSON form/);
    expect(await readdir(folder)).toEqual([]);
  });
});
