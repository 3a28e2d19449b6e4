import { calibrationSection } from "./calibration-section.js";
import { classesSection } from "./classes-section.js";
import { comparisonsSection } from "./comparisons-section.js";
import { curvesSection } from "./curves-section.js";
import { fractionsSection, hasFractions } from "./fractions-section.js";
import { type Html, Html as HtmlSource, html } from "./html.js";
import { makingSection, notesSection } from "./making-section.js";
import { type MethodStyle, methodStyles } from "./method-styles.js";
import { modelNotesSection } from "./model-notes-section.js";
import type { PageContext } from "./parts.js";
import type { ReportData } from "./report-data.js";
import { resultsSection } from "./results-section.js";
import { splitGuardSection } from "./split-guard-section.js";
import { STYLE } from "./style.js";
import { weightHealthSection } from "./weight-health-section.js";
import { weightsSection } from "./weights-section.js";

/** Nothing is fetched and nothing runs: the page is text, style and pictures drawn in place. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

const PLAIN: MethodStyle = { colour: "var(--ink)", dash: [] };

/**
 * A run as one self-contained HTML page: no scripts, no network, light and dark. All texts are
 * escaped, and characters that act instead of showing are written out. The same data gives the same
 * page, bit for bit.
 */
export function renderReport(data: ReportData): string {
  const { curves = [], weights = [], classReports = [], notes = [] } = data;
  const { comparisons = [], calibration = [], weightHealth = [] } = data;
  const { splitGuard = [], modelNotes = [] } = data;
  const compared = comparisons.filter(({ rows }) => rows.length > 0);
  const methods = [
    ...data.results,
    ...curves,
    ...weights,
    ...classReports,
    ...calibration,
    ...weightHealth,
  ].map(({ method }) => method);
  const styles = methodStyles([...new Set(methods)]);
  const context: PageContext = {
    styleOf: (method) => styles.get(method) ?? PLAIN,
    hideRowText: data.hideRowText ?? false,
  };
  const sections: { id: string; title: string; content: Html }[] = [];
  const add = (id: string, title: string, isWanted: boolean, content: () => Html): void => {
    if (isWanted) sections.push({ id, title, content: content() });
  };
  // What went wrong comes first; what was read and how, where a reader looks for it.
  const warnings = notes.filter(({ kind }) => kind === "warning");
  const others = notes.filter(({ kind }) => kind === "note");
  add("warnings", "Warnings", warnings.length > 0, () =>
    notesSection("warnings", "Warnings", warnings),
  );
  add("results", "Results", true, () => resultsSection(data.results, context, compared));
  add("fractions", "Checker fractions", hasFractions(data.results), () =>
    fractionsSection(data.results, context),
  );
  add("comparisons", "Comparisons", compared.length > 0, () =>
    comparisonsSection(compared, context),
  );
  add("training", "Training", curves.length > 0, () => curvesSection(curves, context));
  add("weights", "Weights", weights.length > 0, () => weightsSection(weights, context));
  add("weight-health", "Weight health", weightHealth.length > 0, () =>
    weightHealthSection(weightHealth, context),
  );
  add("calibration", "Calibration", calibration.length > 0, () =>
    calibrationSection(calibration, context),
  );
  add("classes", "Classes", classReports.length > 0, () => classesSection(classReports, context));
  add("split-guard", "Split guard", splitGuard.length > 0, () => splitGuardSection(splitGuard));
  add("models", "Models", modelNotes.length > 0, () => modelNotesSection(modelNotes));
  add("notes", "Notes", others.length > 0, () => notesSection("notes", "Notes", others));
  add("making", "How it was made", true, () => makingSection(data.provenance));

  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new HtmlSource(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${data.name} · Counterweight report</title>
<style>${new HtmlSource(STYLE)}</style>
</head>
<body>
<header class="page"><h1>${data.name}</h1>
${data.description === undefined ? undefined : html`<p>${data.description}</p>`}
<nav aria-label="Sections">${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav></header>
<main>
${sections.map(({ content }) => content)}
<footer class="soft">Made by Counterweight ${data.provenance.codeVersion}.</footer>
</main>
</body>
</html>
`.source;
}
