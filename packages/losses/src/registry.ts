import { CounterweightError, nearest } from "@counterweight/base";
import { crossEntropy } from "./cross-entropy.js";
import { dimp } from "./dimp.js";
import { focal } from "./focal.js";
import { imp } from "./imp.js";
import { impNoDiversity } from "./imp-no-diversity.js";
import type { Loss } from "./loss.js";

/** Every loss, in the order of the paper's tables. A new loss is its file and a line here. */
export const losses: readonly Loss[] = [crossEntropy, focal, imp, impNoDiversity, dimp];

/** The loss of that name; throws `spec` with the nearest name otherwise. */
export function lossByName(name: string): Loss {
  const loss = losses.find((candidate) => candidate.name === name);
  if (loss !== undefined) return loss;
  const names = losses.map((candidate) => candidate.name);
  const guess = nearest(name, names);
  throw new CounterweightError("spec", `there is no loss called "${name}".`, {
    fix: guess === undefined ? `Choose one of ${names.join(", ")}.` : `Did you mean "${guess}"?`,
  });
}
