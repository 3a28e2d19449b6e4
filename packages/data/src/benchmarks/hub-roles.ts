import { CounterweightError, nearest } from "@counterweight/base";
import { listed, visible } from "../reading/visible.js";
import { realRoles } from "./load-files.js";

type RealRole = (typeof realRoles)[number];

/** Names by which splits of the hub go, the usual one first. */
const names: { readonly [R in RealRole]: readonly string[] } = {
  train: ["train", "training"],
  validation: ["validation", "valid", "dev", "val"],
  test: ["test", "testing", "eval", "evaluation"],
};

/** Split by role; a role without one is held out of the training split. */
export interface HubRoles {
  readonly train: string;
  readonly validation?: string;
  readonly test?: string;
}

/**
 * Which split of a data set plays which role: as chosen, else by its name. A split that is chosen for
 * one role is not taken for another by its name.
 * @param available names of all splits.
 * @param chosen split by role; null: hold the role out of the training split.
 * @throws CounterweightError `spec` for roles and splits that do not exist or are chosen twice, `data`
 * where no split can be the training split.
 */
export function hubRoles(
  available: readonly string[],
  chosen: Readonly<Record<string, string | null>>,
  where: string,
): HubRoles {
  const refuse = (what: string, fix: string): never => {
    throw new CounterweightError("spec", what, { where, fix });
  };
  const given = Object.entries(chosen);
  for (const [role, split] of given) {
    if (!realRoles.some((name) => name === role)) {
      refuse(`splits: unknown role ${visible(role)}.`, `The roles are ${listed(realRoles)}.`);
    }
    if (split === null) continue;
    if (!available.includes(split)) {
      const close = nearest(split, available);
      refuse(
        `there is no split ${visible(split)}; there are ${listed(available.map(visible))}.`,
        close === undefined ? "Name one of these." : `Did you mean ${visible(close)}?`,
      );
    }
    if (given.filter(([, other]) => other === split).length > 1) {
      refuse(`splits: ${visible(split)} is given for two roles.`, "Give each role its own split.");
    }
  }
  const free = available.filter((split) => !Object.values(chosen).includes(split));
  const of = (role: RealRole): string | undefined =>
    Object.hasOwn(chosen, role)
      ? (chosen[role] ?? undefined)
      : names[role].find((name) => free.includes(name));
  const train = of("train") ?? (available.length === 1 ? available[0] : undefined);
  if (train === undefined || chosen.train === null) {
    throw new CounterweightError(
      "data",
      `no split is known for training; there are ${listed(available.map(visible))}.`,
      { where, fix: "Name one as splits: { train: ... }." },
    );
  }
  const validation = of("validation");
  const test = of("test");
  return {
    train,
    ...(validation === undefined ? {} : { validation }),
    ...(test === undefined ? {} : { test }),
  };
}

const usualShares: { readonly [R in RealRole]: number } = {
  train: 0.7,
  validation: 0.1,
  test: 0.2,
};

/**
 * Shares into which the training split is divided for the roles without a split: as given, else 0.7,
 * 0.1 and 0.2 of train, validation and test, scaled to sum 1 over the parts there are.
 */
export function heldOutShares(
  roles: HubRoles,
  given: Readonly<Record<string, number>> | undefined,
  where: string,
): Readonly<Record<string, number>> {
  const parts = realRoles.filter((role) => role === "train" || roles[role] === undefined);
  if (given !== undefined) {
    const extra = Object.keys(given).find((key) => !parts.some((part) => part === key));
    const missing = parts.find((part) => !Object.hasOwn(given, part));
    if (extra !== undefined || missing !== undefined) {
      throw new CounterweightError(
        "spec",
        extra === undefined
          ? `shares: ${missing} is missing.`
          : `shares: ${visible(extra)} is no part.`,
        { where, fix: `Give a share for each of ${listed(parts)}, with sum 1.` },
      );
    }
    return Object.fromEntries(parts.map((part) => [part, given[part] ?? 0]));
  }
  const sum = parts.reduce((total, part) => total + usualShares[part], 0);
  return Object.fromEntries(parts.map((part) => [part, usualShares[part] / sum]));
}
