import { at } from "@counterweight/base";
import { axis } from "./chart.js";
import type { MethodStyle } from "./method-styles.js";

const LINE_HEIGHT = 30;

/** A chart with one line a method: its size, and everything but the x axis and the series. */
export function methodLines(lines: readonly { readonly method: string }[]): {
  readonly width: number;
  readonly height: number;
  readonly grid: object;
  readonly yAxis: object;
} {
  const longest = Math.max(...lines.map(({ method }) => method.length));
  const left = Math.min(190, 24 + 7 * longest);
  return {
    width: 540,
    height: 64 + LINE_HEIGHT * lines.length,
    grid: { left, right: 22, top: 8, bottom: 46 },
    yAxis: axis("", "y", {
      type: "category",
      inverse: true,
      data: lines.map(({ method }) => method),
      splitLine: { show: false },
      axisLabel: { color: "var(--ink)", fontSize: 12, width: left - 16, overflow: "truncate" },
    }),
  };
}

/** The intervals of such lines as thick bars, from `low` to `high` on the x axis. */
export function intervalBars(
  bars: readonly { readonly low: number; readonly high: number; readonly style: MethodStyle }[],
): object {
  return {
    type: "custom",
    data: bars.map(({ low, high }, place) => [low, place, high]),
    encode: { x: [0, 2], y: 1 },
    renderItem: (
      { dataIndex }: { dataIndex: number },
      api: { coord(point: readonly number[]): number[] },
    ): object => {
      const { low, high, style } = at(bars, dataIndex);
      const [x1, y1] = api.coord([low, dataIndex]);
      const [x2, y2] = api.coord([high, dataIndex]);
      return {
        type: "line",
        shape: { x1, y1, x2, y2 },
        style: { stroke: style.colour, lineWidth: 5, opacity: 0.38, lineCap: "round" },
      };
    },
    z: 2,
  };
}
