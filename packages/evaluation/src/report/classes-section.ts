import type { AverageScores } from "@counterweight/metrics";
import { describeCondition } from "../results.js";
import { type Html, html } from "./html.js";
import { byCondition, byMethod, count, type PageContext, swatch } from "./parts.js";
import type { ClassReport } from "./report-data.js";

/** Per-class test scores; seeds after a method's first are folded. */
export function classesSection(reports: readonly ClassReport[], context: PageContext): Html {
  return html`<section id="classes"><h2>Scores by class</h2>
${byCondition(reports).map(
  ({ condition, items }) =>
    html`<h3>${describeCondition(condition)}</h3><div class="pair">${byMethod(items).map(
      ({ method, items: runs }) => {
        const tables = runs.map(reportTable);
        return html`<div class="card"><h4>${swatch(context.styleOf(method))}${method}</h4>${tables.slice(0, 1)}${
          tables.length < 2
            ? undefined
            : html`<details><summary>${count(tables.length - 1, "more seed")}</summary>${tables.slice(1)}</details>`
        }</div>`;
      },
    )}</div>`,
)}</section>`;
}

function reportTable({ report, seed }: ClassReport): Html {
  const line = (name: string, scores: AverageScores, className = ""): Html =>
    html`<tr class="${className}"><th scope="row"><bdi>${name}</bdi></th>${[
      scores.precision,
      scores.recall,
      scores.f1,
    ].map(
      (score) => html`<td class="number">${(100 * score).toFixed(2)}</td>`,
    )}<td class="number">${scores.support.toLocaleString("en-US")}</td></tr>`;
  return html`<div class="scroll"><table><caption>Seed ${seed}, percent; accuracy ${(100 * report.accuracy).toFixed(2)} % of ${count(report.rows, "test row")}.</caption>
<thead><tr><th scope="col">class</th>${["precision", "recall", "F1", "support"].map(
    (title) => html`<th scope="col" class="number">${title}</th>`,
  )}</tr></thead><tbody>
${report.classes.map((scores) => line(scores.label, scores))}
${line("macro average", report.averages.macro, "rule")}
${line("weighted average", report.averages.weighted)}
</tbody></table></div>`;
}
