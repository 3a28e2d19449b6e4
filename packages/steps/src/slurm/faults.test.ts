import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { randomStream } from "@counterweight/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outcome } from "../executor.js";
import { fakeSlurm } from "../testing/fake-slurm.js";
import { memoryStore } from "../testing/memory-store.js";
import { randomPlan } from "../testing/random-plan.js";
import { slurmExecutor } from "./executor.js";

const schedules = Number(process.env.COUNTERWEIGHT_SCHEDULES ?? 10);

describe("slurmExecutor under random faults of a made-up Slurm", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "slurm-faults-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }), 120_000);

  it.each(Array.from({ length: schedules }, (_, seed) => seed))(
    "makes every step, with never two jobs for one (seed %i)",
    async (seed) => {
      const random = randomStream("slurm-faults", seed);
      const store = memoryStore(join(folder, `${seed}`, "store"));
      const slurm = fakeSlurm(store, random, 0.12);
      const steps = randomPlan(seed, 12);
      const executor = () =>
        slurmExecutor({
          ...{ folder: join(folder, `${seed}`, "slurm"), store, command: ["worker"] },
          ...{ pollSeconds: 0.002, settleSeconds: 0.02, resubmissions: 100, run: slurm.run },
        });
      let outcomes: Outcome[] = [];
      // The coordinator ends at random moments, and another goes on.
      for (let last = false; !last; ) {
        const current = executor();
        last = random.float() < 0.3;
        const ended = Promise.all(
          steps.map((step) =>
            current.execute(step, { signal: new AbortController().signal, on: () => {} }),
          ),
        );
        if (!last) {
          await Promise.race([ended, sleep(random.integer(60))]);
          await current.close();
        }
        outcomes = await ended;
        await current.close();
      }
      expect(outcomes.filter(({ kind }) => kind !== "made" && kind !== "found")).toEqual([]);
      expect(slurm.aliveAtOnce()).toBe(1);
      for (const { key } of steps) expect(store.published.get(key)).toBe(1);
      rmSync(join(folder, `${seed}`), { recursive: true, force: true });
    },
    180_000,
  );
});
