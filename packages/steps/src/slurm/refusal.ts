import { CounterweightError, nearest } from "@counterweight/base";
import type { SlurmClient } from "./client.js";
import type { JobRequest, SlurmRequest } from "./submission.js";

/**
 * Slurm's words for a setting that is wrong: it refuses all that ask alike. Not for what passes or
 * is of one job, such as a partition that is drained or gives no such nodes.
 */
const settings =
  /invalid partition|no partition specified|not permitted to use|invalid account\b|invalid qos|invalid (cluster )?feature|invalid (generic resource|gres)|unsupported by configured|reservation is invalid|access denied to requested reservation|invalid licen[cs]e|invalid wckey|unrecognized option|invalid option|invalid --|option .* (requires|is ambiguous)/i;

const partitionFlag = /^(?:--partition=|-p)(.+)$/;
const accountFlag = /^(?:--account=|-A)(.+)$/;

/**
 * The error behind a refusal of `sbatch` that concerns what every step asks for, such as a partition
 * that is none; undefined for one of this job alone.
 * @param message what `sbatch` said
 */
export async function settingRefused(
  message: string,
  request: Pick<JobRequest, "partition" | "account" | "flags">,
  client: Pick<SlurmClient, "partitions">,
): Promise<CounterweightError | undefined> {
  if (!settings.test(message)) return undefined;
  const words = `sbatch says: ${message}.`;
  const partition = request.partition ?? flagValue(request.flags, partitionFlag);
  const account = request.account ?? flagValue(request.flags, accountFlag);
  if (/partition/i.test(message) && !/account/i.test(message)) {
    const known = await client.partitions();
    const absent = partition?.split(",").find((name) => known?.includes(name) === false);
    const here = known === undefined ? "" : `Partitions here: ${known.join(", ")}. `;
    if (absent !== undefined) {
      const like = nearest(absent, known ?? []);
      const guess = like === undefined ? "" : ` Did you mean "${like}"?`;
      return error(`there is no partition "${absent}".${guess}`, `${here}Name one of them.`);
    }
    const what =
      partition === undefined ? "no partition is asked for" : `"${partition}" is refused`;
    return error(`${what}: ${words}`, `${here}Ask for another one, or its administrator.`);
  }
  if (/account/i.test(message)) {
    const what = account === undefined ? "Slurm wants an account" : `no account "${account}"`;
    const fix = 'Ask for one that "sacctmgr show associations" lists for you.';
    return error(`${what}${account === undefined ? "" : " for you here"}. ${words}`, fix);
  }
  return error(words, "Change what is asked of Slurm.");
}

/**
 * Whether what Slurm refuses may be what steps of one kind ask for alone, so that it says nothing of
 * others.
 * @param message what Slurm said
 * @param kind the request for the kind; undefined where it has none
 */
export function isOfKind(message: string, kind: SlurmRequest | undefined): boolean {
  const { partition, account, flags = [] } = kind ?? {};
  const ofPartition = partition !== undefined || flagValue(flags, partitionFlag) !== undefined;
  if (/invalid partition|no partition specified/i.test(message)) return ofPartition;
  // Accounts and qualities of service hold for some partitions; a flag may be any setting.
  return ofPartition || account !== undefined || flags.length > 0;
}

const error = (what: string, fix: string) =>
  new CounterweightError("usage", what, { where: "Slurm", fix });

function flagValue(flags: readonly string[], pattern: RegExp): string | undefined {
  return flags.map((flag) => pattern.exec(flag)?.[1]).findLast((value) => value !== undefined);
}
