import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseSync } from "oxc-parser";

const SOURCE_FILE = /\.[cm]?[jt]sx?$/;
const SKIPPED_FOLDERS = new Set(["node_modules", "dist", "golden"]);

/**
 * Source files below a folder, in a fixed order; an absent folder has none.
 * @param {string} folder
 * @returns {string[]}
 */
export function sourceFiles(folder) {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
  return entries
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : sourceFiles(path);
      return SOURCE_FILE.test(entry.name) ? [path] : [];
    });
}

/**
 * What a file imports. `specifier` is undefined where it is computed and so cannot be checked.
 * @typedef {{ specifier: string | undefined, line: number }} SourceImport
 */

/**
 * Every way one module can name another: import and export declarations, `import()`,
 * `import("x").Type`, `import x = require("x")` and `require("x")`.
 * @param {string} file name used for the language and for messages
 * @param {string} text
 * @returns {SourceImport[]}
 */
export function importsOf(file, text) {
  const { program, errors } = parseSync(file, text);
  const error = errors[0];
  if (error !== undefined) throw new SyntaxError(`${file}: ${error.message}`);

  /** @type {SourceImport[]} */
  const found = [];
  /** @param {Record<string, unknown>} node */
  const visit = (node) => {
    const target = importTarget(node);
    if (target !== undefined) {
      found.push({
        specifier: literalString(target),
        line: lineAt(text, Number(node.start)),
      });
    }
    for (const child of Object.values(node)) {
      for (const item of Array.isArray(child) ? child : [child]) {
        if (isNode(item)) visit(item);
      }
    }
  };
  visit(/** @type {Record<string, unknown>} */ (/** @type {unknown} */ (program)));
  return found;
}

/**
 * The expression that names the other module, where this node names one.
 * @param {Record<string, unknown>} node
 */
function importTarget(node) {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return node.source;
    case "ExportNamedDeclaration":
      return node.source ?? undefined;
    case "TSExternalModuleReference":
      return node.expression;
    case "CallExpression": {
      const isRequire = isNode(node.callee) && node.callee.name === "require";
      return isRequire && Array.isArray(node.arguments) ? node.arguments[0] : undefined;
    }
    default:
      return undefined;
  }
}

/** @param {unknown} target */
function literalString(target) {
  if (!isNode(target)) return undefined;
  if (target.type === "Literal" && typeof target.value === "string") return target.value;
  if (target.type === "TemplateLiteral" && Array.isArray(target.quasis)) {
    return target.quasis.length === 1 ? target.quasis[0].value.cooked : undefined;
  }
  return undefined;
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isNode(value) {
  return typeof value === "object" && value !== null && "type" in value;
}

/**
 * @param {string} text
 * @param {number} offset
 */
function lineAt(text, offset) {
  return text.slice(0, offset).split("\n").length;
}
