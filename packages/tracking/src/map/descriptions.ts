import type { StringMap } from "mlflow-js-client";
import { type EventFields, fieldsOf, isFields, numberOf, textOf } from "./fields.js";
import { flatParams, tagsOf } from "./params.js";
import { type TrialRelation, trialHash } from "./relations.js";

/** What mapping knows beside the events. */
export interface RunFacts {
  /** Of the run folder: see `folderIdentity`. */
  readonly identity: string;
  /** The spec as stored, where it is known. */
  readonly spec?: EventFields;
  /** Written to `mlflow.user`; nothing is where it is left out. */
  readonly user?: string;
}

/** How a run appears: the fields of the operation `run` that events decide. */
export interface Description {
  readonly name: string;
  readonly tags: StringMap;
  readonly params: StringMap;
}

const words = (value: unknown): string => (value === undefined ? "" : String(value));

/** Tags of the machine and the code; a colleague's checkout is told by its commit. */
function sourceTags(start: EventFields, { identity, user }: RunFacts) {
  const environment = fieldsOf(start, "environment");
  const git = fieldsOf(environment, "git");
  return {
    "mlflow.source.name": "counterweight",
    "mlflow.source.type": "LOCAL",
    "mlflow.source.git.commit": textOf(git, "commit"),
    "mlflow.user": user,
    "counterweight.folder-id": identity,
    "counterweight.git-dirty": words(git.dirty),
    "counterweight.version": textOf(
      fieldsOf(environment, "packages"),
      "@counterweight/experiments",
    ),
    "counterweight.node": textOf(environment, "node"),
    "counterweight.cpu": textOf(environment, "cpu"),
  };
}

/** The run of the whole spec. Its settings are its children's params: a spec may be edited. */
export function describeSpec(id: string, start: EventFields, facts: RunFacts): Description {
  const name = textOf(start, "name") || "run";
  const { spec } = facts;
  return {
    name,
    tags: tagsOf({
      ...sourceTags(start, facts),
      "mlflow.note.content": spec === undefined ? "" : textOf(spec, "description"),
      "counterweight.kind": "spec",
      "counterweight.run-id": id,
      "counterweight.spec": name,
    }),
    params: {},
  };
}

/** Sections of a spec whose settings every trial has. */
const sections = ["model", "train", "checker", "weights"] as const;

/** The run of a trial: its record and all settings as params. */
export function describeTrial(
  id: string,
  { trial, result }: TrialRelation,
  start: EventFields,
  facts: RunFacts,
): Description {
  const { settings, variant, ...record } = trial;
  const { spec = {} } = facts;
  const fraction = numberOf(record, "checkerFraction");
  const variantName = typeof variant === "string" ? variant : "";
  const name = [
    textOf(record, "benchmark"),
    textOf(record, "method"),
    `seed ${words(record.seed)}`,
    Number.isNaN(fraction) ? "" : `fraction ${fraction}`,
    variantName,
  ];
  const shared = Object.fromEntries(
    sections.flatMap((section) => (isFields(spec[section]) ? [[section, spec[section]]] : [])),
  );
  return {
    name: name.filter((part) => part !== "").join(" "),
    tags: tagsOf({
      ...sourceTags(start, facts),
      "counterweight.kind": "trial",
      "counterweight.run-id": id,
      "counterweight.spec": textOf(start, "name"),
      "counterweight.benchmark": textOf(record, "benchmark"),
      "counterweight.method": textOf(record, "method"),
      "counterweight.seed": words(record.seed),
      "counterweight.checker-fraction": words(record.checkerFraction),
      "counterweight.variant": variantName,
      "counterweight.trial": trialHash(trial),
      "counterweight.training": result.join(" "),
    }),
    params: {
      ...flatParams(shared),
      ...flatParams(record),
      ...(isFields(settings) ? flatParams(settings) : {}),
    },
  };
}
