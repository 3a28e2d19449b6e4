import type { Experiment, LifecycleStage, RunInfo, RunStatus, StringMap } from "../entities.js";
import { invalidParameter, MlflowError } from "../errors.js";
import { type Meta, numberOf, textOf } from "./meta-yaml.js";

/** Numbers of the enumeration `RunStatus` in MLflow's protocol. */
const STATUSES: readonly (readonly [number, RunStatus])[] = [
  [1, "RUNNING"],
  [2, "SCHEDULED"],
  [3, "FINISHED"],
  [4, "FAILED"],
  [5, "KILLED"],
];
const statusNumbers = new Map(STATUSES.map(([number, status]) => [status, number]));
const statusNames = new Map(STATUSES);

/** The number of a status. @throws MlflowError `INVALID_PARAMETER_VALUE` for one that MLflow has not. */
function statusNumber(status: RunStatus): number {
  const number = statusNumbers.get(status);
  if (number !== undefined) return number;
  throw invalidParameter(
    `"${status}" is no run status; MLflow has ${[...statusNumbers.keys()].join(", ")}.`,
  );
}

const stageOf = (meta: Meta): LifecycleStage =>
  textOf(meta, "lifecycle_stage") === "deleted" ? "deleted" : "active";

function mismatch(what: string, folder: string, recorded: string | undefined): MlflowError {
  return new MlflowError(
    `The ${what} in folder ${folder} says that it is ${recorded ?? "nothing"}. MLflow ignores such folders; give it back its name.`,
    { errorCode: "INVALID_STATE" },
  );
}

/** `meta.yaml` of a new run; what changes later is kept in the same fields. */
export function metaOfRun(info: RunInfo): Meta {
  return {
    artifact_uri: info.artifactUri,
    deleted_time: null,
    end_time: info.endTime ?? null,
    entry_point_name: "",
    experiment_id: info.experimentId,
    lifecycle_stage: info.lifecycleStage,
    run_id: info.runId,
    run_name: info.runName,
    source_name: "",
    source_type: 4,
    source_version: "",
    start_time: info.startTime,
    status: statusNumber(info.status),
    tags: [],
    user_id: info.userId,
  };
}

/** The fields of `meta.yaml` that an update of a run changes. */
export function changedFields(change: {
  readonly status?: RunStatus;
  readonly endTime?: number;
}): Meta {
  return {
    ...(change.status === undefined ? {} : { status: statusNumber(change.status) }),
    ...(change.endTime === undefined ? {} : { end_time: change.endTime }),
  };
}

/** A run from its `meta.yaml`. @throws MlflowError where it belongs to another folder. */
export function runFromMeta(meta: Meta, runId: string, experimentId: string): RunInfo {
  const recorded = textOf(meta, "run_id") ?? textOf(meta, "run_uuid");
  if (recorded !== runId) throw mismatch("run", runId, recorded);
  if (textOf(meta, "experiment_id") !== experimentId) {
    throw mismatch("run", runId, `of experiment ${textOf(meta, "experiment_id")}`);
  }
  return {
    runId,
    experimentId,
    runName: textOf(meta, "run_name") ?? "",
    userId: textOf(meta, "user_id") ?? "",
    status: statusNames.get(numberOf(meta, "status") ?? 1) ?? "RUNNING",
    startTime: numberOf(meta, "start_time") ?? 0,
    endTime: numberOf(meta, "end_time"),
    artifactUri: textOf(meta, "artifact_uri") ?? "",
    lifecycleStage: stageOf(meta),
  };
}

/** `meta.yaml` of a new experiment. */
export function metaOfExperiment(experiment: Experiment): Meta {
  return {
    artifact_location: experiment.artifactLocation,
    creation_time: experiment.creationTime ?? null,
    experiment_id: experiment.experimentId,
    last_update_time: experiment.lastUpdateTime ?? null,
    lifecycle_stage: experiment.lifecycleStage,
    name: experiment.name,
  };
}

/** An experiment from its `meta.yaml`. @throws MlflowError where it belongs to another folder. */
export function experimentFromMeta(
  meta: Meta,
  experimentId: string,
  tags: StringMap,
  inTrash: boolean,
): Experiment {
  const recorded = textOf(meta, "experiment_id");
  if (recorded !== experimentId) throw mismatch("experiment", experimentId, recorded);
  return {
    experimentId,
    name: textOf(meta, "name") ?? "",
    artifactLocation: textOf(meta, "artifact_location") ?? "",
    lifecycleStage: inTrash ? "deleted" : stageOf(meta),
    creationTime: numberOf(meta, "creation_time"),
    lastUpdateTime: numberOf(meta, "last_update_time"),
    tags,
  };
}
