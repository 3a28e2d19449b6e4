import { at } from "@counterweight/base";
import { describeCondition } from "../results.js";
import { mean } from "../statistics.js";
import { type Band, bandChart } from "./band-chart.js";
import { type Html, html } from "./html.js";
import { byCondition, byMethod, legend, type PageContext } from "./parts.js";
import type { WeightHealthCourse, WeightHealthPoint } from "./report-data.js";

/** Whether a few rows carry the training: shares per epoch, one line a method, and warnings. */
export function weightHealthSection(
  courses: readonly WeightHealthCourse[],
  context: PageContext,
): Html {
  return html`<section id="weight-health"><h2>Weight health</h2>
<p class="soft">Effective share: how many equally weighted rows would carry as much, as a share of the rows; 100 % under cross-entropy. Top tenth: share of all weight on the tenth of rows that weigh most; 10 % under cross-entropy. Lines: mean over seeds; bands: lowest to highest seed.</p>
${byCondition(courses).map(({ condition, items }, place) => {
  const title = describeCondition(condition);
  const methods = byMethod(items);
  const bands = (share: (point: WeightHealthPoint) => number): Band[] =>
    methods.map(({ method, items: runs }) => ({
      style: context.styleOf(method),
      points: pointsOf(runs, share),
    }));
  const chart = (id: string, yName: string, share: (point: WeightHealthPoint) => number): Html =>
    html`<figure class="card"><h4>${yName}</h4>${bandChart({
      id: `${id}-${place}`,
      description: `${yName} per epoch, ${title}`,
      xName: "epoch",
      yName: `${yName.toLowerCase()} (%)`,
      isStepwise: true,
      yMin: 0,
      bands: bands(share),
    })}</figure>`;
  return html`<h3>${title}</h3>${items.flatMap(warningsOf)}${legend(
    methods.map(({ method }) => method),
    context,
  )}<div class="pair">${chart("effective", "Effective share", ({ effectiveShare }) => effectiveShare)}${chart(
    "top-tenth",
    "Weight on the top tenth",
    ({ massOnTopTenth }) => massOnTopTenth,
  )}</div>`;
})}</section>`;
}

/** Percent per epoch: mean, lowest and highest seed. */
function pointsOf(
  runs: readonly WeightHealthCourse[],
  share: (point: WeightHealthPoint) => number,
): Band["points"] {
  const epochs = new Map<number, number[]>();
  for (const point of runs.flatMap((run) => run.epochs)) {
    epochs.set(point.epoch, [...(epochs.get(point.epoch) ?? []), 100 * share(point)]);
  }
  return [...epochs]
    .sort(([left], [right]) => left - right)
    .map(([epoch, values]) => {
      const ascending = Float64Array.from(values).sort();
      return {
        x: epoch,
        mean: mean(values),
        low: at(ascending, 0),
        high: at(ascending, values.length - 1),
      };
    });
}

/** What the guard said, and classes without weight, epochs of one class together. */
function warningsOf({ method, seed, warnings, epochs }: WeightHealthCourse): Html[] {
  const vanished = [...new Set(epochs.flatMap(({ vanishedClasses }) => vanishedClasses))].map(
    (name) => {
      const when = epochs
        .filter(({ vanishedClasses }) => vanishedClasses.includes(name))
        .map(({ epoch }) => epoch);
      return `class "${name}" has next to no weight (epoch ${when.join(", ")}).`;
    },
  );
  return [...warnings, ...vanished].map(
    (text) =>
      html`<p class="warning"><strong>Warning.</strong> ${method}, seed ${seed}: ${text}</p>`,
  );
}
