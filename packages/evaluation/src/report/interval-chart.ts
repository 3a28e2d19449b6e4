import type { BoundedSummary } from "../results.js";
import { axis, renderChart } from "./chart.js";
import type { Html } from "./html.js";
import { intervalBars, methodLines } from "./method-lines.js";
import type { MethodStyle } from "./method-styles.js";

/** One line of the chart; scores are shares. */
export interface IntervalLine {
  readonly method: string;
  readonly style: MethodStyle;
  readonly summary: BoundedSummary;
  /** Drawn as a diamond. */
  readonly closedForm?: number;
}

/** Means as dots, intervals as bars, single seeds as rings: one line a method. */
export function intervalChart(
  id: string,
  name: string,
  lines: readonly IntervalLine[],
  description: string,
): Html {
  const { width, height, grid, yAxis } = methodLines(lines);
  const scatter = (
    of: (line: IntervalLine) => readonly number[],
    look: (line: IntervalLine) => object,
  ): object => ({
    type: "scatter",
    data: lines.flatMap((line, place) =>
      of(line).map((share) => ({ value: [share * 100, place], ...look(line) })),
    ),
    z: 3,
  });
  return renderChart({
    id,
    description,
    width,
    height,
    option: {
      grid,
      xAxis: axis(`${name} (%)`, "x", {
        scale: true,
        splitLine: { show: true, lineStyle: { color: "var(--grid)" } },
      }),
      yAxis,
      series: [
        intervalBars(
          lines.map(({ summary: { interval }, style }) => ({
            low: interval.low * 100,
            high: interval.high * 100,
            style,
          })),
        ),
        scatter(
          ({ summary }) => summary.values,
          ({ style }) => ({
            symbolSize: 7,
            itemStyle: { color: "var(--surface)", borderColor: style.colour, borderWidth: 1.5 },
          }),
        ),
        scatter(
          ({ summary }) => [summary.mean],
          ({ style }) => ({ symbolSize: 11, itemStyle: { color: style.colour } }),
        ),
        scatter(
          ({ closedForm }) => (closedForm === undefined ? [] : [closedForm]),
          () => ({
            symbol: "diamond",
            symbolSize: 12,
            itemStyle: { color: "transparent", borderColor: "var(--ink)", borderWidth: 1.5 },
          }),
        ),
      ],
    },
  });
}
