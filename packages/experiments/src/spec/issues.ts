import type { z } from "zod";
import { dotted, type SpecPath } from "./document.js";
import { allows, alternatives, childNodes, knownKeys, type SchemaNode } from "./json-schema.js";
import { placeOfKey, placeOfValue, type SpecSource } from "./layers.js";
import { valueAt } from "./plain.js";
import type { SpecProblem } from "./problem.js";
import { didYouMean } from "./suggest.js";

type Issue = z.core.$ZodIssue;

const steps = (path: readonly PropertyKey[]): SpecPath =>
  path.map((step) => (typeof step === "symbol" ? String(step) : step));

/**
 * Turns zod's issues into problems with a place in the text and a message for people.
 * @param value the whole spec as written
 * @param prefix where the part that was checked stands in it
 */
export function problemsOfIssues(
  issues: readonly Issue[],
  value: unknown,
  source: SpecSource,
  schema: SchemaNode,
  prefix: SpecPath = [],
): SpecProblem[] {
  return issues.flatMap((issue) => translate(issue, prefix, value, source, schema));
}

function translate(
  issue: Issue,
  prefix: SpecPath,
  value: unknown,
  source: SpecSource,
  schema: SchemaNode,
): SpecProblem[] {
  const path = [...prefix, ...steps(issue.path)];
  const found = valueAt(value, path);
  const problem = (message: string): SpecProblem[] => [
    { path: dotted(path), message, place: placeOfValue(source, path) },
  ];
  switch (issue.code) {
    case "unrecognized_keys": {
      const nodes = nodesAt(schema, path, value);
      const known = knownKeys(nodes);
      return issue.keys.map((key) => ({
        path: dotted([...path, key]),
        // Known, but to another of the alternatives.
        message: known.includes(key)
          ? "does not go together with the other keys here."
          : `unknown key. ${didYouMean(key, known)}`,
        place: placeOfKey(source, [...path, key]),
      }));
    }
    case "invalid_union": {
      if (issue.errors.length === 0) {
        const options = nodesAt(schema, path.slice(0, -1), value)
          .map((node) => node.properties?.[String(path.at(-1))]?.const)
          .filter((option) => typeof option === "string");
        return problem(chosenFrom(options, found));
      }
      const branch = closestBranch(issue.errors);
      if (branch !== undefined) {
        return branch.flatMap((inner) => translate(inner, path, value, source, schema));
      }
      const parts = issue.errors.flatMap((errors) => errors.map(expectation));
      return problem(needed([...new Set(parts)].join(" or "), found));
    }
    case "invalid_value":
      return problem(chosenFrom(issue.values, found));
    case "invalid_type": {
      // zod names the first check that failed: for a text where an integer is due, "number".
      const nodes = nodesAt(schema, path, value);
      const whole = issue.expected === "number" && nodes.length > 0 && !allows(nodes, "number");
      return problem(needed(whole ? (typeNames.int ?? "") : expectation(issue), found));
    }
    case "too_small":
    case "too_big":
      return problem(needed(expectation(issue), found));
    case "invalid_format":
      return problem(needed(issue.message, found));
    default:
      return problem(`${issue.message}.`);
  }
}

/**
 * Of a union's branches the one the user was writing: where something fits (problems lie deeper),
 * or where the type fits and only the choice of words does not.
 */
function closestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const deep = branches.filter((issues) =>
    issues.every((issue) => issue.path.length > 0 || issue.code === "unrecognized_keys"),
  );
  const isForeign = (issues: readonly Issue[]): boolean =>
    issues.some((issue) => issue.code === "unrecognized_keys");
  if (deep.length > 0) return deep.find((issues) => !isForeign(issues)) ?? deep[0];
  return branches.find((issues) =>
    issues.every((issue) => issue.code !== "invalid_type" && issue.code !== "invalid_union"),
  );
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return typeNames[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.length === 1
        ? shown(issue.values[0])
        : `one of ${issue.values.join(", ")}`;
    case "too_small":
      if (issue.origin !== "number" && issue.origin !== "int") return issue.message;
      return `a number ${issue.inclusive === false ? "above" : "of at least"} ${issue.minimum}`;
    case "too_big":
      return `a number ${issue.inclusive === false ? "below" : "of at most"} ${issue.maximum}`;
    default:
      return issue.message;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping of keys",
  record: "a mapping of names",
  null: "null",
};

const needed = (expected: string, found: unknown): string =>
  found === undefined
    ? `is missing; needed ${expected}.`
    : `needed ${expected}, got ${shown(found)}.`;

function chosenFrom(options: readonly unknown[], found: unknown): string {
  const words = options.map(String);
  const choice = words.length === 1 ? words.join("") : `one of ${words.join(", ")}`;
  const near = typeof found === "string" ? didYouMean(found, words) : "";
  return `${needed(choice, found)}${near.startsWith("Did") ? ` ${near}` : ""}`;
}

/** A value as a person would recognise it, cut short. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object" && value !== null) return "a mapping";
  if (typeof value === "string") {
    const text = value.length > 60 ? `${value.slice(0, 57)}...` : value;
    return `the text ${JSON.stringify(text)}`;
  }
  return String(value);
}

/** Schema nodes at a path, narrowed by `kind` where the value says which alternative it is. */
function nodesAt(schema: SchemaNode, path: SpecPath, value: unknown): readonly SchemaNode[] {
  let nodes = alternatives(schema);
  for (const step of path) nodes = childNodes(nodes, step);
  const kind = valueAt(value, [...path, "kind"]);
  const chosen = nodes.filter((node) => node.properties?.kind?.const === kind);
  return kind !== undefined && chosen.length > 0 ? chosen : nodes;
}
