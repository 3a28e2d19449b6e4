import { axis, renderChart } from "./chart.js";
import type { Html } from "./html.js";
import type { MethodStyle } from "./method-styles.js";

/** A method's course: the mean over seeds and the range that seeds span. */
export interface Band {
  readonly style: MethodStyle;
  readonly points: readonly {
    readonly x: number;
    readonly mean: number;
    readonly low: number;
    readonly high: number;
  }[];
}

/** What a band chart shows, and how its axes are called. */
export interface BandChart {
  readonly id: string;
  readonly description: string;
  readonly xName: string;
  readonly yName: string;
  /** Whole numbers on the x axis, with a dot at each. */
  readonly isStepwise: boolean;
  readonly yMin?: number;
  readonly bands: readonly Band[];
}

type Point = readonly [number, number];

/** Lines of means with a shaded range each. */
export function bandChart(chart: BandChart): Html {
  const xs = chart.bands.flatMap(({ points }) => points.map(({ x }) => x));
  return renderChart({
    id: chart.id,
    description: chart.description,
    width: 540,
    height: 300,
    option: {
      grid: { left: 62, right: 16, top: 14, bottom: 46 },
      xAxis: axis(chart.xName, "x", {
        min: chart.isStepwise ? Math.min(...xs) : 0,
        max: "dataMax",
        ...(chart.isStepwise ? { minInterval: 1 } : {}),
      }),
      yAxis: axis(
        chart.yName,
        "y",
        chart.yMin === undefined ? { scale: true } : { min: chart.yMin },
      ),
      series: [
        ...chart.bands.map(rangeSeries),
        ...chart.bands.map((band) => ({
          type: "line",
          data: band.points.map(({ x, mean }) => [x, mean]),
          symbol: chart.isStepwise || band.points.length === 1 ? "circle" : "none",
          symbolSize: 6,
          itemStyle: { color: band.style.colour },
          lineStyle: {
            color: band.style.colour,
            width: 2,
            type: band.style.dash.length === 0 ? "solid" : band.style.dash,
          },
          z: 3,
        })),
      ],
    },
  });
}

/** The area between lowest and highest seed, drawn as one polygon. */
function rangeSeries({ points, style }: Band): object {
  const outline: Point[] = [
    ...points.map(({ x, low }): Point => [x, low]),
    ...[...points].reverse().map(({ x, high }): Point => [x, high]),
  ];
  return {
    type: "custom",
    clip: true,
    // All points are data, so that axes reach round them; the polygon is drawn once, with the first.
    data: outline,
    renderItem: (
      parameters: { dataIndex: number },
      api: { coord(point: Point): number[] },
    ): object | undefined =>
      parameters.dataIndex !== 0 || points.length < 2
        ? undefined
        : {
            type: "polygon",
            shape: { points: outline.map((point) => api.coord(point)) },
            style: { fill: style.colour, opacity: 0.16 },
          },
    z: 1,
  };
}
