import { methodColours } from "./method-styles.js";

/** The page's style sheet. Light by default, dark where the reader's system asks for it. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --surface: #ffffff; --ink: #1b1f27; --ink-soft: #565d6b;
  --line: #dde1e8; --grid: #e6e9ee; --axis: #98a0ae; --warn: #8a5200; --warn-back: #fff4e0;
  ${methodColours("light")}
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12151b; --surface: #1a1f27; --ink: #e6e9ef; --ink-soft: #a4adbb;
    --line: #313947; --grid: #2a313d; --axis: #6b7585; --warn: #f3c06b; --warn-back: #33270f;
    ${methodColours("dark")}
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main, header.page { max-width: 1180px; margin: 0 auto; padding: 0 20px; }
header.page { padding-top: 32px; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 6px; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 40px 0 12px; }
h3 { font-size: 1.02rem; margin: 26px 0 8px; overflow-wrap: anywhere; }
h4 { font-size: 0.92rem; margin: 14px 0 4px; font-weight: 600; }
p { margin: 6px 0; max-width: 78ch; }
.soft, caption, figcaption { color: var(--ink-soft); font-size: 0.87rem; }
nav { margin: 14px 0 0; display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 0.92rem; }
a { color: inherit; text-underline-offset: 3px; }
.card {
  background: var(--surface); border: 1px solid var(--line); border-radius: 8px;
  padding: 14px 16px; margin: 12px 0; min-width: 0;
}
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 12px; }
.pair > .card { margin: 0; }
.pair.facts { align-items: center; }
.pair.facts > table { width: max-content; max-width: 100%; }
.scroll { overflow-x: auto; }
figure { margin: 0; }
figure > h4:first-child, .card > h4:first-child { margin-top: 0; }
figcaption.above { margin: 0 0 6px; max-width: 78ch; }
figure svg:not(.swatch) { display: block; max-width: 100%; height: auto; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 8px 0; padding: 0; list-style: none; font-size: 0.9rem; }
.legend svg, td svg.swatch, th svg.swatch, h4 svg.swatch { vertical-align: middle; margin-right: 6px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.92rem; }
caption { text-align: left; padding-bottom: 6px; caption-side: top; }
th, td { padding: 5px 20px 5px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; white-space: nowrap; }
thead th { vertical-align: bottom; }
th.group { text-align: center; white-space: normal; }
td.number, th.number { text-align: right; white-space: nowrap; }
tbody th { font-weight: 400; }
tr.rule td, tr.rule th { border-top: 2px solid var(--line); }
table.rows { width: 100%; }
table.rows td.text { width: 60%; min-width: 260px; overflow-wrap: anywhere; white-space: pre-wrap; }
.warning { background: var(--warn-back); color: var(--warn); border-radius: 6px; padding: 8px 12px; margin: 8px 0; overflow-wrap: anywhere; }
.note { border-left: 3px solid var(--line); padding: 2px 12px; margin: 8px 0; overflow-wrap: anywhere; }
details > summary { cursor: pointer; padding: 6px 0; }
details > .scroll + .scroll { margin-top: 12px; }
pre, code, .digest { font: 0.84rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { overflow-x: auto; margin: 6px 0; white-space: pre; }
.digest { overflow-wrap: anywhere; }
footer { margin: 40px 0 28px; }
@media (max-width: 640px) {
  .card { padding: 10px; }
  .pair.facts th { white-space: normal; }
  table.rows, table.rows tbody, table.rows tr, table.rows td { display: block; width: 100%; min-width: 0; }
  table.rows thead { display: none; }
  table.rows td { border: 0; padding: 0; text-align: left; }
  table.rows td:not(.text) { display: inline-block; width: auto; margin-right: 14px; }
  table.rows td.text { width: 100%; min-width: 0; }
  table.rows td[data-name]::before { content: attr(data-name) " "; color: var(--ink-soft); }
  table.rows tr { border-bottom: 1px solid var(--line); padding: 8px 0; }
}
@media print {
  body { background: #fff; }
  .card { break-inside: avoid; }
}
`;
