import { at } from "@counterweight/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Html, html } from "./html.js";
import { methodStyles } from "./method-styles.js";
import { renderReport } from "./render-report.js";
import type { ReportData } from "./report-data.js";
import { sampleReport } from "./sample-report.js";

const HOSTILE = [
  "</script><script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "</style></title><svg onload=alert(1)>",
  `"' onmouseover="alert(1)`,
  "a\u2028b\u2029c",
  "שלום עולם \u202egnp.exe",
  "bell\u0007 nul\u0000 escape\u001b[31m \u009b31m",
  "half \ud83d pair",
  "&lt;b&gt; &amp; {{y}}",
];

/** Every tag of the page: name and attribute names. */
function tagsOf(page: string): { name: string; attributes: string[] }[] {
  const withoutStyle = page.replace(/<style>[\s\S]*?<\/style>/g, "<style></style>");
  return [...withoutStyle.matchAll(/<([a-zA-Z!][^\s/>]*)((?:"[^"]*"|[^">])*)>/g)].map((match) => ({
    name: (match[1] ?? "").toLowerCase(),
    attributes: [...(match[2] ?? "").matchAll(/([^\s="/]+)(?:="[^"]*")?/g)].map(
      (one) => one[1] ?? "",
    ),
  }));
}

describe("renderReport", () => {
  const data = sampleReport();
  const page = renderReport(data);

  it("has every section, and each chart once", () => {
    const ids =
      "warnings results comparisons training weights weight-health calibration classes split-guard models notes making";
    for (const id of ids.split(" ")) {
      expect(page).toContain(`<section id="${id}">`);
      expect(page).toContain(`href="#${id}"`);
    }
    const charts = [...page.matchAll(/role="img" aria-label="([^"]+)"/g)].map((match) => match[1]);
    // Accuracy, macro-F1, loss, validation accuracy; three weighted methods by three seeds; two
    // metrics compared; two courses of weight health; six reliability diagrams.
    expect(charts).toHaveLength(4 + 9 + 2 + 2 + 6);
    expect(new Set(charts).size).toBe(charts.length);
  });

  it("gives each id once", () => {
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, used] of page.matchAll(/url\(#([^)]+)\)/g)) expect(ids).toContain(used);
  });

  it("gives the same bits again, after JSON and after other pages", () => {
    renderReport(sampleReport({ benchmarks: ["other"], seeds: 1 }));
    const copy: ReportData = JSON.parse(JSON.stringify(data));
    expect(copy).toEqual(data);
    expect(renderReport(copy)).toBe(page);
  });

  it("needs no network and no script, and says so to the browser", () => {
    expect(page).toContain("default-src 'none'");
    const addresses = [...page.matchAll(/(?:src|href|url|action)\s*[=(]\s*["']?([^"')\s>]*)/g)];
    for (const [, address = ""] of addresses) expect(address).toMatch(/^#|^data:,$/);
    const names = new Set(tagsOf(page).map(({ name }) => name));
    for (const name of ["script", "iframe", "object", "embed", "img"])
      expect(names).not.toContain(name);
  });

  it("shows each condition when there are several", () => {
    const several = renderReport(sampleReport({ benchmarks: ["toy-world", "tweets"], seeds: 1 }));
    expect(several.match(/<h3>tweets, noisy-writer/g)).toHaveLength(7);
    expect(several).toContain('<th class="group" scope="colgroup" colspan="3">tweets</th>');
  });

  it("leaves out what it has no data for", () => {
    const { version, name, provenance } = data;
    const bare = renderReport({ version, name, provenance, results: [] });
    expect(bare).toContain("No trials.");
    const ids = [...bare.matchAll(/<section id="([^"]+)"/g)].map((match) => match[1]);
    expect(ids).toEqual(["results", "making"]);
  });
});

describe("renderReport on comparisons", () => {
  it("says in words what was found, and puts the best in bold only where it was told apart", () => {
    const sample = sampleReport({ seeds: 2 });
    const bolds = (data: ReportData): string[] =>
      [...renderReport(data).matchAll(/<td class="number"><strong>([^<]+)</g)].map(
        (match) => match[1] ?? "",
      );
    const best = [...sample.results].sort(
      (left, right) => right.accuracy.mean - left.accuracy.mean,
    );
    const [first, second] = [at(best, 0), at(best, 1)];
    const among = (row: { methodA: string; methodB: string }): boolean =>
      [row.methodA, row.methodB].sort().join() === [first.method, second.method].sort().join();
    const judged = (verdict: "A better" | "B better" | "not distinguishable"): ReportData => ({
      ...sample,
      comparisons: (sample.comparisons ?? []).map((set) => ({
        ...set,
        rows: set.rows.map((row) => (among(row) ? { ...row, verdict } : row)),
      })),
    });
    const isA = (sample.comparisons ?? [])
      .flatMap(({ rows }) => rows)
      .some((row) => among(row) && row.methodA === first.method);
    expect(bolds(judged(isA ? "A better" : "B better"))).toContain(
      (100 * first.accuracy.mean).toFixed(2) +
        ` ± ${(100 * (first.accuracy.standardDeviation ?? Number.NaN)).toFixed(2)}`,
    );
    expect(bolds(judged("not distinguishable"))).toEqual([]);
    expect(bolds(judged(isA ? "B better" : "A better"))).toEqual([]);
    const { comparisons, ...without } = sample;
    expect(bolds(without)).toEqual([]);
    expect(comparisons).toHaveLength(2);
    const page = renderReport(judged("not distinguishable"));
    expect(page).toContain('<td class="">not distinguishable</td>');
    expect(page).toContain(`Differences in test accuracy from ce`);
  });
});

describe("renderReport with hostile texts", () => {
  const plainTags = tagsOf(renderReport(sampleReport({ seeds: 1 })));

  it("adds no tag and no attribute for a row's text", () => {
    const page = renderReport(sampleReport({ texts: HOSTILE, seeds: 1 }));
    expect(tagsOf(page)).toEqual(plainTags);
    expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(page).toContain("[U+202E]gnp.exe");
    expect(page).toContain("a[U+2028]b[U+2029]c");
    expect(page).toContain("half [U+D83D] pair");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left.
    expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
  });

  it("adds none for names either: benchmark, labels, notes, spec, charts", () => {
    // All in one and the other way round: a page takes long to draw.
    for (const text of [HOSTILE.join(" "), [...HOSTILE].reverse().join("")]) {
      const sample = sampleReport({ benchmarks: [text], seeds: 1 });
      const { comparisons = [], calibration = [], weightHealth = [], splitGuard = [] } = sample;
      const page = renderReport({
        ...sample,
        name: text,
        description: text,
        notes: [
          { kind: "warning", text },
          { kind: "note", text },
        ],
        provenance: {
          ...sample.provenance,
          spec: text,
          command: text,
          inputs: [{ name: text, value: text }],
        },
        results: sample.results.map((row, index) => (index === 1 ? { ...row, method: text } : row)),
        comparisons: comparisons.map((set) => ({
          ...set,
          rows: set.rows.map((row) => ({ ...row, methodA: text })),
        })),
        calibration: calibration.map((row) => ({ ...row, method: text })),
        weightHealth: weightHealth.map((course) => ({ ...course, warnings: [text] })),
        splitGuard: splitGuard.map((row) => ({ ...row, role: text, foundIn: text })),
        modelNotes: [{ model: text, missing: [text], unused: [text], notes: [text] }],
      });
      const names = new Set(tagsOf(page).map(({ name }) => name));
      expect([...names].filter((name) => !plainTags.some((tag) => tag.name === name))).toEqual([]);
      const attributes = new Set(tagsOf(page).flatMap((tag) => tag.attributes));
      for (const name of attributes) expect(name).not.toMatch(/^on/i);
    }
  });

  it("shows row numbers only where texts must stay out", () => {
    const page = renderReport({
      ...sampleReport({ texts: ["SECRET words"], seeds: 1 }),
      hideRowText: true,
    });
    expect(page).not.toContain("SECRET");
    expect(page).toContain('data-name="row"');
    expect(page).not.toContain('class="text"');
  });
});

describe("html", () => {
  it("escapes any string so that it comes back as text, in content and in attributes", () => {
    const decode = (source: string): string =>
      source.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) =>
        name === "#39" ? "'" : at(["&", "<", ">", '"'], ["amp", "lt", "gt", "quot"].indexOf(name)),
      );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."<>&\"'a #;/=\n\t本") }), (text) => {
        const { source } = html`<p title="${text}">${text}</p>`;
        const parts = /^<p title="([^"<>]*)">([^<>]*)<\/p>$/.exec(source);
        expect(decode(parts?.[1] ?? "?")).toBe(text);
        expect(decode(parts?.[2] ?? "?")).toBe(text);
      }),
    );
  });

  it("joins lists and takes finished HTML as it is", () => {
    expect(
      html`<ul>${["a", "<"].map((item) => html`<li>${item}</li>`)}${undefined}</ul>`.source,
    ).toBe("<ul><li>a</li><li>&lt;</li></ul>");
    expect(html`${new Html("<b>")}`.source).toBe("<b>");
  });
});

describe("methodStyles", () => {
  it("keeps a method's colour whatever else is on the page", () => {
    const all = methodStyles(["quality-checker", "ce", "focal", "imp", "imp-no-diversity", "dimp"]);
    expect(new Set([...all.values()].map(({ colour }) => colour)).size).toBe(all.size);
    expect(methodStyles(["hu", "dimp"]).get("dimp")).toEqual(all.get("dimp"));
    expect(methodStyles(["hu", "dimp"]).get("hu")?.colour).not.toBe(all.get("dimp")?.colour);
  });
});
