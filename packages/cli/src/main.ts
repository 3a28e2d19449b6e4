import { main } from "./command.js";
import { exitCodes, processIo } from "./io.js";

// A reader that has seen enough (`| head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`counterweight: cannot write to standard output (${error.code}).\n`);
  process.exit(exitCodes.refused);
});
process.exitCode = await main(process.argv.slice(2), processIo());
