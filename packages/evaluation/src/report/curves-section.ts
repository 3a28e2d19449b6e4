import { describeCondition } from "../results.js";
import { bandChart } from "./band-chart.js";
import { accuracyPoints, lossPoints, lossWindow } from "./curve-bands.js";
import { type Html, html } from "./html.js";
import { byCondition, byMethod, count, legend, type PageContext } from "./parts.js";
import type { TrainingCurve } from "./report-data.js";

/** Training loss per step and validation accuracy per epoch, one line a method, seeds as a band. */
export function curvesSection(curves: readonly TrainingCurve[], context: PageContext): Html {
  return html`<section id="training"><h2>Training</h2>
<p class="soft">Lines: mean over seeds; bands: lowest to highest seed. Losses of different methods are weighted differently: compare their course, not their height.</p>
${byCondition(curves).map(({ condition, items }, place) => {
  const title = describeCondition(condition);
  const methods = byMethod(items);
  const bands = (points: typeof lossPoints): Parameters<typeof bandChart>[0]["bands"] =>
    methods
      .map(({ method, items: runs }) => ({ style: context.styleOf(method), points: points(runs) }))
      .filter((band) => band.points.length > 0);
  const losses = bands(lossPoints);
  const accuracies = bands(accuracyPoints);
  return html`<h3>${title}</h3>${legend(
    methods.map(({ method }) => method),
    context,
  )}<div class="pair">${
    losses.length === 0
      ? undefined
      : html`<figure class="card"><h4>Training loss</h4>${bandChart({
          id: `loss-${place}`,
          description: `Training loss per step, ${title}`,
          xName: "step",
          yName: "training loss (nats)",
          isStepwise: false,
          yMin: 0,
          bands: losses,
        })}<figcaption>Mean of ${count(lossWindow(items), "step")} at a point.</figcaption></figure>`
  }${
    accuracies.length === 0
      ? undefined
      : html`<figure class="card"><h4>Validation accuracy</h4>${bandChart({
          id: `validation-${place}`,
          description: `Validation accuracy per epoch, ${title}`,
          xName: "epoch",
          yName: "validation accuracy (%)",
          isStepwise: true,
          bands: accuracies,
        })}<figcaption>${bestEpochs(items)}</figcaption></figure>`
  }</div>`;
})}</section>`;
}

/** Which epoch each run kept, where that is known. */
function bestEpochs(runs: readonly TrainingCurve[]): string {
  const parts = byMethod(runs.filter(({ bestEpoch }) => bestEpoch !== undefined)).map(
    ({ method, items }) => `${method} ${items.map(({ bestEpoch }) => bestEpoch).join(", ")}`,
  );
  return parts.length === 0 ? "" : `Epoch kept, by seed: ${parts.join("; ")}.`;
}
