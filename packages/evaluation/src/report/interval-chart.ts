import { at } from "@counterweight/base";
import type { BoundedSummary } from "../results.js";
import { axis, renderChart } from "./chart.js";
import type { Html } from "./html.js";
import type { MethodStyle } from "./method-styles.js";

/** One line of the chart; scores are shares. */
export interface IntervalLine {
  readonly method: string;
  readonly style: MethodStyle;
  readonly summary: BoundedSummary;
  /** Drawn as a diamond. */
  readonly closedForm?: number;
}

const LINE_HEIGHT = 30;

/** Means as dots, intervals as bars, single seeds as rings: one line a method. */
export function intervalChart(
  id: string,
  name: string,
  lines: readonly IntervalLine[],
  description: string,
): Html {
  const longest = Math.max(...lines.map(({ method }) => method.length));
  const left = Math.min(190, 24 + 7 * longest);
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
    width: 540,
    height: 64 + LINE_HEIGHT * lines.length,
    option: {
      grid: { left, right: 22, top: 8, bottom: 46 },
      xAxis: axis(`${name} (%)`, "x", {
        scale: true,
        splitLine: { show: true, lineStyle: { color: "var(--grid)" } },
      }),
      yAxis: axis("", "y", {
        type: "category",
        inverse: true,
        data: lines.map(({ method }) => method),
        splitLine: { show: false },
        axisLabel: { color: "var(--ink)", fontSize: 12, width: left - 16, overflow: "truncate" },
      }),
      series: [
        {
          type: "custom",
          data: lines.map(({ summary }, place) => [
            summary.interval.low * 100,
            place,
            summary.interval.high * 100,
          ]),
          encode: { x: [0, 2], y: 1 },
          renderItem: (
            { dataIndex }: { dataIndex: number },
            api: { coord(point: readonly number[]): number[] },
          ): object => {
            const { summary, style } = at(lines, dataIndex);
            const [x1, y1] = api.coord([summary.interval.low * 100, dataIndex]);
            const [x2, y2] = api.coord([summary.interval.high * 100, dataIndex]);
            return {
              type: "line",
              shape: { x1, y1, x2, y2 },
              style: { stroke: style.colour, lineWidth: 5, opacity: 0.38, lineCap: "round" },
            };
          },
          z: 2,
        },
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
