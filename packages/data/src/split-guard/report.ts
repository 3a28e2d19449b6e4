import { at, CounterweightError } from "@counterweight/base";
import { type Benchmark, type Role, roles } from "../benchmark.js";
import { type DistinctTexts, distinctTexts } from "./distinct-texts.js";
import { createLinkList, type LinkList, type RowPair } from "./links.js";
import { findNearPairs } from "./near-pairs.js";
import { type SharedCounts, type Sides, shareExact, shareNear, shareNormalised } from "./share.js";

/**
 * How alike texts are; a pair counts at the first level that holds.
 * - `exact`: equal as read (surrounding white space trimmed), both texts of a pair;
 * - `normalised`: equal in Unicode NFKC, lower case, letters and digits only;
 * - `near`: exact Jaccard similarity of the normalised texts' 5-character shingles at or above the
 *   threshold.
 */
export type SharingLevel = "exact" | "normalised" | "near";

/** Texts that two roles share at one level, or that stand repeatedly in one. */
export interface SharedTexts {
  /** Left and right side; equal for texts within one role. */
  readonly roles: readonly [Role, Role];
  readonly level: SharingLevel;
  /** Distinct texts (at `near`: distinct normalised texts) on each side. */
  readonly texts: readonly [number, number];
  /** Rows on each side that have such a text. Within one role both numbers are the same. */
  readonly rows: readonly [number, number];
  /** Distinct texts of the left side that stand with different labels in these rows. */
  readonly conflicts: number;
  /** Highest similarity of distinct normalised texts; 1 at the other levels. */
  readonly highest: number;
  /**
   * Number of links: pairs of rows that connect every text above with another, not all pairs (n
   * equal rows make n - 1 links).
   */
  readonly links: number;
  /** The first links, ascending by left row, then right row. */
  readonly listed: readonly RowPair[];
}

/** What the split guard found. Never holds a text. */
export interface SplitReport {
  /** Rows of each role that were compared. */
  readonly rows: Readonly<Record<Role, number>>;
  /** Distinct texts, exact and normalised. */
  readonly distinct: { readonly exact: number; readonly normalised: number };
  /** Threshold of `near`, or null where it was off. */
  readonly nearThreshold: number | null;
  /** False where so many texts resemble each other that not all near pairs were looked at. */
  readonly nearComplete: boolean;
  /** Pairs of roles with test first; entries without texts are left out. */
  readonly shared: readonly SharedTexts[];
}

/** How to look for shared texts. */
export interface FindSharedOptions {
  /** Lowest similarity that is reported as near, 0.5 to 1. Default 0.8. */
  readonly nearThreshold?: number;
  /** `off` leaves the level `near` out. Default `report`. */
  readonly near?: "report" | "off";
  /** Most pairs of rows listed for each pair of roles and level. Default 1,000. */
  readonly listed?: number;
  /** Of the hash functions. Default 0. */
  readonly seed?: number;
}

/** Pairs of roles in the order of reports: test first, then the others, then each within itself. */
const rolePairs: readonly (readonly [Role, Role])[] = [
  ["test", "train"],
  ["test", "validation"],
  ["test", "generated"],
  ["train", "validation"],
  ["train", "generated"],
  ["validation", "generated"],
  ["test", "test"],
  ["train", "train"],
  ["validation", "validation"],
  ["generated", "generated"],
];

/**
 * Finds equal, normalised-equal and near-equal texts (or text pairs) between all roles and within
 * each, whatever their labels, in close to linear time. The findings depend on the rows' contents
 * and the seed alone; the order of rows only shows in the order of the listed pairs.
 * @throws CounterweightError `spec` for a threshold outside 0.5 .. 1.
 */
export function findSharedTexts(
  benchmark: Benchmark,
  options: FindSharedOptions = {},
): SplitReport {
  const { nearThreshold = 0.8, near = "report", listed = 1000, seed = 0 } = options;
  if (!(nearThreshold >= 0.5 && nearThreshold <= 1)) {
    throw new CounterweightError("spec", `nearThreshold is ${nearThreshold}.`, {
      where: benchmark.name,
      fix: "Choose a similarity from 0.5 to 1, such as 0.8, or switch near duplicates off.",
    });
  }
  const texts = distinctTexts(benchmark);
  const found = near === "off" ? undefined : findNearPairs(texts, nearThreshold, seed);
  const shared = rolePairs.flatMap(([left, right]) => {
    const sides: Sides = [roles.indexOf(left), roles.indexOf(right)];
    const entry = (
      level: SharingLevel,
      count: (links: LinkList) => SharedCounts,
    ): SharedTexts[] => {
      const links = createLinkList(at(texts.tables, sides[0]), at(texts.tables, sides[1]), listed);
      const counts = count(links);
      if (counts.texts[0] === 0) return [];
      const [total, pairs] = [links.total(), links.listed()];
      return [{ roles: [left, right], level, ...counts, links: total, listed: pairs }];
    };
    return [
      ...entry("exact", (links) => shareExact(texts, sides, links)),
      ...entry("normalised", (links) => shareNormalised(texts, sides, links)),
      ...(found === undefined
        ? []
        : entry("near", (links) => shareNear(texts, found.pairs, sides, links))),
    ];
  });
  return {
    rows: rowsByRole(texts),
    distinct: { exact: texts.exacts, normalised: texts.groups },
    nearThreshold: found === undefined ? null : nearThreshold,
    nearComplete: found?.complete ?? true,
    shared,
  };
}

function rowsByRole({ exactOf }: DistinctTexts): Record<Role, number> {
  const [train, validation, test, generated] = roles.map((_, index) => at(exactOf, index).length);
  return {
    train: train ?? 0,
    validation: validation ?? 0,
    test: test ?? 0,
    generated: generated ?? 0,
  };
}
