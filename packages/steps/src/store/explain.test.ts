import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keyOf, type Making } from "../step.js";
import { compareMakings, explainMiss } from "./explain.js";
import { type FolderStore, folderStore } from "./folder-store.js";
import { toyRecord } from "./toy-entry.fixture.js";

// Each publishing waits for the disk, which others may use.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let root: string;
let store: FolderStore;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "counterweight-explain-"));
  store = folderStore(root);
});
afterEach(async () => {
  await store.close();
  await rm(root, { recursive: true });
});

async function put(making: Making, ended = "2026-01-01T00:00:00.000Z"): Promise<string> {
  const key = keyOf(making);
  const claim = await store.claim(key);
  if (claim.kind !== "mine") throw new Error(claim.kind);
  await claim.lease.publish({ making, record: { ...toyRecord(), ended }, result: null });
  return key;
}

const read = (file: string): Making => ({
  kind: "read",
  version: 1,
  settings: { file, digest: "d" },
  inputs: {},
});
const split = (rows: Making, seed: number): Making => ({
  kind: "split",
  version: 1,
  settings: { seed },
  inputs: { rows: keyOf(rows) },
});
const train = (parts: Making, rate: number, extra: Record<string, unknown> = {}): Making => ({
  kind: "train",
  version: 2,
  settings: { train: { learningRate: rate, layers: [1, 2] }, ...extra },
  inputs: { parts: keyOf(parts), rows: keyOf(read("a.csv")) },
});

describe("explainMiss", () => {
  it("says which setting differs from the nearest entry", async () => {
    const parts = split(read("a.csv"), 0);
    await put(train(parts, 0.1, { threads: 1 }));
    await put(train(parts, 0.2, { threads: 2 }));
    const near = await put(train(parts, 0.3));
    const found = await explainMiss(store, train(parts, 0.5));
    expect(found.candidates).toBe(3);
    expect(found.nearest?.entry.key).toBe(near);
    expect(found.nearest?.differences).toEqual([
      { path: "settings.train.learningRate", wanted: 0.5, stored: 0.3 },
    ]);
  });

  it("looks through inputs to the setting behind them, told once", async () => {
    const stored = split(read("a.csv"), 0);
    await put(read("a.csv"));
    await put(stored);
    await put(train(stored, 0.1));
    const other = read("b.csv");
    const parts = split(other, 0);
    const wanted: Making = {
      ...train(parts, 0.1),
      inputs: { parts: keyOf(parts), rows: keyOf(other) },
    };
    const plan = new Map([other, parts, wanted].map((making) => [keyOf(making), making]));
    const found = await explainMiss(store, wanted, { makingOf: (key) => plan.get(key) });
    expect(found.nearest?.differences).toEqual([
      { path: "inputs.parts.inputs.rows.settings.file", wanted: "b.csv", stored: "a.csv" },
    ]);
    // Without the plan the inputs that are not in the store are only keys.
    expect((await explainMiss(store, wanted)).nearest?.differences).toEqual([
      { path: "inputs.parts", wanted: keyOf(parts), stored: keyOf(stored) },
      { path: "inputs.rows", wanted: keyOf(other), stored: keyOf(read("a.csv")) },
    ]);
  });

  it("takes an entry whose input is of another kind only where there is no other", async () => {
    const score = (checker: Making): Making => ({
      ...{ kind: "score", version: 1, settings: {}, inputs: { checker: keyOf(checker) } },
    });
    const checker = (rate: number, kind: string): Making => ({
      ...{ kind, version: 1, settings: { rate, epochs: rate * 10 }, inputs: {} },
    });
    const near = checker(0.1, "train-checker");
    const strange = checker(0.2, "train-classifier");
    const asked = checker(0.2, "train-checker");
    await put(near);
    await put(strange);
    const makingOf = (key: string) => (key === keyOf(asked) ? asked : undefined);
    const far = await put(score(strange), "2026-01-03T00:00:00.000Z");
    const only = await explainMiss(store, score(asked), { makingOf });
    expect(only.nearest?.entry.key).toBe(far);
    const expected = await put(score(near), "2026-01-01T00:00:00.000Z");
    const found = await explainMiss(store, score(asked), { makingOf });
    expect(found.nearest?.entry.key).toBe(expected);
    expect(found.nearest?.differences).toEqual([
      { path: "inputs.checker.settings.epochs", wanted: 2, stored: 1 },
      { path: "inputs.checker.settings.rate", wanted: 0.2, stored: 0.1 },
    ]);
  });

  it("prefers the last made of equals, and tells nothing without an entry of the kind", async () => {
    const parts = split(read("a.csv"), 0);
    await put(train(parts, 0.1), "2026-01-02T00:00:00.000Z");
    const later = await put(train(parts, 0.2), "2026-01-03T00:00:00.000Z");
    await put(train(parts, 0.3), "2026-01-01T00:00:00.000Z");
    expect((await explainMiss(store, train(parts, 0.4))).nearest?.entry.key).toBe(later);
    expect(await explainMiss(store, parts)).toEqual({ candidates: 0, nearest: undefined });
    expect((await explainMiss(store, train(parts, 0.1))).nearest?.differences).toEqual([]);
  });
});

describe("compareMakings", () => {
  const making = fc
    .record({
      version: fc.integer(),
      settings: fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 }),
      inputs: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
    })
    .map((parts): Making => ({ kind: "any", ...parts }));

  it("finds a difference exactly where the keys differ", () => {
    fc.assert(
      fc.property(making, making, (left, right) => {
        expect(compareMakings(left, left)).toEqual([]);
        expect(compareMakings(left, right).length > 0).toBe(keyOf(left) !== keyOf(right));
      }),
    );
  });
});
