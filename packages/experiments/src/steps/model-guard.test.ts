import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderStore } from "@counterweight/steps";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TrainedOutcome, TrainingBackend, TrainingEvent } from "../run/backend.js";
import type { RunResults } from "../run/results.js";
import { runExperiment } from "../run/run-experiment.js";
import { resolveSpec } from "../spec/resolve.js";
import { logisticBackend } from "../testing/logistic-backend.js";

let folder = "";
let vocabulary = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-guard-"));
  await mkdir(join(folder, "words"));
  vocabulary = join(folder, "words", "vocab.txt");
  await writeFile(vocabulary, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nbright\ndull\n");
});
afterEach(() => rm(folder, { recursive: true }));

/** The logistic learner, with an edit of the tokenizer's file at a moment of its work. */
function editing(when: "planned" | "tokenised" | "loaded" | "trained" | "never"): TrainingBackend {
  const inner = logisticBackend();
  const edit = async (now: typeof when): Promise<void> => {
    if (when === now) await appendFile(vocabulary, "odd\n");
  };
  return {
    ...inner,
    check: async () => {
      await edit("planned");
      return [];
    },
    tokenise: async ({ table }) => {
      await edit("tokenised");
      const rows = table.label.length;
      return {
        offsets: Int32Array.from({ length: rows + 1 }, (_, row) => row),
        tokenIds: new Int32Array(rows),
        typeIds: new Uint8Array(rows),
      };
    },
    async *train(request): AsyncGenerator<TrainingEvent, TrainedOutcome> {
      await edit("loaded");
      yield { type: "phase", phase: "load", milliseconds: 0 };
      await edit("trained");
      return yield* inner.train(request);
    },
  };
}

async function run(backend: TrainingBackend): Promise<RunResults> {
  const spec = resolveSpec(
    `version: 1
name: guarded
model: { config: { hiddenSize: 4, layers: 1, heads: 1, intermediateSize: 4, tokenizer: ./words } }
benchmarks: [{ kind: toy-world, generatedRows: 40, realRows: 40, validationRows: 20, testRows: 20 }]
allowSharedText: [train, validation, generated]
seeds: [0]
methods: [ce]
train: { epochs: 1, learningRate: 1 }
evaluation: { bootstrapResamples: 100 }
`,
    { file: join(folder, "guarded.yaml"), overrides: [] },
  );
  const stream = runExperiment(spec, { out: join(folder, "out"), backend });
  let next = await stream.next();
  while (next.done !== true) next = await stream.next();
  return next.value;
}

async function storedKinds(): Promise<(string | undefined)[]> {
  const store = folderStore(join(folder, "out", "store"));
  try {
    const entries = (await store.keys()).map((key) => store.describe(key));
    return (await Promise.all(entries)).map((entry) => entry?.making.kind);
  } finally {
    await store.close();
  }
}

describe("a model whose files change after the plan", () => {
  it.each([
    ["planned", "tokenizer's"],
    ["tokenised", "tokenizer's"],
    ["loaded", "model's"],
  ] as const)(
    "is refused where that is seen when it is %s, and nothing is stored of it",
    async (when, whose) => {
      const refused = await run(editing(when));
      expect(refused.status).toBe("failed");
      expect(refused.failures.map(({ message }) => message)).toContainEqual(
        expect.stringContaining(`the ${whose} files changed since the plan was made`),
      );
      const kinds = await storedKinds();
      expect(kinds).toContain("read");
      if (when !== "loaded") expect(kinds).not.toContain("tokenise");
      expect(kinds).not.toContain("train-classifier");
      // The same command plans with the files as they are now.
      expect((await run(editing("never"))).status).toBe("done");
    },
  );

  it("is used as it was read where they change later", async () => {
    expect((await run(editing("trained"))).status).toBe("done");
    expect(await storedKinds()).toContain("train-classifier");
  });
});
