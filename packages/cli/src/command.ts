import { createRequire } from "node:module";
import type { TrainingBackend } from "@counterweight/experiments";
import { Command, CommanderError } from "commander";
import { type CommandIo, exitCodes } from "./io.js";
import { renderError } from "./render-error.js";

/** Parts that tests replace. */
export interface CommandParts {
  readonly createBackend: (io: CommandIo) => Promise<TrainingBackend>;
}

/** Loaded only when something is trained or planned, since it brings the numerical libraries. */
const realParts: CommandParts = {
  createBackend: async (io) => (await import("./create-backend.js")).createBackend(io),
};

/** Options of `counterweight run`. */
export interface RunFlags {
  readonly out?: string;
  readonly set: readonly string[];
  readonly dryRun: boolean;
  readonly json: boolean;
}

/**
 * The command line: parses words, does what they say, and returns the exit code (0 done, 1 a
 * training failed, 2 usage, spec or data error, 130 interrupted). Never throws.
 */
export async function main(
  words: readonly string[],
  io: CommandIo,
  parts: CommandParts = realParts,
): Promise<number> {
  let code: number = exitCodes.done;
  const program = new Command("counterweight")
    .description("Trains text classifiers on LLM-generated data, each row with its own weight.")
    .version(packageVersion(), "-V, --version")
    .option("--debug", "show stack traces")
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .showHelpAfterError("Run `counterweight --help` for all commands.")
    .addHelpText("after", topExamples);

  const debug = new Set<boolean>();
  program
    .command("run")
    .summary("run the experiment that a YAML file describes")
    .description("Runs an experiment. The same command again continues where it stopped.")
    .argument("<spec>", "YAML file")
    .argument("[overrides...]", "key=value, such as train.epochs=3 or seeds=0,1")
    .option("--out <folder>", "folder of the results (default: runs/<name>)")
    .option("--set <key=value>", "the same as key=value; may be repeated", collect, [])
    .option("--dry-run", "check spec and data, show what would be trained, train nothing", false)
    .option("--json", "results as JSON on standard output", false)
    .option("--debug", "show stack traces")
    .addHelpText("after", runExamples)
    .action(async (spec: string, overrides: string[], flags: RunFlags & { debug?: boolean }) => {
      if (flags.debug === true) debug.add(true);
      const { runCommand } = await import("./run-command.js");
      code = await runCommand({ spec, overrides, flags }, io, parts);
    });
  program
    .command("schema")
    .summary("print the JSON Schema of a spec, for editors")
    .action(async () => {
      const { schemaFile } = await import("@counterweight/experiments");
      io.stdout(schemaFile());
    });

  try {
    await program.parseAsync(words, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCodes.done : exitCodes.refused;
    }
    const stack = debug.has(true) || program.opts().debug === true;
    io.stderr(renderError(error, stack));
    return exitCodes.refused;
  }
}

const collect = (value: string, earlier: readonly string[]): string[] => [...earlier, value];

function packageVersion(): string {
  const found: unknown = createRequire(import.meta.url)("../package.json");
  const known = typeof found === "object" && found !== null && "version" in found;
  return known ? String(found.version) : "unknown";
}

const topExamples = `
Examples:
  counterweight run experiments/quickstart.yaml
  counterweight run experiments/quickstart.yaml --dry-run`;

const runExamples = `
Examples:
  counterweight run experiments/quickstart.yaml
  counterweight run experiments/quickstart.yaml train.epochs=1 seeds=0,1
  counterweight run experiments/quickstart.yaml --dry-run

Exit codes: 0 done, 1 a training failed, 2 usage, spec or data error, 130 interrupted.`;
