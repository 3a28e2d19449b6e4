import { describeCondition, type ResultRow } from "../results.js";
import { bandChart } from "./band-chart.js";
import { type FractionCourse, fractionCourses } from "./fraction-points.js";
import { type Html, html } from "./html.js";
import { legend, type PageContext } from "./parts.js";

/** Whether rows of one benchmark, source and variant differ in their fraction. */
export const hasFractions = (rows: readonly ResultRow[]): boolean =>
  fractionCourses(rows).length > 0;

/** How scores depend on the share of real rows that the quality checker sees (the paper's Figure 2). */
export function fractionsSection(rows: readonly ResultRow[], context: PageContext): Html {
  const { styleOf } = context;
  return html`<section id="fractions"><h2>Checker fractions</h2>
<p class="soft">Test accuracy against the share of the real training rows that the quality checker sees. Lines: mean over seeds; bands: lowest to highest seed.</p>
${fractionCourses(rows).map((course, place) => {
  const title = describeCondition(course.condition);
  const methods = course.methods.map(({ method }) => method);
  return html`<h3>${title}</h3>${legend(methods, context)}<figure class="card">${fractionChart(
    course,
    `fractions-${place}`,
    styleOf,
  )}<figcaption>${seedWords(course)}</figcaption></figure>`;
})}</section>`;
}

/** The picture alone, in the page's colours. */
export const fractionChart = (
  { condition, methods }: FractionCourse,
  id: string,
  styleOf: PageContext["styleOf"],
): Html =>
  bandChart({
    id,
    description: `Test accuracy by checker fraction, ${describeCondition(condition)}`,
    xName: "real training rows seen by the quality checker (%)",
    yName: "test accuracy (%)",
    isStepwise: true,
    bands: methods.map(({ method, points }) => ({ style: styleOf(method), points })),
  });

function seedWords({ seeds: [fewest, most] }: FractionCourse): string {
  const count = fewest === most ? `${most}` : `${fewest} to ${most}`;
  return `${count} training seed${most === 1 ? "" : "s"} a point.`;
}
