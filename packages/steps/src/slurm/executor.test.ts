import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StepsEvent } from "../events.js";
import type { ExecutorEvent, Outcome } from "../executor.js";
import { inProcess } from "../run/in-process.js";
import { runSteps } from "../run/run-steps.js";
import type { Step } from "../step.js";
import { toyStep } from "../testing/random-plan.js";
import { hasSlurm, type SlurmCluster, startCluster, toySlurm } from "../testing/slurm-cluster.js";
import { type ToyRecipe, toyRunner } from "../testing/toy-runner.js";
import { toySweep } from "../testing/toy-sweep.js";

const toy = (name: string, needs: readonly Step[], recipe: ToyRecipe = {}, counts = 4): Step => ({
  ...toyStep(name, needs, { settings: { counts } }),
  recipe,
});

describe.skipIf(!hasSlurm)("slurmExecutor with a real Slurm (needs slurm)", () => {
  let cluster: SlurmCluster;
  beforeAll(() => {
    cluster = startCluster();
  }, 120_000);
  afterAll(() => cluster?.down(), 120_000);

  /** Executes steps at once, as a scheduler of a queue with dependencies does. */
  function executeAll(
    executor: ReturnType<typeof toySlurm>["executor"],
    steps: readonly Step[],
    onEvent: (event: ExecutorEvent, step: Step) => void = () => {},
    signal = new AbortController().signal,
  ): Promise<Outcome[]> {
    return Promise.all(
      steps.map((step) => executor.execute(step, { signal, on: (event) => onEvent(event, step) })),
    );
  }

  it("makes a sweep in arrays and dependent jobs, equal to one made in-process", async () => {
    const { store, executor, folder } = toySlurm(cluster, "sweep 100%");
    const reference = toySlurm(cluster, "in-process");
    const steps = toySweep(4);
    const here = inProcess({ store, runner: toyRunner });
    const events: StepsEvent[] = [];
    const options = { store, here, executor, pollMilliseconds: 50 };
    for await (const event of runSteps(steps, options)) events.push(event);
    await executor.close();
    const alone = inProcess({ store: reference.store, runner: toyRunner });
    for (const step of steps) {
      const signal = new AbortController().signal;
      expect(await alone.execute(step, { signal, on: () => {} })).toMatchObject({ kind: "made" });
      const [ours, theirs] = [await store.read(step.key), await reference.store.read(step.key)];
      if (ours.kind !== "found" || theirs.kind !== "found") throw new Error("not made");
      expect(ours.entry.files).toEqual(theirs.entry.files);
      // Light steps are made by whoever comes first: the coordinator, or a job that needs them.
      if (step.place === "executor") expect(ours.entry.record.executor).toBe("slurm");
    }
    // The two checkers, and trainings as they became ready: fewer submissions than steps.
    const trained = steps.filter(({ place }) => place === "executor").length;
    expect(readdirSync(join(folder, "slurm", "submissions")).length).toBeLessThan(trained);
    expect(events.some((e) => e.type === "step-queued" && /^job \d+_\d+$/.test(e.where))).toBe(
      true,
    );
    const counts = events.flatMap((e) =>
      e.type === "step-progress" && e.step === steps[1]?.key ? [e.event] : [],
    );
    expect(counts).toEqual(
      Array.from({ length: 12 }, (_, index) => ({ type: "count", count: index + 1, counts: 12 })),
    );
    await Promise.all([store.close(), reference.store.close()]);
  });

  it("gives dependants before their needs are made, and stops only those of a failed one", async () => {
    const { store, executor, folder } = toySlurm(cluster, "dependencies");
    const roots = ["a", "b", "c"].map((name) => toy(name, []));
    const bad = toy("bad", [], { trouble: "diverge" });
    const [first, second] = roots;
    if (first === undefined || second === undefined) throw new Error("no roots");
    const both = toy("both", [first, second]);
    const last = toy("last", [both]);
    const orphan = toy("orphan", [bad, first]);
    const steps = [...roots, bad, both, last, orphan];
    const where = new Map<string, string[]>();
    const outcomes = await executeAll(executor, steps, (event, { label }) => {
      if (event.type === "queued") where.set(label, [...(where.get(label) ?? []), event.where]);
    });
    await executor.close();
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      ...["made", "made", "made", "failed", "made", "made", "stopped"],
    ]);
    expect(outcomes[3]).toMatchObject({ message: "the loss is not a number.", again: false });
    // All were queued before anything ended: one array, and jobs that wait for its tasks.
    const array = where.get("a")?.[0]?.replace(/_0$/, "");
    expect(["a", "b", "c", "bad"].map((name) => where.get(name))).toEqual(
      [0, 1, 2, 3].map((index) => [`${array}_${index}`]),
    );
    expect([...where.keys()].sort()).toEqual(["a", "b", "bad", "both", "c", "last", "orphan"]);
    const exit = readFileSync(join(folder, "slurm", "jobs", bad.key, "exit.json"), "utf8");
    expect(JSON.parse(exit)).toMatchObject({ outcome: { kind: "failed" }, node: /./ });
    await store.close();
  });

  it("submits a killed job again, which goes on where it was, a bounded number of times", async () => {
    const { store, executor, warnings } = toySlurm(cluster, "killed", { resubmissions: 1 });
    const survivor = toy("survivor", [], { milliseconds: 100 }, 30);
    const dependant = toy("dependant", [survivor]);
    const hopeless = toy("hopeless", [], { trouble: "die" });
    const emitted: unknown[] = [];
    let jobs = 0;
    const outcomes = await executeAll(executor, [survivor, dependant, hopeless], (event, step) => {
      if (step !== survivor) return;
      if (event.type === "progress") emitted.push(event.event);
      if (event.type !== "started") return;
      jobs += 1;
      const job = event.where.replace("job ", "");
      if (jobs === 1) void cluster.slurm("scancel", "--signal=KILL", "--batch", job);
    });
    await executor.close();
    expect(outcomes[0]).toMatchObject({ kind: "made" });
    expect(outcomes[1]).toMatchObject({ kind: "made" });
    expect(outcomes[2]).toMatchObject({ kind: "failed", again: false, log: /\.log$/ });
    expect(outcomes[2]).toHaveProperty("message", expect.stringMatching(/last of 2 submissions/));
    expect(jobs).toBe(2);
    expect(emitted).toContainEqual({ type: "resumed", count: expect.any(Number) });
    expect(warnings.filter((text) => /survivor.*submitted again/.test(text))).toHaveLength(1);
    await store.close();
  });

  it("ends with Slurm's reason what Slurm cannot run, refuses, or was told to cancel", async () => {
    const { store, executor } = toySlurm(cluster, "refused", {
      kinds: { lost: { partition: "nowhere" } },
    });
    const large = { ...toy("large", []), resources: { threads: 64 } };
    const lost = { ...toyStep("lost", [], { kind: "lost" }), recipe: {} };
    const cancelled = toy("cancelled", [], { milliseconds: 200 }, 500);
    const outcomes = await executeAll(executor, [large, lost, cancelled], (event, step) => {
      if (step === cancelled && event.type === "started") {
        void cluster.slurm("scancel", event.where.replace("job ", ""));
      }
    });
    await executor.close();
    const messages = outcomes.map((outcome) => (outcome.kind === "failed" ? outcome.message : ""));
    expect(messages[0]).toMatch(/PartitionConfig \(no node of the partition has so many/);
    expect(messages[1]).toMatch(/no partition "nowhere".*Partitions here: main/);
    // Of one kind's own settings: others go on.
    expect(outcomes[1]).toMatchObject({ kind: "failed", again: false });
    expect(outcomes[1]).not.toHaveProperty("errorKind");
    expect(messages[2]).toMatch(/cancelled in Slurm/);
    expect(await cluster.slurm("squeue", "-h")).toBe("");
    await store.close();
  });

  it("finds the jobs of an executor that is gone, and cancels its own when told to", async () => {
    const step = toy("long", [], { milliseconds: 100 }, 40);
    const first = toySlurm(cluster, "again");
    const leaving = new AbortController();
    const left = await executeAll(
      first.executor,
      [step],
      (event) => event.type === "started" && leaving.abort(),
      leaving.signal,
    );
    expect(left).toEqual([{ kind: "stopped" }]);
    await first.executor.close();
    await first.store.close();
    const second = toySlurm(cluster, "again", { onAbort: "cancel" });
    const other = toy("other", [], { milliseconds: 100 }, 400);
    const cancelling = new AbortController();
    const where: string[] = [];
    const [made, stopped] = await Promise.all([
      executeAll(second.executor, [step], (event) => "where" in event && where.push(event.where)),
      executeAll(
        second.executor,
        [other],
        (event) => event.type === "started" && cancelling.abort(),
        cancelling.signal,
      ),
    ]);
    await second.executor.close();
    expect(made).toMatchObject([{ kind: "made" }]);
    expect(new Set(where).size).toBe(1);
    expect(readdirSync(join(second.folder, "slurm", "submissions"))).toHaveLength(2);
    expect(stopped).toEqual([{ kind: "stopped" }]);
    expect(await cluster.slurm("squeue", "-h")).toBe("");
    await second.store.close();
  });
});
