import type { MethodComparisons } from "../comparison.js";
import { describeCondition, type ResultRow } from "../results.js";
import { resultsTable } from "../tables/results-table.js";
import { type Html, html } from "./html.js";
import { intervalChart } from "./interval-chart.js";
import { byCondition, count, type PageContext, tableHtml } from "./parts.js";

/** The table of all results, then each condition with intervals and a picture. */
export function resultsSection(
  rows: readonly ResultRow[],
  context: PageContext,
  comparisons: readonly MethodComparisons[] = [],
): Html {
  if (rows.length === 0)
    return html`<section id="results"><h2>Results</h2><p>No trials.</p></section>`;
  const conditions = byCondition(rows);
  return html`<section id="results"><h2>Results</h2>
${conditions.length === 1 ? undefined : html`<div class="card">${tableHtml(resultsTable(rows, { comparisons }), context)}</div>`}
${conditions.map(({ condition, items }, place) => {
  const title = describeCondition(condition);
  return html`<h3>${title}</h3><div class="card">${tableHtml(
    {
      ...resultsTable(items, { intervals: true, comparisons }),
      caption: tableCaption(items, comparisons.length > 0),
    },
    context,
  )}</div>
<div class="pair">${chartCard(items, "accuracy", place, title, context)}${chartCard(items, "macro-F1", place, title, context)}</div>`;
})}</section>`;
}

function tableCaption(rows: readonly ResultRow[], isCompared: boolean): string {
  const interval = rows[0]?.accuracy.interval;
  const testRows = rows[0]?.testRows ?? 0;
  const bootstrap =
    interval === undefined
      ? ""
      : ` Intervals: percentile bootstrap over ${interval.resampled}, ${count(interval.resamples, "resample")}, seed ${interval.seed}.`;
  return `Percent on ${count(testRows, "test row")}, mean ± sample standard deviation over seeds.${bootstrap}${
    isCompared ? " Bold: best, where distinguishable from the second best." : ""
  }`;
}

function chartCard(
  rows: readonly ResultRow[],
  score: "accuracy" | "macro-F1",
  place: number,
  title: string,
  { styleOf }: PageContext,
): Html {
  const isAccuracy = score === "accuracy";
  const lines = rows.map((row) => ({
    method: row.method,
    style: styleOf(row.method),
    summary: isAccuracy ? row.accuracy : row.macroF1,
    ...(isAccuracy && row.closedFormAccuracy !== undefined
      ? { closedForm: row.closedFormAccuracy }
      : {}),
  }));
  const hasClosedForm = lines.some((line) => "closedForm" in line);
  const name = isAccuracy ? "test accuracy" : "test macro-F1";
  const id = `${isAccuracy ? "accuracy" : "f1"}-${place}`;
  return html`<figure class="card">${intervalChart(id, name, lines, `${name} by method, ${title}`)}
<figcaption>Dot: mean; rings: single seeds; bar: interval over test rows.${hasClosedForm ? " Diamond: closed form." : ""}</figcaption></figure>`;
}
