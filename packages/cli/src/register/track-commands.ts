import { type Command, InvalidArgumentError } from "commander";
import type { Registration } from "../command.js";
import type { ImportFlags, UiFlags } from "../track/track-commands.js";

/** `counterweight track import | sync | ui`. */
export function addTrackCommands(program: Command, { io, act }: Registration): void {
  const track = program
    .command("track")
    .summary("send runs to MLflow, deliver what waits, open the embedded store");
  track
    .command("import")
    .summary("send runs made before to MLflow; twice changes nothing")
    .argument("<folders...>", "run folders")
    .option("--to <uri>", "MLflow server or folder (default: MLFLOW_TRACKING_URI, else embedded)")
    .option("--experiment <name>", "MLflow experiment (default: the folder's name)")
    .option("--store <folder>", "store of steps, beside which the embedded store lies")
    .option("--debug", "show stack traces")
    .action(
      act(async (folders: string[], flags: ImportFlags) =>
        (await import("../track/track-commands.js")).trackImport(folders, flags, io),
      ),
    );
  track
    .command("sync")
    .summary("deliver what could not be sent while the server was away")
    .argument("[folder]", "a run folder, or a folder of them", "runs")
    .option("--debug", "show stack traces")
    .action(
      act(async (folder: string) =>
        (await import("../track/track-commands.js")).trackSync(folder, io),
      ),
    );
  track
    .command("ui")
    .summary("open the embedded store with the real MLflow")
    .argument("[folder]", "its folder (default: tracking, beside the store of steps)")
    .option("--port <number>", "port of the web page", port, 5000)
    .option("--store <folder>", "store of steps, beside which it lies")
    .option("--print", "only print the command that opens it", false)
    .option("--debug", "show stack traces")
    .action(
      act(async (folder: string | undefined, flags: UiFlags) =>
        (await import("../track/track-commands.js")).trackUi(folder, flags, io),
      ),
    );
}

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw new InvalidArgumentError("needed a port from 1 to 65535.");
}
