import { createRequire } from "node:module";
import { hideSecrets } from "@counterweight/base";
import type { TrainingBackend } from "@counterweight/experiments";
import { Command, CommanderError } from "commander";
import { type CommandIo, exitCodes } from "./io.js";
import { addRunCommands } from "./register/run-commands.js";
import { addStoreCommands } from "./register/store-commands.js";
import { addTrackCommands } from "./register/track-commands.js";
import { renderError } from "./render-error.js";

/** Parts that tests replace. */
export interface CommandParts {
  readonly createBackend: (io: CommandIo) => Promise<TrainingBackend>;
  /** What a second interrupt waits for MLflow at most, in milliseconds. 1000 where it is left out. */
  readonly lastWordMs?: number;
}

/** Loaded only when something is trained or planned, since it brings the numerical libraries. */
const realParts: CommandParts = {
  createBackend: async (io) => (await import("./create-backend.js")).createBackend(io),
};

/** What the registered commands share. */
export interface Registration {
  readonly io: CommandIo;
  readonly parts: CommandParts;
  /** Wraps an action: its exit code is the command's. */
  readonly act: <Words extends unknown[]>(
    action: (...words: Words) => Promise<number>,
  ) => (...words: Words) => Promise<void>;
}

/**
 * The command line: parses words, does what they say, and returns the exit code (0 done, 1 a step
 * failed, 2 usage, spec or data error, 130 interrupted). Never throws.
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
    .configureOutput({ writeOut: io.stdout, writeErr: (text) => io.stderr(hideSecrets(text)) })
    .showHelpAfterError("Run `counterweight --help` for all commands.")
    .addHelpText("after", topExamples);
  const registration: Registration = {
    ...{ io, parts },
    act:
      (action) =>
      async (...given) => {
        code = await action(...given);
      },
  };
  addRunCommands(program, registration);
  addStoreCommands(program, registration);
  addTrackCommands(program, registration);
  try {
    await program.parseAsync(words, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCodes.done : exitCodes.refused;
    }
    const stack = words.includes("--debug");
    io.stderr(renderError(error, stack));
    return exitCodes.refused;
  }
}

function packageVersion(): string {
  const found: unknown = createRequire(import.meta.url)("../package.json");
  const known = typeof found === "object" && found !== null && "version" in found;
  return known ? String(found.version) : "unknown";
}

const topExamples = `
Examples:
  counterweight plan experiments/quickstart.yaml
  counterweight run experiments/quickstart.yaml
  counterweight status runs/quickstart`;
