import { at } from "@counterweight/base";
import { axis, renderChart } from "./chart.js";
import type { Html } from "./html.js";
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

const LINE_HEIGHT = 30;

/** Differences as dots with their intervals, and a line at zero: one line a method. */
export function forestChart(
  id: string,
  name: string,
  lines: readonly ForestLine[],
  description: string,
): Html {
  const longest = Math.max(...lines.map(({ method }) => method.length));
  const left = Math.min(190, 24 + 7 * longest);
  const low = Math.min(0, ...lines.map((line) => line.low));
  const high = Math.max(0, ...lines.map((line) => line.high));
  const margin = 0.06 * (high - low || 1);
  return renderChart({
    id,
    description,
    width: 540,
    height: 64 + LINE_HEIGHT * lines.length,
    option: {
      grid: { left, right: 22, top: 8, bottom: 46 },
      xAxis: axis(name, "x", {
        // Whole ends, so that the outermost label stays inside the picture.
        min: Math.floor(low - margin),
        max: Math.ceil(high + margin),
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
          data: lines.map((line, place) => [line.low, place, line.high]),
          encode: { x: [0, 2], y: 1 },
          renderItem: (
            { dataIndex }: { dataIndex: number },
            api: { coord(point: readonly number[]): number[] },
          ): object => {
            const line = at(lines, dataIndex);
            const [x1, y1] = api.coord([line.low, dataIndex]);
            const [x2, y2] = api.coord([line.high, dataIndex]);
            return {
              type: "line",
              shape: { x1, y1, x2, y2 },
              style: { stroke: line.style.colour, lineWidth: 5, opacity: 0.38, lineCap: "round" },
            };
          },
          z: 2,
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
