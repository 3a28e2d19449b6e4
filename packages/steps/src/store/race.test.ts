import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runRace } from "./race.fixture.js";

it("16 processes race for 40 keys, some stopped past their lease and woken, some killed", async () => {
  const root = await mkdtemp(join(tmpdir(), "counterweight-race-"));
  try {
    const report = await runRace({
      ...{ folder: join(root, "store"), log: join(root, "log"), seed: 0, processes: 16, keys: 40 },
      ...{ stops: 5, kills: 5, leaseSeconds: 1 },
    });
    expect(report.problems).toEqual([]);
    // Else it has shown nothing.
    expect(report.killed).toBeGreaterThan(0);
    expect(report.stopped).toBeGreaterThan(0);
    expect(report.takenOver).toBeGreaterThan(0);
    expect(report.refused).toBeGreaterThan(0);
  } finally {
    await rm(root, { recursive: true });
  }
}, 600_000);
