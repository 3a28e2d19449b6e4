import { createHash, randomBytes } from "node:crypto";
import { REQUEST_TAG, requestName } from "../create-once.js";
import type { Experiment, RunInfo } from "../entities.js";
import { invalidParameter } from "../errors.js";
import type { CreateRunOptions } from "../tracking-store.js";
import { checkedBatch, checkedTime, shown } from "../validate.js";
import type { Pairs } from "./run-folders.js";
import { RUN_NAME_TAG } from "./run-log.js";

const PARENT_TAG = "mlflow.parentRunId";

/** The id of a run to be made: the chosen one, or one that a repeated request meets again, or new. */
function idFor(experimentId: string, { runId, requestId }: CreateRunOptions): string {
  if (runId !== undefined) {
    if (/^[0-9a-f]{32}$/.test(runId)) return runId;
    throw invalidParameter(
      `The run id ${shown(runId)} must be 32 hexadecimal digits in lower case.`,
    );
  }
  if (requestId === undefined) return randomBytes(16).toString("hex");
  const request = JSON.stringify([experimentId, requestName(requestId)]);
  return createHash("sha256").update(request).digest("hex").slice(0, 32);
}

/** Adds a tag that an option stands for. @throws MlflowError where the tag says otherwise. */
function withTag(tags: Map<string, string>, key: string, value: string | undefined): void {
  if (value === undefined) return;
  const given = tags.get(key);
  if (given !== undefined && given !== value) {
    throw invalidParameter(
      `The tag ${key} is ${shown(given)}, but the option says ${shown(value)}. Leave one out.`,
    );
  }
  tags.set(key, value);
}

/** A run to be made in an experiment, and its tags. */
export function newRun(
  experiment: Experiment,
  options: CreateRunOptions,
): { readonly info: RunInfo; readonly tags: Pairs } {
  const { experimentId } = experiment;
  const runId = idFor(experimentId, options);
  const tags = new Map(Object.entries(options.tags ?? {}));
  withTag(tags, RUN_NAME_TAG, options.runName === "" ? undefined : options.runName);
  withTag(tags, PARENT_TAG, options.parentRunId);
  withTag(tags, REQUEST_TAG, options.requestId);
  const runName = tags.get(RUN_NAME_TAG) ?? `run-${runId.slice(0, 8)}`;
  tags.set(RUN_NAME_TAG, runName);
  const info: RunInfo = {
    runId,
    experimentId,
    runName,
    // Never absent: MLflow's SQL store cannot read runs without one.
    userId: tags.get("mlflow.user") ?? "",
    status: "RUNNING",
    startTime: checkedTime("The start of the run", options.startTime ?? Date.now()),
    endTime: undefined,
    artifactUri: `${experiment.artifactLocation.replace(/\/+$/, "")}/${runId}/artifacts`,
    lifecycleStage: "active",
  };
  return { info, tags: checkedBatch({ tags: Object.fromEntries(tags) }).tags };
}
