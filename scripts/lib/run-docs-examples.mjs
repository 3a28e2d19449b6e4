// @ts-check
/**
 * Runs the examples of pages as they stand there, each page in one new folder, from top to bottom; so a
 * page cannot say what does not work.
 *
 *     node scripts/lib/run-docs-examples.mjs PAGE... [--python PYTHON]
 *
 * An HTML comment on the line before a fenced block, unseen on GitHub, says what the block is:
 *
 *     <!-- file: NAME -->            writes the block as a file
 *     <!-- run: NAME -->             runs it: yaml by `counterweight run`, sh by bash, js by Node, python
 *     <!-- run: NAME; OPTIONS -->    the same, options divided by semicolons:
 *         exit N                     the exit code must be N, not 0
 *         over FILE                  yaml: keys that take the place of those of FILE, not a whole spec
 *         dry                        yaml: with --dry-run
 *         hub                        a hub of this machine serves reviews.csv as the data set acme/reviews
 *         needs VARIABLE             skipped where the variable is not set
 *     <!-- output -->                what the example before has said, on both streams
 *     <!-- shown -->                 not run
 *
 * In an output, `…` stands for anything within a line, and a line of `…` for any lines; the rest must
 * be equal. A block of a language above without a comment is a failure. A spec's results go to
 * `runs/NAME`. The last line is `N passed, N failed, N skipped`.
 */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startLocalHub } from "@counterweight/hub";

/** @typedef {{ line: number, language: string, text: string, directive: string | undefined }} Block */
/** @typedef {{ name: string, options: ReadonlyMap<string, string> }} Example */

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values, positionals } = parseArgs({
  options: { python: { type: "string", default: "python3" } },
  allowPositionals: true,
});
const { parse, stringify } = createRequire(join(root, "packages/experiments/package.json"))("yaml");
const languages = new Set(["yaml", "sh", "js", "python"]);
const limitMilliseconds = 300_000;

/**
 * The fenced blocks of a page.
 * @param {string} markdown
 * @param {string} page
 * @returns {Block[]}
 */
function blocksOf(markdown, page) {
  const lines = markdown.split("\n");
  /** @type {Block[]} */
  const blocks = [];
  for (let start = 0; start < lines.length; start++) {
    const language = /^```(\w*)\s*$/.exec(lines[start] ?? "")?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf("```", start + 1);
    if (end === -1) throw new Error(`${page}:${start + 1}: the block never ends`);
    const directive = /^<!--\s*(.*?)\s*-->$/.exec(lines[start - 1] ?? "")?.[1];
    const text = `${lines.slice(start + 1, end).join("\n")}\n`;
    blocks.push({ line: start + 1, language, text, directive });
    start = end;
  }
  return blocks;
}

/**
 * @param {string} words such as "broken; exit 2; over first.yaml"
 * @param {string} page
 * @returns {Example}
 */
function exampleOf(words, page) {
  const [name = "", ...rest] = words.split(";").map((part) => part.trim());
  const known = ["exit", "over", "dry", "hub", "needs"];
  const options = new Map(
    rest.map((part) => {
      const [key = "", ...value] = part.split(" ");
      if (!known.includes(key)) throw new Error(`${page}: unknown option "${part}" of ${name}`);
      return [key, value.join(" ")];
    }),
  );
  return { name, options };
}

/**
 * Whether an output is as shown.
 * @param {string} shown
 * @param {string} real
 */
function isAsShown(shown, real) {
  const literal = (/** @type {string} */ text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const tidy = (/** @type {string} */ text) => text.trim().replace(/[ \t]+$/gm, "");
  const pattern = tidy(shown)
    .split("\n")
    .map((line) =>
      line.trim() === "…" ? "(?:.*\n)*?" : `${line.split("…").map(literal).join(".*")}\n`,
    )
    .join("");
  return new RegExp(`^${pattern}$`).test(`${tidy(real)}\n`);
}

/**
 * Runs a command to its end; both streams go into one pipe, in the order of their lines.
 * @param {readonly string[]} command
 * @param {string} cwd
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function run(command, cwd, env) {
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["-c", 'exec "$@" 2>&1', "bash", ...command], {
      cwd,
      env,
      stdio: ["ignore", "pipe", "inherit"],
      timeout: limitMilliseconds,
    });
    /** @type {Buffer[]} */
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output: Buffer.concat(chunks).toString("utf8") }));
  });
}

/**
 * The command of an example, its program written to the folder.
 * @param {Block} block
 * @param {Example} example
 * @param {string} folder
 */
async function prepare({ language, text }, { name, options }, folder) {
  if (language === "yaml") {
    const base = options.get("over");
    const whole =
      base === undefined
        ? text
        : stringify({ ...parse(await readFile(join(folder, base), "utf8")), name, ...parse(text) });
    await writeFile(join(folder, `${name}.yaml`), whole);
    const dry = options.has("dry") ? ["--dry-run"] : [];
    return ["counterweight", "run", `${name}.yaml`, "--out", `runs/${name}`, ...dry];
  }
  /** @type {Readonly<Record<string, readonly [string, readonly string[]]>>} */
  const programs = {
    sh: ["sh", ["bash", "-euo", "pipefail"]],
    js: ["mjs", [process.execPath]],
    python: ["py", [values.python]],
  };
  const [ending, command] = programs[language] ?? ["", []];
  if (ending === "") throw new Error(`${name} is in ${language}, which is not run`);
  const file = `example-${name}.${ending}`;
  await writeFile(join(folder, file), text);
  return [...command, file];
}

/** @param {string} text */
const indented = (text) => text.trimEnd().replace(/^/gm, "       ");

const counts = { passed: 0, failed: 0, skipped: 0 };

/** @param {string} page */
async function runPage(page) {
  const folder = await mkdtemp(join(tmpdir(), "docs-examples-"));
  /** @type {Awaited<ReturnType<typeof startLocalHub>> | undefined} */
  let hub;
  const report = (/** @type {keyof typeof counts} */ as, /** @type {string} */ what) => {
    counts[as] += 1;
    console.log(`${{ passed: "ok     ", failed: "FAILED ", skipped: "skipped" }[as]} ${what}`);
  };
  try {
    for (const name of ["node_modules", "experiments"]) {
      await symlink(join(root, name), join(folder, name));
    }
    /** @type {{ name: string, output: string } | undefined} */
    let last;
    for (const block of blocksOf(await readFile(page, "utf8"), page)) {
      const [, kind, words = ""] =
        /^(file|run|output|shown)\b:?\s*(.*)$/.exec(block.directive ?? "") ?? [];
      if (kind === "file") {
        await mkdir(join(folder, words, ".."), { recursive: true });
        await writeFile(join(folder, words), block.text);
      } else if (kind === "output") {
        if (last === undefined) continue; // of an example that was skipped
        const same = isAsShown(block.text, last.output);
        report(same ? "passed" : "failed", `${last.name}: the output on line ${block.line}`);
        if (!same) console.log(indented(last.output));
      } else if (kind === "run") {
        const example = exampleOf(words, page);
        const { name, options } = example;
        last = undefined;
        const variable = options.get("needs");
        if (variable !== undefined && (process.env[variable] ?? "") === "") {
          report("skipped", `${name} (${variable} is not set)`);
          continue;
        }
        if (options.has("hub") && hub === undefined) {
          const content = await readFile(join(folder, "reviews.csv"), "utf8");
          const files = { "README.md": "---\nlicense: mit\n---\n", "train.csv": content };
          hub = await startLocalHub([
            { type: "dataset", id: "acme/reviews", revisions: { main: files } },
          ]);
        }
        const command = await prepare(block, example, folder);
        const { code, output } = await run(command, folder, {
          ...process.env,
          PATH: `${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH ?? ""}`,
          HF_HOME: join(folder, "hub-cache"),
          HF_HUB_OFFLINE: "",
          HF_ENDPOINT: hub?.endpoint ?? "http://127.0.0.1:9", // nobody listens there
        });
        const good = code === Number(options.get("exit") ?? 0);
        report(good ? "passed" : "failed", `${name} (${block.language}, line ${block.line})`);
        if (!good) console.log(indented(`exit code ${code}\n${output}`));
        last = { name, output };
      } else if (kind === undefined && languages.has(block.language)) {
        report("failed", `the ${block.language} block on line ${block.line} says not what it is`);
      }
    }
  } finally {
    await hub?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

for (const page of positionals) {
  console.log(page);
  await runPage(page);
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
if (counts.failed > 0 || counts.passed === 0) process.exitCode = 1;
