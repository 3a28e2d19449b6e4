import { randomUUID } from "node:crypto";
import type { Experiment, Run, StringMap } from "./entities.js";
import { hasErrorCode, invalidParameter, type MlflowError } from "./errors.js";
import { wasNotDone } from "./retry.js";
import { shown } from "./validate.js";

/** The tag that names the request a run or an experiment was created by. */
export const REQUEST_TAG = "mlflow-js-client.request";

/** A request's name: the caller's, or a new one. */
export function requestName(requestId: string | undefined): string {
  if (requestId === undefined) return randomUUID();
  // It stands in a filter between quotes.
  if (!/^[\w.:/-]{1,250}$/.test(requestId)) {
    throw invalidParameter(
      `The request id ${shown(requestId)} may hold letters, digits and _ . : / - only, up to 250.`,
    );
  }
  return requestId;
}

/** The filter that finds what a request created. */
export const requestFilter = (name: string): string => `tags.\`${REQUEST_TAG}\` = '${name}'`;

/** Tags with the name of the request. */
export const withRequest = (tags: StringMap, name: string): StringMap => ({
  ...tags,
  [REQUEST_TAG]: name,
});

/** The order in which runs of one request are preferred: not deleted, then first begun, then by id. */
export function preferredFirst(runs: readonly Run[]): readonly Run[] {
  const rank = ({ info }: Run) => (info.lifecycleStage === "active" ? 0 : 1);
  return runs.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      a.info.startTime - b.info.startTime ||
      (a.info.runId < b.info.runId ? -1 : 1),
  );
}

/** What creating a run needs of a server. No part of it tries again by itself. */
export interface RunCreation {
  readonly create: () => Promise<Run>;
  /** All runs of the request, deleted ones too. */
  readonly find: () => Promise<readonly Run[]>;
  readonly remove: (run: Run) => Promise<void>;
}

/**
 * One try, to be repeated, of creating a run at most once. MLflow's `runs/create` makes another run
 * each time, so after a failure that leaves open whether it was done the run is looked for by its
 * request; and since a slow server may still finish the first request after that, a second run of the
 * request is deleted again.
 * @param lookFirst whether an earlier call may have created it already.
 */
export function createRunOnce(
  creation: RunCreation,
  lookFirst: boolean,
): (before: MlflowError | undefined) => Promise<Run> {
  let mayExist = lookFirst;
  let created: Run | undefined;
  return async (before) => {
    if (before !== undefined && !wasNotDone(before)) mayExist = true;
    if (mayExist) {
      const [found] = preferredFirst(await creation.find());
      if (found !== undefined && created === undefined) return found;
    }
    created ??= await creation.create();
    return before === undefined ? created : await settle(creation, created);
  };
}

async function settle(creation: RunCreation, created: Run): Promise<Run> {
  const runs = preferredFirst(await creation.find()).filter(
    ({ info }) => info.lifecycleStage === "active",
  );
  for (const run of runs.slice(1)) await creation.remove(run);
  return runs[0] ?? created;
}

/**
 * Creates an experiment, whose name the server allows once. Where it says that the name is taken, that
 * may be the doing of a try whose answer was lost: the experiment's request tells.
 * @returns the experiment's id.
 */
export async function createExperimentOnce(
  name: string,
  create: () => Promise<string>,
  find: () => Promise<Experiment | undefined>,
): Promise<string> {
  try {
    return await create();
  } catch (error) {
    if (!hasErrorCode(error, "RESOURCE_ALREADY_EXISTS")) throw error;
    const found = await find();
    if (found?.tags[REQUEST_TAG] !== name) throw error;
    return found.experimentId;
  }
}
