import { verify } from "@counterweight/steps";
import { type CommandIo, exitCodes } from "../io.js";
import { formatBytes, formatCount } from "../words.js";
import { openStore } from "./open-store.js";

/** Options of `counterweight store verify`. */
export interface VerifyFlags {
  readonly store?: string;
  readonly json: boolean;
}

/**
 * `counterweight store verify`: proves every entry by its hashes. Damaged ones are set aside, so that
 * the next run makes them anew; the exit code is 1 where there are any.
 */
export async function verifyCommand(flags: VerifyFlags, io: CommandIo): Promise<number> {
  const store = openStore(flags, io);
  const found = await verify(store);
  const { whole, bytes, damaged } = found;
  if (flags.json) io.stdout(`${JSON.stringify(found, null, 2)}\n`);
  else {
    for (const { key, reason, movedTo } of damaged) {
      io.stdout(`${key}: ${reason.replace(/\.?$/, ".")} Now in ${movedTo}\n`);
    }
    const words = `${formatCount(whole)} entries whole (${formatBytes(bytes)})`;
    io.stdout(`${words}, ${formatCount(damaged.length)} damaged.\n`);
    if (damaged.length > 0) {
      io.stderr("What is damaged was set aside; the next run that needs it makes it again.\n");
    }
  }
  return damaged.length === 0 ? exitCodes.done : exitCodes.failed;
}
