import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSweep } from "./sweep-process.fixture.js";
import { type Digests, entryDigests, outputDigests } from "./sweep-results.fixture.js";
import { quickSpec } from "./sweep-spec.fixture.js";

const patience = 900_000;
const script = fileURLToPath(new URL("../../../../scripts/slurm-local.sh", import.meta.url));
const PATH = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`;
const hasSlurm = ["sbatch", "slurmctld", "slurmd", "munged"].every(
  (name) => spawnSync("which", [name], { env: { PATH } }).status === 0,
);

interface Made {
  readonly outputs: Digests;
  readonly entries: Digests;
}

let folder = "";
let spec = "";
let wanted: Made = { outputs: {}, entries: {} };
beforeAll(async () => {
  // Slurm's sockets lie below it, and their paths may have 108 bytes.
  folder = await mkdtemp("/tmp/cw-sweep-");
  spec = join(folder, "quick.yaml");
  await writeFile(spec, quickSpec);
  wanted = await made("in-process", ["--executor", "in-process"]);
}, patience);
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

async function made(
  name: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Made> {
  const [out, store] = [join(folder, name), join(folder, `${name}-store`)];
  const { code, stderr } = await startSweep({ spec, out, store, words, environment }).ended;
  expect(code, stderr).toBe(0);
  return {
    outputs: await outputDigests(out, { anyExecutor: true }),
    entries: await entryDigests(store),
  };
}

test.for([1, 2, 4])(
  "a pool of %i gives the bits of one process: outputs, entries, models",
  { timeout: patience },
  async (jobs) => {
    expect(Object.keys(wanted.outputs).length).toBeGreaterThan(10);
    expect(Object.keys(wanted.entries).length).toBeGreaterThan(60);
    expect(await made(`pool-${jobs}`, ["--executor", "pool", "--jobs", String(jobs)])).toEqual(
      wanted,
    );
  },
);

test(
  "models asked for later are those that are kept beside their trainings",
  async () => {
    const store = join(folder, "later-store");
    const first = join(folder, "without");
    const words = ["--executor", "in-process"];
    const without = await startSweep({
      ...{ spec, out: first, store, words: [...words, "saveModels=false"] },
    }).ended;
    expect(without.code, without.stderr).toBe(0);
    const out = join(folder, "later");
    const later = await startSweep({ spec, out, store, words }).ended;
    expect(later.code, later.stderr).toBe(0);
    expect({
      outputs: await outputDigests(out, { anyExecutor: true }),
      entries: await entryDigests(store),
    }).toEqual(wanted);
  },
  patience,
);

describe.skipIf(!hasSlurm)("a cluster (needs slurm)", () => {
  const place = () => join(folder, "cluster");
  const environment = { ...process.env, PATH, SLURM_LOCAL_CPUS: "2", SLURM_LOCAL_MEM: "8192" };
  beforeAll(() => {
    execFileSync(script, [place(), "up"], {
      env: environment,
      stdio: ["ignore", "ignore", "inherit"],
    });
  }, patience);
  afterAll(() => {
    spawnSync(script, [place(), "down"], { env: environment, stdio: "ignore" });
  });

  test(
    "gives the bits of one process",
    async () => {
      const SLURM_CONF = join(place(), "slurm.conf");
      expect(await made("slurm", ["--executor", "slurm"], { PATH, SLURM_CONF })).toEqual(wanted);
    },
    patience,
  );
});
