/**
 * The split guard on made-up rows: seconds and peak memory against the number of rows. Run after
 * `npm run build`; every size has a process of its own.
 *
 *     node scripts/bench/split-guard.mjs [--kind words|templates|equal] [--rows 1000,1000000]
 *
 * - words: texts of about 100 characters from 20,000 words by Zipf's law; in 100 rows 2 repeat an
 *   earlier one exactly, 2 in case and punctuation, 2 but for a word;
 * - templates: 200 sentences of 16 words with two of them drawn anew, so that everything resembles
 *   something;
 * - equal: one text in all rows of one role.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { randomStream } from "@counterweight/base";
import { checkSplits } from "@counterweight/data";

const { values } = parseArgs({
  options: {
    kind: { type: "string", default: "words" },
    rows: { type: "string", default: "1000,10000,100000,1000000" },
    child: { type: "boolean", default: false },
  },
});
const sizes = values.rows.split(",").map(Number);

if (values.child) {
  process.stdout.write(JSON.stringify(measure(values.kind, sizes[0] ?? 0)));
} else {
  const script = fileURLToPath(import.meta.url);
  /** @type {{ rows: number, seconds: number }[]} */
  const done = [];
  process.stdout.write(
    `kind ${values.kind}\n      rows  seconds  cpu seconds  peak MB  before MB  near texts\n`,
  );
  for (const rows of sizes) {
    const args = ["--child", "--kind", values.kind, "--rows", String(rows)];
    const one = JSON.parse(execFileSync(process.execPath, [script, ...args], { encoding: "utf8" }));
    done.push({ rows, seconds: one.cpu });
    const cells = [
      rows,
      one.seconds.toFixed(2),
      one.cpu.toFixed(2),
      one.peak,
      one.before,
      one.near,
    ];
    const widths = [10, 9, 13, 9, 11, 12];
    process.stdout.write(
      `${cells.map((cell, index) => String(cell).padStart(widths[index] ?? 0)).join("")}\n`,
    );
  }
  const [from, to] = done.slice(-2);
  if (from !== undefined && to !== undefined) {
    const exponent = Math.log(to.seconds / from.seconds) / Math.log(to.rows / from.rows);
    process.stdout.write(
      `CPU seconds grow as rows ^ ${exponent.toFixed(2)} from ${from.rows} to ${to.rows}\n`,
    );
  }
}

/**
 * @param {string} kind
 * @param {number} rows
 */
function measure(kind, rows) {
  const texts = textsOf(kind, rows);
  const real = Math.min(1000, Math.floor(rows / 10));
  let start = 0;
  /** @param {number} count */
  const table = (count) => {
    const text = texts.slice(start, start + count);
    start += count;
    return {
      name: "bench",
      labelNames: ["a", "b"],
      text,
      label: Int32Array.from(text, (_, index) => index % 2),
      file: "bench.csv",
      row: Int32Array.from(text, (_, index) => index + 1),
      skipped: [],
    };
  };
  const benchmark = {
    name: "bench",
    labelNames: ["a", "b"],
    train: table(real),
    validation: table(real),
    test: table(real),
    generated: table(rows - 3 * real),
  };
  const before = peakMegabytes();
  const begun = performance.now();
  const cpuBefore = process.cpuUsage();
  const { report } = checkSplits(benchmark, {
    allowSharedText: ["train", "validation", "generated"],
  });
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const near = report.shared.find(
    ({ roles, level }) => level === "near" && roles.every((role) => role === "generated"),
  );
  return {
    seconds,
    cpu: (user + system) / 1e6,
    peak: peakMegabytes(),
    before,
    near: near?.texts[0] ?? 0,
  };
}

function peakMegabytes() {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

/**
 * @param {string} kind
 * @param {number} rows
 */
function textsOf(kind, rows) {
  const random = randomStream("bench", kind);
  const vocabulary = Array.from({ length: 20_000 }, () =>
    Array.from({ length: 2 + random.integer(8) }, () =>
      String.fromCharCode(97 + random.integer(26)),
    ).join(""),
  );
  // The inverse of Zipf's law: ranks drawn evenly on a logarithmic scale.
  const word = () => vocabulary[Math.floor(vocabulary.length ** random.float()) - 1] ?? "";
  const sentence = () => Array.from({ length: 16 }, word);
  const templates = Array.from({ length: 200 }, sentence);
  /** @type {string[]} */
  const texts = [];
  for (let row = 0; row < rows; row++) {
    if (kind === "equal") {
      texts.push(
        "one and the same text, written by a model that had nothing else to say this time",
      );
      continue;
    }
    if (kind === "templates") {
      const words = [...(templates[random.integer(templates.length)] ?? [])];
      words[random.integer(16)] = word();
      words[random.integer(16)] = word();
      texts.push(words.join(" "));
      continue;
    }
    const earlier = texts[random.integer(Math.max(1, row))] ?? "";
    const way = random.integer(100);
    if (way < 2) texts.push(earlier);
    else if (way < 4) texts.push(`${earlier.toUpperCase()} !!`);
    else if (way < 6) texts.push(earlier.replace(/ [a-z]+ /, ` ${word()} `));
    else texts.push(sentence().join(" "));
  }
  return texts;
}
