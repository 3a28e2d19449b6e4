import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CounterweightError } from "@counterweight/base";
import type { Executor } from "@counterweight/steps";

/** Where this package and its siblings lie, in a checkout as well as installed. */
const packages = fileURLToPath(new URL("../..", import.meta.url));
/** What steps are made with stands on it. */
const root = "experiments";
const own = "@counterweight/";

/**
 * SHA-256 of the compiled code that steps are made with, as it lies on the disk now: of the package
 * `experiments` and all of ours that it stands on. Equal for a build that gives the same files.
 */
export async function buildDigest(): Promise<string> {
  const hash = createHash("sha256");
  for (const name of await packagesBelow(root)) {
    const folder = join(packages, name, "dist");
    const files = await readdir(folder, { recursive: true });
    for (const file of files.filter(isCode).sort()) {
      hash.update(`${name}/${file}\n`).update(await readFile(join(folder, file)));
    }
  }
  return hash.digest("hex");
}

const isCode = (file: string): boolean =>
  file.endsWith(".js") && !/\.(test|fixture)\.js$|^testing[\\/]/.test(file);

async function packagesBelow(name: string): Promise<string[]> {
  const found = new Set([name]);
  for (const each of found) {
    const text = await readFile(join(packages, each, "package.json"), "utf8");
    const { dependencies = {} }: { dependencies?: Record<string, string> } = JSON.parse(text);
    for (const other of Object.keys(dependencies)) {
      if (other.startsWith(own)) found.add(other.slice(own.length));
    }
  }
  return [...found].sort();
}

/** A process of a run was started with other code than the run's own. */
export const rebuilt = (cause?: string): CounterweightError =>
  new CounterweightError(
    "usage",
    "Counterweight was rebuilt or updated while this run was under way, so that a new worker or job has other code than the run began with.",
    {
      fix: `Run the same command again: it goes on with the new code from what is finished.${cause === undefined ? "" : ` What failed first: ${cause}`}`,
    },
  );

/**
 * An executor whose failures are looked at once more: where the code on the disk is not what it was,
 * that is why, whatever the new process said, and it would meet every step.
 * @param build `buildDigest` of when the run began
 */
export function noticingRebuild(executor: Executor, build: Promise<string>): Executor {
  return {
    ...executor,
    async execute(step, options) {
      const outcome = await executor.execute(step, options);
      if (outcome.kind !== "failed") return outcome;
      const { errorKind, message } = outcome;
      if (errorKind === "training" || errorKind === "usage") return outcome;
      const now = await buildDigest().catch(() => "a build under way");
      if (now === (await build)) return outcome;
      const first = message.split("\n", 1)[0] ?? "";
      return { ...outcome, message: rebuilt(first).message, again: false, errorKind: "usage" };
    },
  };
}
