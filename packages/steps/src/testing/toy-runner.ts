import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CounterweightError, sha256, writeFileAtomic } from "@counterweight/base";
import type { Runner } from "../executor.js";

/** What a toy step is to do; it changes no result, so it stands in the recipe. */
export interface ToyRecipe {
  /** Pause at each count. */
  readonly milliseconds?: number;
  /** What happens at half of the way. */
  readonly trouble?: "diverge" | "mistake" | "die-once" | "die" | "exit" | "hang" | "talk";
}

const isRecipe = (value: unknown): value is ToyRecipe => typeof value === "object";

/**
 * Hashes the results of its inputs `settings.counts` times over, keeping hash and count in the work
 * folder each time, so that a killed one goes on where it was: training in small.
 */
export const toyRunner: Runner = async (step, { draft, work, signal, emit, input }) => {
  const { recipe } = step;
  const { milliseconds = 0, trouble } = isRecipe(recipe) ? recipe : {};
  const counts = Number(step.making.settings.counts ?? 4);
  const inputs = [];
  for (const key of step.needs) {
    const { folder } = await input(key);
    inputs.push(await readFile(join(folder, "hash.txt"), "utf8"));
  }
  const file = join(work, "state.json");
  const kept = await readFile(file, "utf8").catch(() => undefined);
  let state = { count: 0, hash: sha256(JSON.stringify([step.label, inputs])) };
  if (kept !== undefined) {
    state = JSON.parse(kept);
    emit({ type: "resumed", count: state.count });
  }
  while (state.count < counts) {
    if (signal.aborted && trouble !== "hang") return { kind: "stopped" };
    if (trouble !== undefined && state.count >= counts / 2) await meet(trouble, work);
    state = { count: state.count + 1, hash: sha256(state.hash) };
    await writeFileAtomic(file, JSON.stringify(state));
    emit({ type: "count", count: state.count, counts });
    if (milliseconds > 0) await sleep(milliseconds);
  }
  await writeFile(join(draft, "hash.txt"), state.hash);
  return { kind: "made", result: { hash: state.hash } };
};

async function meet(trouble: NonNullable<ToyRecipe["trouble"]>, work: string): Promise<void> {
  switch (trouble) {
    case "diverge":
      throw new CounterweightError("training", "the loss is not a number.");
    case "mistake":
      throw new TypeError("undefined is not a function");
    case "die-once":
      if ((await readFile(join(work, "died")).catch(() => undefined)) !== undefined) return;
      await writeFile(join(work, "died"), "");
      return die();
    case "die":
      return die();
    case "exit":
      process.stderr.write("last words\n");
      process.exit(7);
      break;
    case "hang":
      await new Promise((resolve) => setTimeout(resolve, 600_000));
      return;
    case "talk":
      console.log("said on the way");
  }
}

async function die(): Promise<void> {
  process.kill(process.pid, "SIGKILL");
  await new Promise((resolve) => setTimeout(resolve, 600_000));
}
