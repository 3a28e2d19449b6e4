import { CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, MarkLineComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { escapeHtml, Html } from "./html.js";

use([CustomChart, GridComponent, LineChart, MarkLineComponent, ScatterChart, SVGRenderer]);

/** A chart's size in CSS pixels, its name for screen readers, and what ECharts draws. */
export interface ChartSpec {
  readonly width: number;
  readonly height: number;
  /** One sentence that says what is shown. */
  readonly description: string;
  /** Distinguishes the ids of this chart from those of others on the page: letters, digits, dashes. */
  readonly id: string;
  readonly option: EChartsCoreOption;
}

/**
 * Draws a chart as SVG without a browser. Colours may be CSS variables: the SVG stands inline in
 * the page and follows its mode.
 */
export function renderChart({ width, height, description, id, option }: ChartSpec): Html {
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: "inherit" }, ...option });
    const drawn = chart
      .renderToSVGString()
      // Ids come from a counter of the process: make them the page's own, so that a page depends on
      // its data alone.
      .replace(/zr\d+-/g, `${id}-`)
      // Rules for hovering, of no use in a still picture.
      .replace(/<style\s*>[\s\S]*?<\/style>/g, "")
      .replace(/ class="[^"]*"/g, "")
      .replace(/ pointer-events="visible"/g, "");
    const label = escapeHtml(description);
    return new Html(
      drawn.replace(/^<svg [^>]*>/, () =>
        [
          `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"`,
          `width="${width}" height="${height}" role="img" aria-label="${label}">`,
          `<title>${label}</title>`,
        ].join(" "),
      ),
    );
  } finally {
    chart.dispose();
  }
}

/** An axis in the page's colours. */
export function axis(
  name: string,
  kind: "x" | "y",
  more: { readonly [key: string]: unknown } = {},
): { readonly [key: string]: unknown } {
  return {
    type: "value",
    name,
    nameLocation: "middle",
    nameGap: kind === "x" ? 28 : 46,
    nameTextStyle: { color: "var(--ink-soft)", fontSize: 12 },
    axisLabel: { color: "var(--ink-soft)", fontSize: 11, ...asRecord(more.axisLabel) },
    axisLine: { show: kind === "x", lineStyle: { color: "var(--axis)" } },
    axisTick: { show: kind === "x", lineStyle: { color: "var(--axis)" } },
    splitLine: { show: kind === "y", lineStyle: { color: "var(--grid)" } },
    ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== "axisLabel")),
  };
}

function asRecord(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
