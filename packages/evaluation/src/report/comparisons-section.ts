import type { Comparison, MethodComparisons } from "../comparison.js";
import { describeCondition } from "../results.js";
import { comparisonsTable, describeComparisons } from "../tables/comparisons-table.js";
import { type ForestLine, forestChart } from "./forest-chart.js";
import { type Html, html } from "./html.js";
import { byCondition, type PageContext, tableHtml } from "./parts.js";

/** Methods told apart on the same test rows: for each metric a picture and a table. */
export function comparisonsSection(
  comparisons: readonly MethodComparisons[],
  context: PageContext,
): Html {
  const conditions = byCondition(comparisons.flatMap(({ rows }) => rows));
  return html`<section id="comparisons"><h2>Comparisons</h2>
<p class="soft">Methods on the same test rows. "Not distinguishable": the corrected p-value is not below the level; it does not say that the methods are equal. McNemar's test stands for single seeds, the bootstrap for all seeds together; both speak of the choice of test rows, not of new training seeds.</p>
${conditions.map(({ condition, items }, place) => {
  const title = describeCondition(condition);
  const parts = comparisons
    .map((set) => ({ ...set, rows: set.rows.filter((row) => items.includes(row)) }))
    .filter(({ rows }) => rows.length > 0);
  return html`<h3>${title}</h3><div class="pair">${parts.map((set) =>
    forestCard(set, `forest-${set.metric}-${place}`, title, context),
  )}</div>${parts.map((set) => html`<div class="card">${tableHtml({ ...comparisonsTable(set), caption: `${describeComparisons(set)}.` }, context)}</div>`)}`;
})}</section>`;
}

function forestCard(set: MethodComparisons, id: string, title: string, context: PageContext): Html {
  const reference = referenceOf(set);
  const lines = set.rows.flatMap((row) => lineOf(row, reference, context) ?? []);
  if (lines.length === 0) return html``;
  const name = set.metric === "accuracy" ? "test accuracy" : "test macro-F1";
  return html`<figure class="card">${forestChart(
    id,
    `${name} less that of ${reference} (points)`,
    lines,
    `Differences in ${name} from ${reference}, ${title}`,
  )}<figcaption>Bar: interval over test rows; filled dot: distinguishable from ${reference} after correction; ring: not.</figcaption></figure>`;
}

/** What differences are drawn against: the baseline, or cross-entropy, or whatever came first. */
function referenceOf({ baseline, rows }: MethodComparisons): string {
  const methods = new Set(rows.flatMap(({ methodA, methodB }) => [methodB, methodA]));
  if (methods.has(baseline)) return baseline;
  return methods.has("ce") ? "ce" : ([...methods][0] ?? baseline);
}

function lineOf(row: Comparison, reference: string, context: PageContext): ForestLine | undefined {
  const { methodA, methodB, difference, low, high } = row;
  const isDistinguishable = row.verdict !== "not distinguishable";
  if (methodB === reference) {
    const style = context.styleOf(methodA);
    return { method: methodA, style, difference, low, high, isDistinguishable };
  }
  if (methodA !== reference) return undefined;
  const style = context.styleOf(methodB);
  return {
    method: methodB,
    style,
    difference: -difference,
    low: -high,
    high: -low,
    isDistinguishable,
  };
}
