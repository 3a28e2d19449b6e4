import type { CalibrationSummary } from "../calibration-summary.js";
import { describeCondition } from "../results.js";
import { calibrationTable } from "../tables/calibration-table.js";
import { type Html, html } from "./html.js";
import { byCondition, count, type PageContext, swatch, tableHtml } from "./parts.js";
import { reliabilityChart } from "./reliability-chart.js";

/** How far probabilities can be believed: a table, and a reliability diagram for each method. */
export function calibrationSection(
  summaries: readonly CalibrationSummary[],
  context: PageContext,
): Html {
  return html`<section id="calibration"><h2>Calibration</h2>
<p class="soft">A calibrated classifier that says 0.8 is right 8 times in 10. ECE: gap between confidence and accuracy, averaged over bins of confidence. Brier score and log-loss also reward being decided; lower is better in all three.</p>
${byCondition(summaries).map(({ condition, items }, place) => {
  const title = describeCondition(condition);
  return html`<h3>${title}</h3><div class="card">${tableHtml(
    { ...calibrationTable(items), caption: "Mean ± sample standard deviation over seeds." },
    context,
  )}</div>
<div class="pair">${items.map((summary, at) => diagram(summary, `reliability-${place}-${at}`, title, context))}</div>`;
})}</section>`;
}

function diagram(
  summary: CalibrationSummary,
  id: string,
  title: string,
  { styleOf }: PageContext,
): Html {
  const { method, before, after } = summary;
  const style = styleOf(method);
  const lines =
    after === undefined ? "" : " Solid: as trained; dashed, rings: after temperature scaling.";
  return html`<figure class="card"><h4>${swatch(style)}${method}</h4>${reliabilityChart({
    id,
    description: `Reliability diagram of ${method}, ${title}`,
    style,
    before: before.bins,
    ...(after === undefined ? {} : { after: after.bins }),
  })}<figcaption>${count(summary.rows, "row")} of each seed pooled in ${count(before.bins.length, "bin")}; larger dots hold more rows.${lines}</figcaption></figure>`;
}
