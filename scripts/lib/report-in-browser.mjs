/**
 * Loads sample reports in a real browser and looks at what came of them.
 * Usage: node scripts/lib/report-in-browser.mjs CHROMIUM [FOLDER FOR PICTURES]
 * Needs the built packages. The last line is `N passed, N failed, N skipped`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { renderReport } from "../../packages/evaluation/dist/index.js";
import { sampleReport } from "../../packages/evaluation/dist/report/sample-report.js";
import { startChromium } from "./chromium.mjs";

const HOSTILE = [
  "</script><script>window.ran = 1</script>",
  "<img src=x onerror='window.ran = 1'>",
  "</style></title><svg onload='window.ran = 1'></svg>",
  "\u202eshown backwards \u2028 \u0007 שלום",
];

/** Runs inside the page and gives plain values. */
const LOOK = `(() => {
  const style = (element, name) => getComputedStyle(element)[name];
  const texts = [...document.querySelectorAll("figure svg text")];
  const outside = texts.filter((text) => {
    const box = text.getBoundingClientRect();
    const frame = text.closest("svg").getBoundingClientRect();
    return box.width > 0 && (box.left < frame.left - 1 || box.right > frame.right + 1 ||
      box.top < frame.top - 1 || box.bottom > frame.bottom + 1);
  });
  const luminance = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const contrast = (one, other) => {
    const [high, low] = [luminance(one), luminance(other)].sort((left, right) => right - left);
    return (high + 0.05) / (low + 0.05);
  };
  const card = style(document.querySelector(".card"), "backgroundColor");
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  return {
    sections: [...document.querySelectorAll("main > section")].map((section) => section.id),
    empty: [...document.querySelectorAll("section")].filter((section) => !section.innerText.trim()).length,
    charts: document.querySelectorAll("svg[role=img]").length,
    outside: outside.map((text) => text.textContent),
    rowTexts: [...document.querySelectorAll("td.text bdi")].map((cell) => cell.textContent),
    scrollsSideways: document.documentElement.scrollWidth > document.documentElement.clientWidth,
    page: style(document.body, "backgroundColor"),
    textContrast: Math.min(...texts.map((text) => contrast(style(text, "fill"), card))),
    strokeContrast: Math.min(...[...document.querySelectorAll(".swatch line")].map(
      (line) => contrast(style(line, "stroke"), card))),
    repeatedIds: ids.length - new Set(ids).size,
    deadLinks: [...document.querySelectorAll("a[href^='#']")].filter(
      (link) => !document.querySelector(link.getAttribute("href"))).length,
    ran: window.ran,
  };
})()`;

const counts = { passed: 0, failed: 0 };
function check(name, isGood, seen) {
  counts[isGood ? "passed" : "failed"]++;
  if (!isGood) console.log(`FAILED ${name}: ${JSON.stringify(seen)}`);
}

async function openPage(browser, events, url, { width, scheme }) {
  const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
  const send = (method, params) => browser.send(method, params, sessionId);
  for (const domain of ["Page", "Network", "Log", "Runtime"]) await send(`${domain}.enable`);
  await send("Emulation.setDeviceMetricsOverride", {
    width,
    height: 900,
    deviceScaleFactor: 1,
    mobile: false,
  });
  const features = [{ name: "prefers-color-scheme", value: scheme }];
  await send("Emulation.setEmulatedMedia", { features });
  events.length = 0;
  const loaded = new Promise((resolve) => {
    browser.onEvent((method) => method === "Page.loadEventFired" && resolve(undefined));
  });
  await send("Page.navigate", { url });
  await loaded;
  const { result } = await send("Runtime.evaluate", { expression: LOOK, returnByValue: true });
  return {
    look: result.value,
    async picture(path) {
      const { data } = await send("Page.captureScreenshot", { captureBeyondViewport: true });
      writeFileSync(path, Buffer.from(data, "base64"));
    },
    close: () => browser.send("Target.closeTarget", { targetId }),
  };
}

async function main(command, pictures) {
  const folder = mkdtempSync(join(tmpdir(), "report-"));
  const browser = startChromium(command);
  const events = [];
  browser.onEvent((method, params) => events.push({ method, params }));
  try {
    const pages = {
      plain: renderReport(sampleReport()),
      several: renderReport(sampleReport({ benchmarks: ["toy-world", "tweets", "third"] })),
      hostile: renderReport(sampleReport({ texts: HOSTILE, benchmarks: [HOSTILE[1]], seeds: 1 })),
    };
    const backgrounds = new Set();
    for (const [name, page] of Object.entries(pages)) {
      const file = join(folder, `${name}.html`);
      writeFileSync(file, page);
      for (const view of [
        { width: 1200, scheme: "light" },
        { width: 1200, scheme: "dark" },
        { width: 390, scheme: "light" },
      ]) {
        const title = `${name} ${view.scheme} ${view.width} px`;
        const url = pathToFileURL(file).href;
        const opened = await openPage(browser, events, url, view);
        const { look } = opened;
        backgrounds.add(look.page);
        const messages = events
          .filter(({ method }) =>
            ["Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"].includes(
              method,
            ),
          )
          .map(({ params }) => params.entry?.text ?? params.exceptionDetails?.text ?? params.type);
        const requests = events
          .filter(({ method }) => method === "Network.requestWillBeSent")
          .map(({ params }) => params.request.url)
          .filter((address) => address !== url && !address.startsWith("data:"));
        check(`${title}: console is silent`, messages.length === 0, messages);
        check(`${title}: no requests`, requests.length === 0, requests);
        const wanted =
          "warnings,results,comparisons,training,weights,weight-health,calibration,classes,split-guard,models,notes,making";
        check(`${title}: all sections`, look.sections.join() === wanted, look.sections);
        check(`${title}: no empty section`, look.empty === 0, look.empty);
        check(`${title}: charts`, look.charts >= 7, look.charts);
        check(`${title}: chart texts inside their chart`, look.outside.length === 0, look.outside);
        check(`${title}: page does not scroll sideways`, !look.scrollsSideways, view.width);
        check(`${title}: text contrast 4.5`, look.textContrast >= 4.5, look.textContrast);
        check(`${title}: line contrast 3`, look.strokeContrast >= 3, look.strokeContrast);
        check(`${title}: ids are unique`, look.repeatedIds === 0, look.repeatedIds);
        check(`${title}: links lead somewhere`, look.deadLinks === 0, look.deadLinks);
        check(`${title}: no script ran`, look.ran === undefined || look.ran === null, look.ran);
        if (name === "hostile") {
          const isShown = look.rowTexts.some((text) => text.includes("onerror='window.ran = 1'"));
          check(`${title}: texts are shown as written`, isShown, look.rowTexts.slice(0, 3));
          const isTold = look.rowTexts.some((text) =>
            text.includes("[U+202E]shown backwards [U+2028]"),
          );
          check(`${title}: acting characters are named`, isTold, look.rowTexts.slice(0, 6));
        }
        if (pictures !== undefined) {
          mkdirSync(pictures, { recursive: true });
          await opened.picture(join(pictures, `${name}-${view.scheme}-${view.width}.png`));
        }
        await opened.close();
      }
    }
    check("light and dark differ", backgrounds.size === 2, [...backgrounds]);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, 0 skipped`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

await main(process.argv[2] ?? "chromium", process.argv[3]);
