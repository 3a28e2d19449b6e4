import { CounterweightError } from "@counterweight/base";
import type { Architecture } from "./architecture.js";
import { bert } from "./bert.js";
import { distilbert } from "./distilbert.js";
import { roberta } from "./roberta.js";

/** Every architecture, by `model_type` of `config.json`. A new one is its file and a line here. */
const architectures = { bert, distilbert, roberta } as const satisfies Readonly<
  Record<string, Architecture>
>;

/** A `model_type` that is built here. */
export type ArchitectureName = keyof typeof architectures;

/** All `model_type`s that are built here. */
export const architectureNames: readonly ArchitectureName[] =
  Object.keys(architectures).filter(isArchitectureName);

function isArchitectureName(name: string): name is ArchitectureName {
  return Object.hasOwn(architectures, name);
}

/** The description of an architecture. */
export const architectureOf = (config: { readonly architecture: ArchitectureName }): Architecture =>
  architectures[config.architecture];

/**
 * The architecture that `model_type` names.
 * @param where the file, for messages.
 * @throws CounterweightError("model") that lists the known ones.
 */
export function parseModelType(modelType: unknown, where: string): ArchitectureName {
  if (typeof modelType === "string" && isArchitectureName(modelType)) return modelType;
  const known = architectureNames.map((name) => JSON.stringify(name)).join(", ");
  const got = modelType === undefined ? "absent" : JSON.stringify(modelType);
  throw new CounterweightError("model", `model_type: needed one of ${known}, got ${got}.`, {
    where,
    fix: "Use a checkpoint of one of these architectures; others are not built here.",
  });
}
