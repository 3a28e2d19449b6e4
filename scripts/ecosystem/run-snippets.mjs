// @ts-check
/**
 * Runs the fenced `python` and `js` blocks of a page as they stand there, each as a program of its
 * own, so that the page cannot say what does not work.
 *
 *     node run-snippets.mjs PAGE --python PYTHON --libraries FOLDER --ours FOLDER
 *
 * Python and blocks that import foreign packages run in the folder `--libraries`, those that import
 * `@counterweight/...` in `--ours`, each prepared by the caller. A `json` block with "overrides" must
 * equal those of this folder's package.json. The last line is `N passed, N failed, N skipped`.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { counter } from "./compare.mjs";

const text = { type: /** @type {const} */ ("string"), default: "" };
const { values: options, positionals } = parseArgs({
  options: { python: text, libraries: text, ours: text },
  allowPositionals: true,
});
const [page = ""] = positionals;
const { check, end } = counter();
const blocks = [...readFileSync(page, "utf8").matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
const pinned = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

let number = 0;
for (const [, language, code = ""] of blocks) {
  const heading = code.split("\n").find((line) => line.trim() !== "") ?? "";
  if (language === "json" && code.includes('"overrides"')) {
    const shown = JSON.parse(code).overrides;
    check(isDeepStrictEqual(shown, pinned.overrides), "overrides on the page are those tried here");
  }
  if (language !== "python" && language !== "js") continue;
  number += 1;
  const folder = code.includes('"@counterweight/') ? options.ours : options.libraries;
  const file = join(folder, `snippet-${number}.${language === "js" ? "mjs" : "py"}`);
  writeFileSync(file, code);
  const command = language === "js" ? process.execPath : options.python;
  const { status, stdout, stderr } = spawnSync(command, [file], { cwd: folder, encoding: "utf8" });
  check(status === 0 && stdout.trim() !== "", `${language} block ${number}, "${heading}"`);
  // A bundled library's error shows a line of a million characters.
  console.log(
    (status === 0 ? stdout : `${stdout}\n${stderr}`)
      .trim()
      .replace(/^(.{160}).+$/gm, "$1...")
      .replace(/^/gm, "     "),
  );
}
check(number > 0, `${number} blocks found on the page`);
end();
