import { describe, expect, it } from "vitest";
import { prepareRun } from "../run/prepare-run.js";
import { resolveSpec } from "../spec/resolve.js";

const text = `version: 1
name: keys
model: { config: { hiddenSize: 4, layers: 1, heads: 1, intermediateSize: 4 } }
benchmarks: [{ kind: toy-world, generatedRows: 20, realRows: 20, validationRows: 10, testRows: 10 }]
allowSharedText: [train, validation, generated]
seeds: [0]
methods: [imp]
`;

async function keysByKind(version: string, overrides: readonly string[] = []) {
  const spec = resolveSpec(text, { file: "/specs/keys.yaml", overrides });
  const { plan } = await prepareRun(spec, {
    version,
    tokenise: () => {
      throw new Error("planning tokenises nothing");
    },
  });
  return (...kinds: readonly string[]): string[] =>
    plan.steps.filter(({ making }) => kinds.includes(making.kind)).map(({ key }) => key);
}

describe("keys of steps", () => {
  it("change with the backend wherever its libraries decide: tokens and trainings", async () => {
    const old = await keysByKind("tokenizers 1");
    const next = await keysByKind("tokenizers 2");
    const data = ["read", "split"];
    expect(next(...data)).toEqual(old(...data));
    for (const kind of ["tokenise", "train-checker", "train-classifier"]) {
      expect(old(kind).length).toBeGreaterThan(0);
      expect(next(kind).filter((key) => old(kind).includes(key))).toEqual([]);
    }
  });

  it("do not change with who runs the steps", async () => {
    const kinds = ["read", "tokenise", "train-checker", "train-classifier", "score", "evaluate"];
    const plain = await keysByKind("1");
    const other = await keysByKind("1", ["run.jobs=7", "run.executor=slurm", "run.retries=5"]);
    expect(other(...kinds)).toEqual(plain(...kinds));
  });
});
