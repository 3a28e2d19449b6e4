import { readFileSync } from "node:fs";
import type { Random } from "@counterweight/base";
import { writeFileAtomic } from "@counterweight/base";
import type { Outcome } from "../executor.js";
import type { CommandResult, RunCommand } from "../slurm/client.js";
import { jobFiles, readOrder } from "../slurm/job-files.js";
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
}

export interface FakeSlurm {
  readonly run: RunCommand;
  /** Jobs of each folder that were alive at once, at most. */
  readonly aliveAtOnce: () => number;
  readonly submitted: () => number;
}

/**
 * A scheduler that answers late or not at all, takes jobs without saying so, and kills, forgets and
 * loses them at random. Time passes with each look at the queue.
 * @param faults the probability of each fault at each occasion
 */
export function fakeSlurm(store: MemoryStore, random: Random, faults: number): FakeSlurm {
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
      jobs.push({ ...{ id, folder, comment, after, state: "PENDING", reason: "None" }, left: 1 });
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
        Object.assign(job, { state: "RUNNING", left: 1 + random.integer(3) });
      } else await endJob(job);
    }
  }

  async function endJob(job: FakeJob): Promise<void> {
    if (fault()) {
      job.state = ["NODE_FAIL", "TIMEOUT", "PREEMPTED", "OUT_OF_MEMORY"][random.integer(4)] ?? "";
      if (fault()) forget(job);
      return;
    }
    const order = await readOrder(jobFiles(job.folder));
    if (order === undefined) throw new Error("a job without an order");
    const missing: string[] = [];
    for (const need of order.step.needs) if (!(await store.has(need))) missing.push(need);
    const [input] = missing;
    const already = await store.has(order.step.key);
    let outcome: Outcome = { kind: already ? "found" : "made", seconds: 1 };
    if (input !== undefined) outcome = { kind: "input-lost", input, reason: "It is not there." };
    else if (!already) store.put(order.step.key);
    const good = input === undefined;
    Object.assign(
      job,
      good ? { state: "COMPLETED" } : { state: "FAILED", reason: "NonZeroExitCode" },
    );
    // Killed between publishing and its record.
    if (good && fault()) return;
    const record = { outcome, started: "", ended: "", node: "n1", job: job.id };
    const more = input === undefined ? {} : { absentNeed: input };
    const { exit } = jobFiles(job.folder);
    await writeFileAtomic(exit, JSON.stringify({ ...record, ...more }));
  }

  return {
    submitted: () => submitted,
    aliveAtOnce: () => aliveAtOnce,
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
            if (args.includes(job.id) && alive(job)) job.state = "CANCELLED";
          }
          return answer();
        default:
          return answer("MinJobAge = 0 sec\n");
      }
    },
  };
}
