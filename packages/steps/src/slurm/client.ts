import { execFile } from "node:child_process";
import { parseQueue, type QueueRow, queueFormat } from "./queue.js";

/** What a command that came to its end left behind. */
export interface CommandResult {
  /** Exit status; null where it was killed for lack of an answer. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with arguments, without a shell. @throws where it cannot be started */
export type RunCommand = (
  file: string,
  args: readonly string[],
  options: { readonly timeoutMilliseconds: number },
) => Promise<CommandResult>;

/** `sbatch` and its like with the environment of this process, less what would change their ways. */
export const runCommand: RunCommand = (file, args, { timeoutMilliseconds }) =>
  new Promise((resolve, reject) => {
    const options = {
      timeout: timeoutMilliseconds,
      killSignal: "SIGKILL" as const,
      maxBuffer: 256 * 1024 * 1024,
      env: cleanEnvironment(process.env),
    };
    execFile(file, [...args], options, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr });
      if (typeof error.code === "string") return reject(error);
      resolve({ code: error.killed ? null : (error.code ?? null), stdout, stderr });
    });
  });

/**
 * Without the variables of a job this process may itself be (they would be taken for the new
 * job's) and those that filter `squeue` or make `sbatch` wait. SBATCH_ACCOUNT and its like stay.
 */
export function cleanEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = /^SLURM_(CONF|CLUSTERS|CONF_SERVER|JWT)$/;
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => !/^(SLURM_|SQUEUE_|SBATCH_WAIT$)/.test(name) || kept.test(name),
    ),
  );
}

export type SubmitResult =
  | { readonly kind: "submitted"; readonly job: string }
  /** No answer: whether the job was taken is not known. */
  | { readonly kind: "away"; readonly message: string }
  /** A limit on how many jobs may be queued. */
  | { readonly kind: "full"; readonly message: string }
  /** The array is larger than the cluster allows. */
  | { readonly kind: "array-too-large"; readonly message: string }
  | { readonly kind: "refused"; readonly message: string };

export type QueueResult =
  | { readonly kind: "answered"; readonly rows: readonly QueueRow[] }
  | { readonly kind: "away"; readonly message: string };

/** The few commands of Slurm that are needed; no accounting. */
export interface SlurmClient {
  submit(args: readonly string[]): Promise<SubmitResult>;
  /** All jobs of this user that Slurm still knows, ended ones too. */
  queue(): Promise<QueueResult>;
  /** A request, not a fact: Slurm says nothing of jobs that it does not know. */
  cancel(jobs: readonly string[]): Promise<void>;
  limits(): Promise<ClusterLimits>;
  /** Names of the partitions; undefined where Slurm does not say. */
  partitions(): Promise<readonly string[] | undefined>;
}

export interface ClusterLimits {
  /** Tasks an array may have. */
  readonly arraySize: number;
  /** Seconds for which an ended job stays listed. */
  readonly minJobAge: number;
}

export function slurmClient(run: RunCommand, timeoutMilliseconds: number): SlurmClient {
  const attempt = async (file: string, args: readonly string[]): Promise<CommandResult> => {
    try {
      return await run(file, args, { timeoutMilliseconds });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { code: 127, stdout: "", stderr: `${file} cannot be started here: ${message}` };
    }
  };
  return {
    submit: async (args) => submitResult(await attempt("sbatch", args)),
    async queue() {
      const args = ["--noheader", "--states=all", "--array", "--me", `--format=${queueFormat}`];
      const result = await attempt("squeue", args);
      if (result.code === 0) return { kind: "answered", rows: parseQueue(result.stdout) };
      return { kind: "away", message: said(result) };
    },
    async cancel(jobs) {
      // Well under the limit on a command's arguments.
      for (let first = 0; first < jobs.length; first += 500) {
        await attempt("scancel", jobs.slice(first, first + 500));
      }
    },
    limits: async () => parseLimits((await attempt("scontrol", ["show", "config"])).stdout),
    async partitions() {
      const { code, stdout } = await attempt("sinfo", ["--noheader", "--format=%R"]);
      return code === 0
        ? [...new Set(stdout.split("\n").map((name) => name.trim()))].filter(Boolean)
        : undefined;
    },
  };
}

/** From `scontrol show config`; Slurm's defaults for what is not said. */
export function parseLimits(config: string): ClusterLimits {
  const number = (name: string, otherwise: number): number => {
    const found = new RegExp(`^${name}\\s*=\\s*(\\d+)`, "m").exec(config)?.[1];
    return found === undefined ? otherwise : Number(found);
  };
  return {
    arraySize: Math.max(0, number("MaxArraySize", 1001) - 1),
    minJobAge: number("MinJobAge", 300),
  };
}

/** The job's id, or why there is none, from what `sbatch --parsable` printed. */
export function submitResult(result: CommandResult): SubmitResult {
  const job = /^(\d+)(;[^\n]*)?$/m.exec(result.stdout)?.[1];
  if (result.code === 0 && job !== undefined) return { kind: "submitted", job };
  const message = said(result);
  if (result.code === null || away.test(message)) return { kind: "away", message };
  if (limitOfOneJob.test(message)) return { kind: "refused", message };
  if (full.test(message)) return { kind: "full", message };
  if (/invalid job array/i.test(message)) return { kind: "array-too-large", message };
  return { kind: "refused", message };
}

const away =
  /unable to contact slurm controller|socket timed out|connection (refused|reset|timed out)|zero bytes were transmitted|transport endpoint|slurm backup controller in standby|communication (connection )?failure|resource temporarily unavailable/i;

/** No other job's end lifts it, unlike those of how many jobs there may be. */
const limitOfOneJob = /(QOS|Assoc)Max\w*(PerJob|PerNode|WallDuration)|QOSMin\w/;

const full =
  /temporarily unable to accept job|submit limit|MaxSubmit|SubmitJob(s)?Limit|job violates accounting\/QOS policy|too many jobs|job limit/i;

/** What a command said of its failure, in one line, less its own name. */
function said({ code, stderr }: CommandResult): string {
  if (code === null) return "no answer in time";
  const lines = stderr
    .split("\n")
    .map((line) => line.replace(/^\w+: (error: )?(Batch job submission failed: )?/, "").trim())
    .filter((line) => line !== "");
  return lines.length === 0 ? `exit status ${code}` : lines.join("; ");
}
