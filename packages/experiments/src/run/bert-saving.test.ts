import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initialiseParameters, randomConfig } from "@counterweight/bert";
import { afterEach, beforeEach, expect, it } from "vitest";
import { keepModel } from "./bert-saving.js";

let out = "";
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "counterweight-saving-"));
});
afterEach(async () => {
  await rm(out, { recursive: true });
});

it("says in words where a model cannot be written, and what to do", async () => {
  const sizes = { hiddenSize: 4, layers: 1, heads: 1, intermediateSize: 4 };
  const config = randomConfig({ ...sizes, vocabularySize: 9, numLabels: 2 });
  const parameters = Object.fromEntries(
    [...initialiseParameters(config, 0)].map(([name, { shape, values }]) => [
      name,
      { shape, data: values },
    ]),
  );
  const words = () => ["a", "b", "c", "d"];
  const source = { checkpoint: undefined, words, maxLength: 8 };
  await writeFile(join(out, "file"), "");
  await expect(
    keepModel(join(out, "file", "model"), { config, parameters }, source),
  ).rejects.toMatchObject({
    name: "CounterweightError",
    kind: "usage",
    message: expect.stringMatching(/could not be written: .*run the same command again/),
  });
});
