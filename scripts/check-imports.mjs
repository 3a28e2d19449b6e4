#!/usr/bin/env node
// @ts-check
// Holds every package to its row of allowed-imports.json, and everything that repeats that table
// (package.json dependencies, TypeScript references, docs/architecture.md) to the table.
// Usage: node scripts/check-imports.mjs [--write] [--root DIR]
//   --write  rewrites the table shown in docs/architecture.md
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { importsOf, sourceFiles } from "./lib/source-imports.mjs";

const SCOPE = "@counterweight/";
const TABLE_FILE = "scripts/allowed-imports.json";
const DOCUMENT = "docs/architecture.md";
const MARKERS = ["<!-- allowed-imports: begin -->", "<!-- allowed-imports: end -->"];

/** @typedef {Record<string, { what: string, mayImport: string[], unscoped?: boolean }>} Table */

/**
 * The name a folder's package is published under.
 * @param {Table} table
 * @param {string} name
 */
const published = (table, name) => (table[name]?.unscoped === true ? name : SCOPE + name);

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/**
 * The allowed-imports table as Markdown, in the order of the file.
 * @param {Table} table
 */
export function renderTable(table) {
  const rows = Object.entries(table).map(([name, { what, mayImport }]) => {
    const allowed = mayImport.length === 0 ? "nothing" : mayImport.join(", ");
    return `| \`${name}\` | ${what} | ${allowed} |`;
  });
  return ["| package | what it is | may import |", "|---|---|---|", ...rows].join("\n");
}

/**
 * All violations below a repository root, as `where: what is wrong; what to do` lines.
 * @param {string} root
 * @returns {string[]}
 */
export function checkImports(root) {
  /** @type {Table} */
  const table = readJson(join(root, TABLE_FILE));
  const rootManifest = readJson(join(root, "package.json"));
  const folders = readdirSync(join(root, "packages"), { withFileTypes: true })
    .filter((entry) => existsSync(join(entry.parentPath, entry.name, "package.json")))
    .map((entry) => entry.name)
    .sort();
  const known = folders.filter((name) => name in table);
  return [
    ...checkRows(table, folders),
    ...known.flatMap((name) => checkPackage(root, name, table, rootManifest)),
    ...checkReferences(
      root,
      ".",
      folders.map((name) => `packages/${name}`),
    ),
    ...checkDocument(root, table),
  ];
}

/**
 * A row for each folder, a folder for each row, and no way round in a circle.
 * @param {Table} table
 * @param {string[]} folders
 */
function checkRows(table, folders) {
  const names = Object.keys(table);
  const problems = [
    ...folders
      .filter((name) => !(name in table))
      .map((name) => `packages/${name}: has no row; add one to ${TABLE_FILE}`),
    ...names
      .filter((name) => !folders.includes(name))
      .map((name) => `${TABLE_FILE}: the row ${name} has no folder in packages/; remove it`),
  ];
  // Rows may only point upwards, which rules out cycles and makes the file readable top to bottom.
  names.forEach((name, index) => {
    for (const other of table[name]?.mayImport ?? []) {
      if (!names.slice(0, index).includes(other)) {
        problems.push(`${TABLE_FILE}: ${name} may import ${other}, which is not in a row above it`);
      }
    }
  });
  return problems;
}

/**
 * @param {string} root
 * @param {string} name
 * @param {Table} table
 * @param {{ devDependencies?: Record<string, string> }} rootManifest
 */
function checkPackage(root, name, table, rootManifest) {
  const folder = join(root, "packages", name);
  const manifest = readJson(join(folder, "package.json"));
  const row = table[name]?.mayImport ?? [];
  const runtime = Object.keys(manifest.dependencies ?? {});
  const forTests = [
    ...runtime,
    ...Object.keys(manifest.devDependencies ?? {}),
    ...Object.keys(rootManifest.devDependencies ?? {}),
  ];
  const where = `packages/${name}/package.json`;
  const all = Object.keys(table).map((other) => published(table, other));
  const ours = runtime.filter((dependency) => all.includes(dependency));
  const problems = differences(
    row.map((other) => published(table, other)),
    ours,
  ).map((text) => `${where}: dependencies ${text}; the row ${name} of ${TABLE_FILE} decides`);
  problems.push(
    ...checkReferences(
      root,
      `packages/${name}`,
      row.map((other) => `../${other}`),
    ),
  );

  for (const file of [...sourceFiles(join(folder, "src")), ...sourceFiles(join(folder, "bin"))]) {
    const isTest = /\.test\.[cm]?tsx?$/.test(file);
    const rules = { name, folder, row, declared: isTest ? forTests : runtime };
    for (const { specifier, line } of importsOf(file, readFileSync(file, "utf8"))) {
      const problem = judge(specifier, file, rules);
      const place = `${relative(root, file).split(sep).join("/")}:${line}`;
      if (problem !== undefined) problems.push(`${place}: ${problem}`);
    }
  }
  return problems;
}

/**
 * What is wrong with one import, or undefined.
 * @param {string | undefined} specifier
 * @param {string} file
 * @param {{ name: string, folder: string, row: string[], declared: string[] }} rules
 */
function judge(specifier, file, { name, folder, row, declared }) {
  if (specifier === undefined) {
    // The committed shim of the command loads what was built, by a computed address.
    if (dirname(file) === join(folder, "bin")) return undefined;
    return "a computed import cannot be checked; name the module by a string";
  }
  if (specifier.startsWith("node:")) return undefined;
  if (/^[./]/.test(specifier)) {
    const inside = relative(folder, resolve(dirname(file), specifier)).split(sep);
    if (inside[0] === ".." || specifier.startsWith("/")) {
      return `"${specifier}" leaves the package; import ${SCOPE}* instead`;
    }
    return inside[0] === "dist"
      ? `"${specifier}" imports a built file; import its source`
      : undefined;
  }
  const parts = specifier.split("/");
  const dependency = parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
  if (dependency.startsWith(SCOPE)) {
    const other = dependency.slice(SCOPE.length);
    if (other === name) return `"${specifier}" is this package itself; use a relative path`;
    if (specifier !== dependency) {
      return `"${specifier}" is a deep import; use what ${dependency} exports`;
    }
    if (row.includes(other)) return undefined;
    const allowed = row.length === 0 ? "nothing" : row.join(", ");
    return `${name} may not import ${other}; its row in ${TABLE_FILE} allows ${allowed}`;
  }
  if (declared.includes(dependency)) return undefined;
  return `"${specifier}" is not in the dependencies of packages/${name}/package.json`;
}

/**
 * @param {string} root
 * @param {string} folder
 * @param {string[]} expected
 */
function checkReferences(root, folder, expected) {
  const path = join(folder, "tsconfig.json").split(sep).join("/");
  /** @type {{ path: string }[]} */
  const references = readJson(join(root, path)).references ?? [];
  const found = references.map((reference) => reference.path);
  return differences(expected, found).map((text) => `${path}: references ${text}`);
}

/**
 * @param {string[]} expected
 * @param {string[]} found
 */
function differences(expected, found) {
  return [
    ...expected.filter((item) => !found.includes(item)).map((item) => `lack ${item}`),
    ...found.filter((item) => !expected.includes(item)).map((item) => `have ${item} too many`),
  ];
}

/**
 * @param {string} root
 * @param {Table} table
 */
function checkDocument(root, table) {
  const text = readFileSync(join(root, DOCUMENT), "utf8");
  return text.includes(withMarkers(table))
    ? []
    : [`${DOCUMENT}: shows another table; run node scripts/check-imports.mjs --write`];
}

/** @param {Table} table */
const withMarkers = (table) => `${MARKERS[0]}\n${renderTable(table)}\n${MARKERS[1]}`;

/** @param {string} root */
function writeDocument(root) {
  const path = join(root, DOCUMENT);
  const text = readFileSync(path, "utf8");
  const [begin, end] = MARKERS.map((marker) => text.indexOf(marker));
  if (begin === undefined || end === undefined || begin < 0 || end < begin) {
    throw new Error(`${DOCUMENT}: needed the lines ${MARKERS.join(" and ")}`);
  }
  const after = text.slice(end + (MARKERS[1]?.length ?? 0));
  writeFileSync(path, text.slice(0, begin) + withMarkers(readJson(join(root, TABLE_FILE))) + after);
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { write: { type: "boolean" }, root: { type: "string" } },
  });
  const root = resolve(values.root ?? fileURLToPath(new URL("..", import.meta.url)));
  if (values.write) writeDocument(root);
  const problems = checkImports(root);
  for (const problem of problems) console.error(problem);
  console.log(
    problems.length === 0 ? "imports: as the table allows" : `imports: ${problems.length} problems`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}
