#!/usr/bin/env node
// @ts-check
// `npm ci` must work from the committed lockfile on every platform and behind every registry:
// - no entry names a registry host (see omit-lockfile-registry-resolved in .npmrc);
// - every optional dependency has an entry. npm leaves out native packages of other platforms that
//   the registry at hand does not carry, and `npm ci` then refuses the lockfile.
// Usage: node scripts/check-lockfile.mjs [--write] [--root DIR]
//   --write  adds the entries that are missing, with the platform read off the package's name
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/**
 * @typedef {object} Entry
 * @property {string} [version]
 * @property {string} [resolved]
 * @property {boolean} [link]
 * @property {boolean} [dev]
 * @property {string} [license]
 * @property {Record<string, string>} [optionalDependencies]
 */

/** Words in the names of native packages, as npm's `os`, `cpu` and `libc` fields call them. */
const PLATFORM_WORDS = {
  os: {
    aix: "aix",
    android: "android",
    darwin: "darwin",
    freebsd: "freebsd",
    linux: "linux",
    openharmony: "openharmony",
    win32: "win32",
    windows: "win32",
  },
  cpu: {
    64: "x64",
    arm: "arm",
    arm64: "arm64",
    ia32: "ia32",
    loong64: "loong64",
    ppc64: "ppc64",
    riscv64: "riscv64",
    s390x: "s390x",
    x64: "x64",
  },
  libc: { gnu: "glibc", musl: "musl" },
};

/**
 * The platform that a native package's name states, or undefined where it states none.
 * @param {string} name such as "@nx/nx-linux-arm64-musl"
 */
export function platformOf(name) {
  const words = name.replace(/^@[^/]*\//, "").split("-");
  const found = Object.entries(PLATFORM_WORDS).map(([field, table]) => {
    const meant = Object.entries(table).filter(([word]) => words.includes(word));
    return [field, meant.map(([, value]) => value)];
  });
  const { os, cpu, libc } = Object.fromEntries(found);
  if (os.length !== 1 || cpu.length !== 1) return undefined;
  return { os, cpu, ...(libc.length === 1 ? { libc } : {}) };
}

/**
 * Entries that the lockfile should have for optional dependencies and has not.
 * @param {Record<string, Entry>} packages the `packages` of a lockfile, by path
 */
export function missingEntries(packages) {
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => lookUp(packages, path, name) === undefined)
      .map(([name, version]) => ({
        path: `node_modules/${name}`,
        version,
        neededBy: path,
        platform: platformOf(name),
        entry: {
          version,
          ...platformOf(name),
          ...(entry.dev === true ? { dev: true } : {}),
          ...(entry.license === undefined ? {} : { license: entry.license }),
          optional: true,
        },
      })),
  );
}

/**
 * Where Node would find `name` from `path`: in the nearest node_modules on the way up.
 * @param {Record<string, Entry>} packages
 * @param {string} path
 * @param {string} name
 */
function lookUp(packages, path, name) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    const found =
      packages[folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`];
    if (found !== undefined || folder === "") return found;
  }
}

/**
 * @param {string} root
 * @param {boolean} write
 */
function run(root, write) {
  const file = join(root, "package-lock.json");
  const lockfile = JSON.parse(readFileSync(file, "utf8"));
  /** @type {Record<string, Entry>} */
  const packages = lockfile.packages;
  const problems = Object.entries(packages)
    .filter(([, { resolved, link }]) => resolved !== undefined && link !== true)
    .map(([path, { resolved }]) => `${path}: names an address, ${resolved}`);

  const missing = missingEntries(packages);
  for (const { path, version, neededBy, platform, entry } of missing) {
    if (!write)
      problems.push(`${path}: ${neededBy} may need it and it has no entry; run with --write`);
    else if (!/^\d+\.\d+\.\d+$/.test(version) || platform === undefined) {
      problems.push(`${path}: version or platform is not plain in ${neededBy}; add it by hand`);
    } else packages[path] = entry;
  }
  if (write) {
    const sorted = Object.entries(packages).sort(([left], [right]) =>
      left.localeCompare(right, "en"),
    );
    lockfile.packages = Object.fromEntries(sorted);
    writeFileSync(file, `${JSON.stringify(lockfile, null, 2)}\n`);
  }
  for (const problem of problems) console.error(`package-lock.json: ${problem}`);
  console.log(problems.length === 0 ? "lockfile: fine" : `lockfile: ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { write: { type: "boolean", default: false }, root: { type: "string" } },
  });
  run(resolve(values.root ?? fileURLToPath(new URL("..", import.meta.url))), values.write);
}
