import { at } from "@counterweight/base";
import type { Histogram } from "../weight-summary.js";
import { axis, renderChart } from "./chart.js";
import type { Html } from "./html.js";
import type { MethodStyle } from "./method-styles.js";

/** Weights as bars, with a line at 1, the weight that every row has under cross-entropy. */
export function histogramChart(
  id: string,
  histogram: Histogram,
  style: MethodStyle,
  description: string,
): Html {
  const isLogarithmic = histogram.scale === "logarithmic";
  const place = (value: number): number => (isLogarithmic ? Math.log10(value) : value);
  const edges = histogram.edges.map(place);
  const low = isLogarithmic ? Math.floor(at(edges, 0)) : 0;
  const high = at(edges, edges.length - 1);
  const top = isLogarithmic ? Math.ceil(high) : high;
  const one = place(1);
  return renderChart({
    id,
    description,
    width: 540,
    height: 250,
    option: {
      grid: { left: 62, right: 20, top: 22, bottom: 46 },
      xAxis: axis(isLogarithmic ? "weight (logarithmic)" : "weight", "x", {
        min: low,
        max: top,
        ...(isLogarithmic ? { interval: Math.max(1, Math.ceil((top - low) / 8)) } : {}),
        axisLabel: isLogarithmic ? { formatter: powerOfTen } : {},
      }),
      yAxis: axis("rows", "y", { minInterval: 1 }),
      series: [
        {
          type: "custom",
          data: histogram.counts.map((count, bin) => [at(edges, bin), count, at(edges, bin + 1)]),
          encode: { x: [0, 2], y: 1 },
          renderItem: (
            { dataIndex }: { dataIndex: number },
            api: { coord(point: readonly number[]): number[] },
          ): object => {
            const count = at(histogram.counts, dataIndex);
            const [x = 0, y = 0] = api.coord([at(edges, dataIndex), count]);
            const [right = 0, bottom = 0] = api.coord([at(edges, dataIndex + 1), 0]);
            return {
              type: "rect",
              shape: { x, y, width: Math.max(1, right - x - 1), height: bottom - y },
              style: { fill: style.colour },
            };
          },
          ...(one < low || one > top
            ? {}
            : {
                markLine: {
                  silent: true,
                  symbol: "none",
                  data: [{ xAxis: one }],
                  lineStyle: { color: "var(--ink)", type: "dashed", width: 1 },
                  label: { formatter: "1", color: "var(--ink)", fontSize: 11 },
                },
              }),
        },
      ],
    },
  });
}

/** `0.01`, `1`, `100`, and `1e-6` where zeros would be too many to count. */
function powerOfTen(exponent: number): string {
  if (!Number.isInteger(exponent)) return "";
  return Math.abs(exponent) > 4 ? `1e${exponent}` : String(Number(`1e${exponent}`));
}
