import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { type ResolvedSpec, storedSpec } from "@counterweight/experiments";
import { openTracking, type Tracking, trackingDestination } from "@counterweight/tracking";
import type { CommandIo } from "../io.js";

/** Folder of the embedded store: beside the store of steps, and not named mlruns. */
export const embeddedFolder = (store: string): string => join(dirname(store), "tracking");

/**
 * Begins to record a run where its spec and the environment say; undefined where they say nowhere.
 * @param say told of warnings as they come
 */
export async function openRunTracking(
  spec: ResolvedSpec,
  { out, store }: { readonly out: string; readonly store: string },
  { environment, now }: Pick<CommandIo, "environment" | "now">,
  say: (line: string) => void,
): Promise<Tracking | undefined> {
  const { tracking, name } = spec.settings;
  const { destination, notes } = trackingDestination(tracking, environment, {
    name,
    folder: embeddedFolder(store),
  });
  for (const note of notes) say(`tracking: ${note}`);
  if (destination === undefined) return undefined;
  return openTracking({
    runFolder: out,
    destination,
    now,
    environment,
    spec: { ...storedSpec(spec, out) },
    ...userOf(environment),
    onWarning: (message) => say(`tracking: ${message}`),
  });
}

/**
 * Who runs it: the name given to MLflow, else the system's. No name where the system knows none, as
 * in a container with a user number of its own: a run must not fail for that.
 */
export function userOf(
  environment: CommandIo["environment"],
  system: () => { readonly username: string } = userInfo,
): { readonly user?: string } {
  const { MLFLOW_TRACKING_USERNAME: given = "" } = environment;
  if (given !== "") return { user: given };
  try {
    return { user: system().username };
  } catch {
    return {};
  }
}
