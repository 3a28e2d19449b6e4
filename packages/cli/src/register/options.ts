import { type Command, InvalidArgumentError, Option } from "commander";

/** The last word wins of most options; of these all count. */
export const collect = (value: string, earlier: readonly string[]): string[] => [...earlier, value];

/** A whole number of at least 1. */
function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError("needed a whole number of at least 1.");
}

/** Options of commands about a store. */
export const storeOption = (command: Command): Command =>
  command
    .option("--store <folder>", "folder of the store (default: $COUNTERWEIGHT_STORE or runs/store)")
    .option("--debug", "show stack traces");

/** Options of commands about a spec. */
export const specOptions = (command: Command): Command =>
  storeOption(command)
    .option("--set <key=value>", "the same as key=value; may be repeated", collect, [])
    .addOption(
      new Option(
        "--executor <name>",
        "who makes the steps (default: run.executor of the spec)",
      ).choices(["pool", "in-process", "slurm"]),
    )
    .option("--jobs <count>", "worker processes of the pool", positive);
