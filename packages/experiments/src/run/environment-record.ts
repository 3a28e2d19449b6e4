import { execFile } from "node:child_process";
import { cpus, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { libraryVersion } from "./library-version.js";

/** What a run ran on, as far as results may depend on it. Nothing that names a person or a host. */
export interface EnvironmentRecord {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Versions of our package and of the libraries that compute or parse. */
  readonly packages: Readonly<Record<string, string>>;
  /** Commit of the code, if it runs from a git checkout. */
  readonly git: { readonly commit: string; readonly dirty: boolean } | undefined;
}

const libraries = [
  "@counterweight/experiments",
  "onnxruntime-node",
  "@huggingface/tokenizers",
  "zod",
  "yaml",
];

/** Reads the environment; what cannot be found is left out. */
export async function environmentRecord(): Promise<EnvironmentRecord> {
  const processors = cpus();
  const versions = libraries.map((name) => [name, libraryVersion(name)]);
  return {
    node: process.version,
    platform: `${process.platform}-${process.arch} ${release()}`,
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    packages: Object.fromEntries(versions.filter(([, found]) => found !== undefined)),
    git: await gitState(fileURLToPath(new URL(".", import.meta.url))),
  };
}

/** What of it made a step, for the record of the step's entry. */
export const codeOf = (
  { packages, git }: EnvironmentRecord,
  backend: { readonly version: string },
): Readonly<Record<string, unknown>> => ({ packages, git, backend: backend.version });

async function gitState(folder: string): Promise<EnvironmentRecord["git"]> {
  const git = async (...words: string[]): Promise<string> =>
    (await promisify(execFile)("git", ["-C", folder, ...words], { timeout: 5000 })).stdout.trim();
  try {
    // Installed under node_modules of another repository, its commit would not be ours.
    if (folder.includes("node_modules")) return undefined;
    const commit = await git("rev-parse", "HEAD");
    return { commit, dirty: (await git("status", "--porcelain", "--untracked-files=no")) !== "" };
  } catch {
    return undefined;
  }
}
