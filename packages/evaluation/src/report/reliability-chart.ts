import type { ReliabilityBin } from "@counterweight/metrics";
import { axis, renderChart } from "./chart.js";
import type { Html } from "./html.js";
import type { MethodStyle } from "./method-styles.js";

/** Bins of one method, as trained and after temperature scaling. */
export interface ReliabilityChart {
  readonly id: string;
  readonly description: string;
  readonly style: MethodStyle;
  readonly before: readonly ReliabilityBin[];
  readonly after?: readonly ReliabilityBin[];
}

/** Accuracy against confidence; on the dashed line a classifier is right as often as it says. */
export function reliabilityChart(chart: ReliabilityChart): Html {
  const { style } = chart;
  const side = (name: string, kind: "x" | "y"): object =>
    axis(name, kind, {
      min: 0,
      max: 1,
      interval: 0.2,
      splitLine: { show: true, lineStyle: { color: "var(--grid)" } },
      axisLabel: { formatter: (value: number) => value.toFixed(1) },
    });
  return renderChart({
    id: chart.id,
    description: chart.description,
    width: 420,
    height: 340,
    option: {
      grid: { left: 62, right: 22, top: 14, bottom: 46 },
      xAxis: side("confidence", "x"),
      yAxis: side("accuracy", "y"),
      series: [
        {
          type: "line",
          data: [
            [0, 0],
            [1, 1],
          ],
          symbol: "none",
          lineStyle: { color: "var(--axis)", type: "dashed", width: 1 },
          z: 1,
        },
        curve(chart.before, "solid", { color: style.colour }),
        ...(chart.after === undefined
          ? []
          : [
              curve(chart.after, "dashed", {
                color: "var(--surface)",
                borderColor: style.colour,
                borderWidth: 2,
              }),
            ]),
      ],
    },
  });

  function curve(
    bins: readonly ReliabilityBin[],
    type: "solid" | "dashed",
    itemStyle: object,
  ): object {
    const rows = bins.reduce((sum, { count }) => sum + count, 0);
    return {
      type: "line",
      data: bins.flatMap(({ confidence, accuracy, count }) =>
        confidence === undefined || accuracy === undefined
          ? []
          : // The area of a dot is the share of rows; small bins stay visible.
            [{ value: [confidence, accuracy], symbolSize: 5 + 16 * Math.sqrt(count / rows) }],
      ),
      symbol: "circle",
      showAllSymbol: true,
      clip: false,
      itemStyle,
      lineStyle: { color: style.colour, width: 1.5, type },
      z: 3,
    };
  }
}
