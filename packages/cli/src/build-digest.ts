import { createHash } from "node:crypto";
import { readdir, readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CounterweightError, systemCode } from "@counterweight/base";
import type { Executor } from "@counterweight/steps";

/** Where this package lies. */
const here = fileURLToPath(new URL("..", import.meta.url));
const own = "@counterweight/";
/** What steps are made with stands on it. */
const root = `${own}experiments`;

/**
 * SHA-256 of the compiled code that steps are made with, as it lies on the disk now: of the package
 * `experiments` and all of ours that it stands on. Equal for a build that gives the same files.
 * @param from folder of the package that is to find them, as Node would from there
 * @throws CounterweightError `usage` where one is not installed.
 */
export async function buildDigest(from: string = here): Promise<string> {
  const hash = createHash("sha256");
  for (const [name, folder] of await packagesBelow(root, from)) {
    const files = await readdir(join(folder, "dist"), { recursive: true });
    for (const file of files.filter(isCode).sort()) {
      const code = await readFile(join(folder, "dist", file));
      hash.update(`${name.slice(own.length)}/${file}\n`).update(code);
    }
  }
  return hash.digest("hex");
}

const isCode = (file: string): boolean =>
  file.endsWith(".js") && !/\.(test|fixture)\.js$|^testing[\\/]/.test(file);

/** Folders of a package and of all of ours that it stands on, with their names, sorted by these. */
async function packagesBelow(
  name: string,
  from: string,
): Promise<readonly (readonly [name: string, folder: string])[]> {
  const found = new Map([[await folderOf(name, from), name]]);
  for (const [folder] of found) {
    const text = await readFile(join(folder, "package.json"), "utf8");
    const { dependencies = {} }: { dependencies?: Record<string, string> } = JSON.parse(text);
    for (const other of Object.keys(dependencies)) {
      if (other.startsWith(own)) found.set(await folderOf(other, folder), other);
    }
  }
  return [...found].map(([folder, each]) => [each, folder] as const).sort(byName);
}

/** Of two versions of one package, which may lie at different depths, by the folder. */
const byName = (one: readonly string[], other: readonly string[]): number =>
  one.join("\n") < other.join("\n") ? -1 : 1;

/** A folder and all above it. */
const foldersUp = (folder: string): string[] =>
  folder === dirname(folder) ? [folder] : [folder, ...foldersUp(dirname(folder))];

/**
 * Where Node finds a package from another: a global installation keeps the packages below the
 * command's own folder, others beside it, and a checkout links them; there it may also just lie
 * beside the other.
 */
async function folderOf(name: string, from: string): Promise<string> {
  const places = [
    ...foldersUp(await realpath(from)).map((folder) => join(folder, "node_modules", name)),
    join(from, "..", name.slice(own.length)),
  ];
  for (const place of places) {
    try {
      return dirname(await realpath(join(place, "package.json")));
    } catch (error) {
      const code = systemCode(error);
      if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
    }
  }
  throw new CounterweightError("usage", `the package ${name} is not installed.`, {
    where: from,
    fix: "Install Counterweight again.",
  });
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
