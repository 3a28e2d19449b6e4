import { at, CounterweightError } from "@counterweight/base";

/**
 * How p-values of many comparisons are corrected: `"holm"` bounds the chance of any false finding
 * (Holm 1979), `"benjamini-hochberg"` the expected share of false ones among the findings (1995),
 * `"none"` leaves them as they are.
 */
export type Correction = "holm" | "benjamini-hochberg" | "none";

/**
 * Adjusted p-values in the order given; compare them with the level as if there were one test.
 *
 * @throws CounterweightError `internal` for a value outside 0 to 1
 */
export function adjustPValues(values: readonly number[], correction: Correction): number[] {
  const wrong = values.find((value) => !(value >= 0 && value <= 1));
  if (wrong !== undefined) {
    throw new CounterweightError("internal", `adjustPValues: ${wrong} is no p-value`);
  }
  if (correction === "none") return [...values];
  return correction === "holm" ? holm(values) : benjaminiHochberg(values);
}

/** `max over j <= i of min(1, (m - j + 1) p_(j))`, p-values ascending. */
function holm(values: readonly number[]): number[] {
  const adjusted = new Array<number>(values.length).fill(0);
  let running = 0;
  ascending(values).forEach((place, rank) => {
    running = Math.max(running, Math.min(1, (values.length - rank) * at(values, place)));
    adjusted[place] = running;
  });
  return adjusted;
}

/** `min over j >= i of min(1, (m / j) p_(j))`, p-values ascending. */
function benjaminiHochberg(values: readonly number[]): number[] {
  const adjusted = new Array<number>(values.length).fill(0);
  let running = 1;
  const order = ascending(values);
  for (let rank = order.length; rank > 0; rank--) {
    const place = at(order, rank - 1);
    running = Math.min(running, (values.length / rank) * at(values, place));
    adjusted[place] = running;
  }
  return adjusted;
}

function ascending(values: readonly number[]): number[] {
  return values
    .map((_, place) => place)
    .sort((left, right) => at(values, left) - at(values, right) || left - right);
}
