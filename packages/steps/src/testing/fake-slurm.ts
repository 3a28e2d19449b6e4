import { readFileSync } from "node:fs";
import type { Random } from "@counterweight/base";
import { writeFileAtomic } from "@counterweight/base";
import type { Runner } from "../executor.js";
import { machineRecord } from "../run/machine-record.js";
import type { CommandResult, RunCommand } from "../slurm/client.js";
import { jobFiles, readOrder } from "../slurm/job-files.js";
import { type Made, makeOrdered } from "../slurm/make-ordered.js";
import type { MemoryStore } from "./memory-store.js";

interface FakeJob {
  readonly id: string;
  readonly folder: string;
  readonly comment: string;
  readonly after: readonly string[];
  state: string;
  reason: string;
  /** Looks at the queue until the next thing happens to it. */
  left: number;
  /** Its work, from when it is running. */
  readonly killed: AbortController;
  work: Promise<Made> | undefined;
}

export interface FakeSlurm {
  readonly run: RunCommand;
  /** Jobs of each folder that were alive at once, at most. */
  readonly aliveAtOnce: () => number;
  readonly submitted: () => number;
  /** Passes time as a look at the queue does, without anybody looking; whether a job is alive. */
  readonly passTime: () => Promise<boolean>;
}

/**
 * A scheduler that answers late or not at all, takes jobs without saying so, and kills, forgets and
 * loses them at random. Time passes with each look at the queue. Its jobs make what they are ordered
 * as real ones do, at the side of whoever looks.
 * @param faults the probability of each fault at each occasion
 */
export function fakeSlurm(
  store: MemoryStore,
  runner: Runner,
  random: Random,
  faults: number,
): FakeSlurm {
  const jobs: FakeJob[] = [];
  let ids = 0;
  let submitted = 0;
  let aliveAtOnce = 0;
  const fault = () => random.float() < faults;
  const answer = (stdout = ""): CommandResult => ({ code: 0, stdout, stderr: "" });
  const away: CommandResult = {
    code: 1,
    stdout: "",
    stderr: "slurm: Unable to contact slurm controller",
  };
  const alive = ({ state }: FakeJob) => state === "PENDING" || state === "RUNNING";

  function submit(args: readonly string[]): CommandResult {
    if (fault()) return away;
    const option = (name: string) =>
      args.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
    const script = readFileSync(args.at(-1) ?? "", "utf8");
    const list = /sed -n .* '(.*)'\)"/.exec(script)?.[1];
    const one = /^folder='(.*)'$/m.exec(script)?.[1] ?? "";
    const folders = list === undefined ? [one] : readFileSync(list, "utf8").trim().split("\n");
    const array = option("array");
    if (array === undefined ? folders.length !== 1 : array !== `0-${folders.length - 1}`) {
      throw new Error("the list and the array disagree");
    }
    ids += 1;
    for (const [index, folder] of folders.entries()) {
      const id = list === undefined ? `${ids}` : `${ids}_${index}`;
      const after = option("dependency")?.split(":").slice(1) ?? [];
      const comment = option("comment") ?? "";
      jobs.push({
        ...{ id, folder, comment, after, state: "PENDING", reason: "None", left: 1 },
        ...{ killed: new AbortController(), work: undefined },
      });
      submitted += 1;
      const rivals = jobs.filter((job) => job.folder === folder && alive(job)).length;
      aliveAtOnce = Math.max(aliveAtOnce, rivals);
    }
    // Taken, but the answer is lost on its way.
    return fault() ? away : answer(`${ids}\n`);
  }

  const forget = (job: FakeJob) => jobs.splice(jobs.indexOf(job), 1);

  async function passTime(): Promise<void> {
    for (const job of [...jobs]) {
      if (!alive(job)) {
        if (random.float() < 0.2) forget(job);
        continue;
      }
      const needs = job.after.map((id) => jobs.find((other) => other.id === id));
      if (needs.some((need) => need !== undefined && !alive(need) && need.state !== "COMPLETED")) {
        Object.assign(job, { state: "CANCELLED", reason: "DependencyNeverSatisfied" });
        continue;
      }
      // An id that was forgotten counts as one that ended well.
      if (needs.some((need) => need !== undefined && alive(need))) continue;
      job.left -= 1;
      if (job.left > 0) continue;
      if (job.state === "PENDING") {
        const work = makeOrder(job);
        Object.assign(job, { state: "RUNNING", left: 1 + random.integer(3), work });
      } else await endJob(job);
    }
  }

  async function makeOrder({ folder, id, killed }: FakeJob): Promise<Made> {
    const order = await readOrder(jobFiles(folder));
    if (order === undefined) throw new Error("a job without an order");
    return makeOrdered(order, {
      ...{ store, createRunner: () => runner, code: {}, machine: machineRecord() },
      ...{ executor: "slurm", where: `job ${id}`, signal: killed.signal, on: () => {} },
      ...{ needsSeconds: 0, leaseSeconds: 60, pauseMilliseconds: 2 },
    });
  }

  async function endJob(job: FakeJob): Promise<void> {
    if (fault()) {
      job.state = ["NODE_FAIL", "TIMEOUT", "PREEMPTED", "OUT_OF_MEMORY"][random.integer(4)] ?? "";
      job.killed.abort();
      await job.work;
      if (fault()) forget(job);
      return;
    }
    const left = await job.work;
    const good = left?.outcome.kind === "made" || left?.outcome.kind === "found";
    Object.assign(
      job,
      good ? { state: "COMPLETED" } : { state: "FAILED", reason: "NonZeroExitCode" },
    );
    // Killed between publishing and its record.
    if (good && fault()) return;
    const record = { ...left, started: "", ended: "", node: "n1", job: job.id };
    await writeFileAtomic(jobFiles(job.folder).exit, JSON.stringify(record));
  }

  return {
    submitted: () => submitted,
    aliveAtOnce: () => aliveAtOnce,
    passTime: async () => {
      await passTime();
      return jobs.some(alive);
    },
    run: async (file, args) => {
      switch (file) {
        case "sbatch":
          return submit(args);
        case "squeue": {
          await passTime();
          if (fault()) return away;
          const rows = jobs.map((j) => [j.id, j.state, "", j.reason, j.comment].join("|"));
          return answer(`${rows.join("\n")}\n`);
        }
        case "scancel":
          for (const job of jobs) {
            if (!args.includes(job.id) || !alive(job)) continue;
            job.state = "CANCELLED";
            job.killed.abort();
          }
          return answer();
        default:
          return answer("MinJobAge = 0 sec\n");
      }
    },
  };
}
