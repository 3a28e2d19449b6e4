import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkImports } from "./check-imports.mjs";

const repository = fileURLToPath(new URL("..", import.meta.url));
let root: string;

function edit(path: string, change: (text: string) => string): void {
  const before = readFileSync(join(root, path), "utf8");
  const after = change(before);
  expect(after, `the edit of ${path} changes something`).not.toBe(before);
  writeFileSync(join(root, path), after);
}

function plant(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** A copy of the workspace without sources: the manifests, references, table and document. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "check-imports-"));
  const packages = readdirSync(join(repository, "packages")).flatMap((name) =>
    ["package.json", "tsconfig.json"].map((file) => join("packages", name, file)),
  );
  const shared = ["package.json", "tsconfig.json", "docs/architecture.md"];
  for (const path of [...shared, "scripts/allowed-imports.json", ...packages]) {
    cpSync(join(repository, path), join(root, path));
  }
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("the repository itself", () => {
  it("keeps to the table", () => {
    expect(checkImports(repository)).toEqual([]);
  });
});

describe("allowed imports", () => {
  it("accepts what the rows allow, in every form of import", () => {
    plant(
      "packages/losses/src/nested/fine.ts",
      [
        'import { readFile } from "node:fs/promises";',
        'import type { CounterweightError } from "@counterweight/base";',
        'export { gradients } from "@counterweight/graph";',
        'type Lazy = typeof import("@counterweight/graph");',
        'const loaded = await import("@counterweight/base");',
        'import { sibling } from "../sibling.js";',
        '// import "left-pad";',
        'const text = `import "left-pad"`;',
      ].join("\n"),
    );
    plant("packages/graph/src/fine.ts", 'import { PbfWriter } from "pbf";');
    expect(checkImports(root)).toEqual([]);
  });

  it("lets tests, and only tests, use development dependencies", () => {
    const source = 'import fc from "fast-check";\nimport { it } from "vitest";\n';
    plant("packages/metrics/src/accuracy.test.ts", source);
    expect(checkImports(root)).toEqual([]);
    plant("packages/metrics/src/accuracy.ts", source);
    expect(checkImports(root)).toEqual([
      expect.stringContaining('packages/metrics/src/accuracy.ts:1: "fast-check" is not in'),
      expect.stringContaining('packages/metrics/src/accuracy.ts:2: "vitest" is not in'),
    ]);
  });
});

const refusedImports: [why: string, path: string, source: string, message: string][] = [
  [
    "a package outside the row",
    "packages/data/src/a.ts",
    'import { x } from "@counterweight/graph";',
    "data may not import graph",
  ],
  [
    "the same in a test",
    "packages/data/src/a.test.ts",
    'import { x } from "@counterweight/graph";',
    "data may not import graph",
  ],
  [
    "a type outside the row",
    "packages/data/src/a.ts",
    'import type { X } from "@counterweight/graph";',
    "data may not import graph",
  ],
  [
    "a type expression outside the row",
    "packages/data/src/a.ts",
    'export type X = import("@counterweight/graph").X;',
    "data may not import graph",
  ],
  [
    "a re-export outside the row",
    "packages/data/src/a.ts",
    'export { x } from "@counterweight/graph";',
    "data may not import graph",
  ],
  [
    "a star re-export outside the row",
    "packages/data/src/a.ts",
    'export * from "@counterweight/graph";',
    "data may not import graph",
  ],
  [
    "a lazy import outside the row",
    "packages/data/src/a.ts",
    "const x = await import(`@counterweight/graph`);",
    "data may not import graph",
  ],
  [
    "a require outside the row",
    "packages/data/src/a.cts",
    'const x = require("@counterweight/graph");',
    "data may not import graph",
  ],
  [
    "an import assignment outside the row",
    "packages/data/src/a.cts",
    'import x = require("@counterweight/graph");',
    "data may not import graph",
  ],
  [
    "a deep import",
    "packages/losses/src/a.ts",
    'import { x } from "@counterweight/graph/src/index.js";',
    "is a deep import",
  ],
  [
    "a path out of the package",
    "packages/losses/src/a.ts",
    'import { x } from "../../graph/src/index.js";',
    "leaves the package",
  ],
  [
    "an absolute path",
    "packages/losses/src/a.ts",
    'import { x } from "/etc/x.js";',
    "leaves the package",
  ],
  [
    "a built file",
    "packages/losses/src/a.ts",
    'import { x } from "../dist/index.js";',
    "imports a built file",
  ],
  [
    "the package's own name",
    "packages/losses/src/a.ts",
    'import { x } from "@counterweight/losses";',
    "is this package itself",
  ],
  [
    "an undeclared library",
    "packages/losses/src/a.ts",
    'import { x } from "yaml";',
    '"yaml" is not in the dependencies',
  ],
  [
    "a library of another package",
    "packages/graph/src/a.ts",
    'import { x } from "onnxruntime-node";',
    '"onnxruntime-node" is not in',
  ],
  [
    "a part of an undeclared scoped library",
    "packages/graph/src/a.ts",
    'import { x } from "@huggingface/tokenizers/x";',
    "is not in the dependencies",
  ],
  [
    "a computed import",
    "packages/graph/src/a.ts",
    "const x = await import(name);",
    "a computed import cannot be checked",
  ],
  [
    "an import in a folder below",
    "packages/data/src/deep/er/a.ts",
    'import "@counterweight/cli";',
    "data may not import cli",
  ],
];

describe("refused imports", () => {
  it.each(refusedImports)("%s", (_why, path, source, message) => {
    plant(path, `\n${source}\n`);
    expect(checkImports(root)).toEqual([expect.stringContaining(message)]);
    expect(checkImports(root)[0]).toContain(`${path}:2: `);
  });
});

describe("what repeats the table must agree with it", () => {
  const insertBefore = (mark: string, text: string) => (whole: string) =>
    whole.replace(mark, text + mark);

  it("a dependency outside the row", () => {
    edit(
      "packages/data/package.json",
      insertBefore('"csv-parse"', '"@counterweight/graph": "0.1.0",'),
    );
    expect(checkImports(root)).toEqual([
      expect.stringContaining("packages/data/package.json: dependencies have @counterweight/graph"),
    ]);
  });

  it("a dependency that the row has and package.json lacks", () => {
    edit("packages/losses/package.json", (text) =>
      text.replace('"@counterweight/base": "0.1.0",', ""),
    );
    expect(checkImports(root)).toEqual([
      expect.stringContaining(
        "packages/losses/package.json: dependencies lack @counterweight/base",
      ),
    ]);
  });

  it("a TypeScript reference outside the row, or missing", () => {
    edit("packages/losses/tsconfig.json", (text) => text.replace("../graph", "../data"));
    expect(checkImports(root)).toEqual([
      "packages/losses/tsconfig.json: references lack ../graph",
      "packages/losses/tsconfig.json: references have ../data too many",
    ]);
  });

  it("a package that the root build leaves out", () => {
    edit("tsconfig.json", (text) => text.replace("packages/cli", "packages/none"));
    expect(checkImports(root)).toContain("tsconfig.json: references lack packages/cli");
  });

  it("a package without a row, and a row without a package", () => {
    edit("scripts/allowed-imports.json", (text) => text.replace('"metrics": {', '"measures": {'));
    const problems = checkImports(root);
    expect(problems).toContainEqual(expect.stringContaining("packages/metrics: has no row"));
    expect(problems).toContainEqual(expect.stringContaining("the row measures has no folder"));
  });

  it("a row that looks down, which is how a cycle begins", () => {
    edit("scripts/allowed-imports.json", (text) =>
      text.replace('"mayImport": []', '"mayImport": ["cli"]'),
    );
    expect(checkImports(root)).toContainEqual(
      expect.stringContaining("base may import cli, which is not"),
    );
  });

  it("a document that shows another table", () => {
    edit("docs/architecture.md", (text) =>
      text.replace("| base, metrics, data |", "| base, data |"),
    );
    expect(checkImports(root)).toEqual([
      expect.stringContaining("docs/architecture.md: shows another"),
    ]);
  });
});
