import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import type { Step } from "../step.js";

/** What is asked of Slurm for a job. */
export interface SlurmRequest {
  readonly memoryMegabytes?: number;
  readonly minutes?: number;
  readonly partition?: string;
  readonly account?: string;
  /** Further flags of `sbatch`, such as "--gres=gpu:1". */
  readonly flags?: readonly string[];
}

/** A request with all that decides whether steps may share an array. */
export interface JobRequest {
  readonly processors: number;
  readonly memoryMegabytes: number | undefined;
  readonly minutes: number | undefined;
  readonly partition: string | undefined;
  readonly account: string | undefined;
  readonly flags: readonly string[];
  /** Ids of the jobs that have to end well before. */
  readonly after: readonly string[];
}

/**
 * What a step asks for: the request for its kind before the step's own resources, these before the
 * request for all. Flags add up.
 */
export function requestOf(
  step: Step,
  common: SlurmRequest,
  kind: SlurmRequest,
  after: readonly string[],
): JobRequest {
  const { resources } = step;
  return {
    processors: resources.threads,
    memoryMegabytes: kind.memoryMegabytes ?? resources.memoryMegabytes ?? common.memoryMegabytes,
    minutes: kind.minutes ?? resources.minutes ?? common.minutes,
    partition: kind.partition ?? common.partition,
    account: kind.account ?? common.account,
    flags: [...(common.flags ?? []), ...(kind.flags ?? [])],
    after: [...after].sort(),
  };
}

/** Things that may go into one array: of equal kind, cost shape and request, at most `size` each. */
export function groupAlike<T extends { readonly step: Step; readonly request: JobRequest }>(
  jobs: readonly T[],
  size: number,
): T[][] {
  const groups = new Map<string, T[]>();
  for (const job of jobs) {
    const { making, cost } = job.step;
    const alike = JSON.stringify([making.kind, cost.shape, job.request]);
    const group = groups.get(alike);
    if (group === undefined) groups.set(alike, [job]);
    else group.push(job);
  }
  const chunk = Math.max(1, size);
  return [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / chunk) }, (_, index) =>
      group.slice(index * chunk, (index + 1) * chunk),
    ),
  );
}

/** For `sh`: one word, whatever is in it. */
export const quoteForShell = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** A file name for `--output`, in which Slurm reads `%` as the start of a placeholder. */
export const quoteForOutput = (path: string): string => path.replaceAll("%", "%%");

/** Letters, digits and `._-` alone, at most 60: names end in tables and mails of administrators. */
export const jobName = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60) || "step";

/**
 * The script of a job or of an array. It becomes the worker (`exec`), so that Slurm's signals
 * reach the worker itself.
 * @param folder The job's folder, or for an array the file with one folder a line.
 */
export function jobScript(options: {
  readonly command: readonly string[];
  readonly setup: readonly string[];
  readonly folder: string | { readonly list: string };
}): string {
  const { command, setup, folder } = options;
  const where =
    typeof folder === "string"
      ? quoteForShell(folder)
      : `"$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" ${quoteForShell(folder.list)})"`;
  return [
    "#!/bin/sh",
    "# Written by @counterweight/steps: makes one step and leaves exit.json in its folder.",
    ...setup,
    `folder=${where}`,
    `exec ${command.map(quoteForShell).join(" ")} --job "$folder"`,
    "",
  ].join("\n");
}

/** Arguments of `sbatch`. */
export function submitArguments(options: {
  readonly request: JobRequest;
  readonly name: string;
  readonly comment: string;
  readonly script: string;
  /** Working folder of the job. */
  readonly cwd: string;
  /** With placeholders of Slurm. */
  readonly output: string;
  readonly exported: string;
  readonly requeue: boolean;
  readonly array: { readonly tasks: number; readonly limit: number | undefined } | undefined;
}): string[] {
  const { request, array } = options;
  const limit = array?.limit === undefined ? "" : `%${array.limit}`;
  return [
    "--parsable",
    `--job-name=${options.name}`,
    `--comment=${options.comment}`,
    `--chdir=${options.cwd}`,
    `--output=${options.output}`,
    "--open-mode=append",
    "--nodes=1",
    "--ntasks=1",
    `--cpus-per-task=${request.processors}`,
    `--export=${options.exported}`,
    options.requeue ? "--requeue" : "--no-requeue",
    "--kill-on-invalid-dep=yes",
    ...(request.memoryMegabytes === undefined
      ? []
      : [`--mem=${Math.ceil(request.memoryMegabytes)}M`]),
    ...(request.minutes === undefined ? [] : [`--time=${Math.max(1, Math.ceil(request.minutes))}`]),
    ...(request.partition === undefined ? [] : [`--partition=${request.partition}`]),
    ...(request.account === undefined ? [] : [`--account=${request.account}`]),
    ...(request.after.length === 0 ? [] : [`--dependency=afterok:${request.after.join(":")}`]),
    ...(array === undefined ? [] : [`--array=0-${array.tasks - 1}${limit}`]),
    ...request.flags,
    options.script,
  ];
}

const ours =
  /^(--(parsable|array|dependency|output|error|comment|chdir|wrap|wait|test-only|hold|kill-on-invalid-dep|export|open-mode|requeue|no-requeue|begin|quiet|help|version)(=|$)|-[adoeDWHQhV])/;

/**
 * Refuses flags that this executor sets itself, and whatever is no flag and would be taken for the
 * script.
 * @throws CounterweightError `usage`
 */
export function checkFlags(flags: readonly string[]): void {
  for (const flag of flags) {
    if (ours.test(flag)) {
      throw new CounterweightError("usage", `the flag ${flag} of sbatch is set by the executor.`, {
        where: "slurm flags",
        fix: "Leave it out.",
      });
    }
    if (!/^-/.test(flag) || flag === "-" || flag === "--") {
      throw new CounterweightError("usage", `"${flag}" is no flag of sbatch.`, {
        where: "slurm flags",
        fix: 'Write each as one word with "=", such as --gres=gpu:1.',
      });
    }
  }
}

/**
 * Refuses folders that Slurm or the list of an array cannot name.
 * @throws CounterweightError `usage`
 */
export function checkFolder(folder: string): void {
  if (/[\n\r\\]/.test(folder)) {
    throw new CounterweightError("usage", "the folder's name holds a backslash or a line break.", {
      where: join(folder),
      fix: "Slurm cannot write logs there; give another folder.",
    });
  }
}
