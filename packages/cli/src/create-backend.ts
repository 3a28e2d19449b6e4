import { homedir } from "node:os";
import type { TrainingBackend } from "@counterweight/experiments";
import type { CommandIo } from "./io.js";

/** Lines about a download come at most this often, in milliseconds. */
const sayEvery = 5000;

/** The backend that trains BERT classifiers; wired in here and nowhere else. */
export async function createBackend({
  environment,
  stderr,
  now,
}: Pick<CommandIo, "environment" | "stderr" | "now">): Promise<TrainingBackend> {
  const { bertBackend } = await import("@counterweight/experiments");
  let said = 0;
  return bertBackend(undefined, {
    environment,
    home: environment.HOME ?? homedir(),
    onProgress: ({ file, bytes, total }) => {
      const time = now().getTime();
      if (time - said < sayEvery && bytes < total) return;
      said = time;
      const megabytes = (count: number): string => (count / 1e6).toFixed(1);
      stderr(`downloading ${file}: ${megabytes(bytes)} of ${megabytes(total)} MB\n`);
    },
  });
}
