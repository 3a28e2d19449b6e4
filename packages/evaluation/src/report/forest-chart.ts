import { axis, renderChart } from "./chart.js";
import type { Html } from "./html.js";
import { intervalBars, methodLines } from "./method-lines.js";
import type { MethodStyle } from "./method-styles.js";

/** One difference from the reference, in percentage points. */
export interface ForestLine {
  readonly method: string;
  readonly style: MethodStyle;
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Filled dot where it is, ring where it is not. */
  readonly isDistinguishable: boolean;
}

/** Differences as dots with their intervals, and a line at zero: one line a method. */
export function forestChart(
  id: string,
  name: string,
  lines: readonly ForestLine[],
  description: string,
): Html {
  const { width, height, grid, yAxis } = methodLines(lines);
  const low = Math.min(0, ...lines.map((line) => line.low));
  const high = Math.max(0, ...lines.map((line) => line.high));
  const margin = 0.06 * (high - low || 1);
  return renderChart({
    id,
    description,
    width,
    height,
    option: {
      grid,
      xAxis: axis(name, "x", {
        // Whole ends, so that the outermost label stays inside the picture.
        min: Math.floor(low - margin),
        max: Math.ceil(high + margin),
        splitLine: { show: true, lineStyle: { color: "var(--grid)" } },
      }),
      yAxis,
      series: [
        {
          ...intervalBars(lines),
          markLine: {
            silent: true,
            symbol: "none",
            data: [{ xAxis: 0 }],
            lineStyle: { color: "var(--ink)", type: "dashed", width: 1 },
            label: { show: false },
          },
        },
        {
          type: "scatter",
          data: lines.map((line, place) => ({
            value: [line.difference, place],
            itemStyle: {
              color: line.isDistinguishable ? line.style.colour : "var(--surface)",
              borderColor: line.style.colour,
              borderWidth: 2,
            },
          })),
          symbolSize: 10,
          z: 3,
        },
      ],
    },
  });
}
