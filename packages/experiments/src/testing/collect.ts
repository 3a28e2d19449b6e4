import type { TrainingBackend } from "../run/backend.js";
import type { RunEvent } from "../run/events.js";
import type { RunResults } from "../run/results.js";
import { runExperiment } from "../run/run-experiment.js";
import { resolveSpec } from "../spec/resolve.js";

/** Runs a spec to its end, for tests. */
export async function collectRun(
  backend: TrainingBackend,
  options: {
    readonly spec: string;
    readonly out: string;
    readonly file?: string;
    readonly overrides?: readonly string[];
  },
): Promise<{ readonly events: RunEvent[]; readonly results: RunResults }> {
  const spec = resolveSpec(options.spec, {
    file: options.file ?? "/specs/sample.yaml",
    overrides: options.overrides ?? [],
  });
  const events: RunEvent[] = [];
  const stream = runExperiment(spec, { out: options.out, backend });
  let next = await stream.next();
  while (next.done !== true) {
    events.push(next.value);
    next = await stream.next();
  }
  return { events, results: next.value };
}
