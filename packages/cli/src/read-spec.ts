import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CounterweightError, hideSecrets } from "@counterweight/base";
import { joinOverrideWords, type ResolvedSpec, resolveSpec } from "@counterweight/experiments";
import type { CommandIo } from "./io.js";

/** Words that every command about a spec takes. */
export interface SpecFlags {
  readonly set: readonly string[];
  readonly store?: string;
  readonly executor?: string;
  readonly jobs?: number;
}

/**
 * Reads and resolves a spec, and says what overrides replace. `--executor` and `--jobs` are
 * overrides of the section `run` like any other.
 * @throws CounterweightError `usage` for a file that cannot be read, `spec` for one that is wrong.
 */
export async function readSpec(
  file: string,
  overrides: readonly string[],
  flags: SpecFlags,
  io: CommandIo,
): Promise<ResolvedSpec> {
  const spec = resolveSpec(await textOf(file), {
    file,
    overrides: [...runOverrides(flags), ...flags.set, ...joinOverrideWords(overrides)],
    environment: io.environment,
    exists: existsSync,
    readFile: textIfThere,
  });
  for (const { path, value, replaced, where } of spec.replacements) {
    const old = replaced === undefined ? "" : ` replaces ${replaced}`;
    const line = `${path}=${value}${old}${where === undefined ? "" : ` (${where})`}`;
    io.stderr(`${hideSecrets(line)}\n`);
  }
  return spec;
}

const runOverrides = ({ executor, jobs }: SpecFlags): string[] => [
  ...(executor === undefined ? [] : [`run.executor=${executor}`]),
  ...(jobs === undefined ? [] : [`run.jobs=${jobs}`]),
];

/** Folder of the store: `--store`, else the environment's, else one beside the runs. */
export function storeFolder(
  { store }: { readonly store?: string },
  { environment }: Pick<CommandIo, "environment">,
): string {
  const { COUNTERWEIGHT_STORE: named = "" } = environment;
  return store ?? (named === "" ? join("runs", "store") : named);
}

function textIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    const known: Readonly<Record<string, string>> = {
      ENOENT: "there is no such file.",
      EISDIR: "this is a folder, needed a file.",
    };
    throw new CounterweightError("usage", known[code] ?? `cannot be read (${code}).`, {
      where: file,
      fix: "Give the path of a spec, such as experiments/quickstart.yaml.",
      cause,
    });
  }
}
