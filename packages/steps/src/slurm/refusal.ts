import { CounterweightError, nearest } from "@counterweight/base";
import type { SlurmClient } from "./client.js";
import type { JobRequest } from "./submission.js";

/** What is asked of Slurm for many steps alike: it refuses all of them, or none. */
const settings =
  /partition|account|qos|quality of service|feature|constraint|gres|generic resource|reservation|licen[cs]e|wckey|unrecognized option|invalid option|invalid --|option .* requires/i;

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
  const partition = request.partition ?? flagValue(request.flags, /^(?:--partition=|-p)(.+)$/);
  const account = request.account ?? flagValue(request.flags, /^(?:--account=|-A)(.+)$/);
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

const error = (what: string, fix: string) =>
  new CounterweightError("usage", what, { where: "Slurm", fix });

function flagValue(flags: readonly string[], pattern: RegExp): string | undefined {
  return flags.map((flag) => pattern.exec(flag)?.[1]).findLast((value) => value !== undefined);
}
