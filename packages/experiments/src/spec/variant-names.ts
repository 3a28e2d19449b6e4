import { canonicalJson } from "@counterweight/base";
import { isPathKey } from "./paths.js";
import { isMapping } from "./plain.js";
import type { Settings, SweepSpec } from "./schema-sweep.js";
import { describeTransforms, transformSchema } from "./schema-weights.js";

/** Longer values are named by their place in the list. */
const longestName = 40;

/**
 * Names variants after their swept settings, such as `learningRate=3e-5, clip ..10`: keys by their last
 * word where that says which one is meant, values short, no two alike.
 */
export function variantNamer(sweep: SweepSpec): (settings: Settings) => string {
  const values = valuesByKey(sweep);
  const labels = labelsOf([...values.keys()], sweep.names);
  const parts = new Map(
    [...values].map(([key, list]) => [key, partsOf(key, labels.get(key) ?? key, list)]),
  );
  return (settings) => {
    let name = "";
    for (const key of Object.keys(settings)) {
      const part = parts.get(key)?.(settings[key]) ?? key;
      name = name === "" ? part : `${name}, ${part}`;
    }
    return name;
  };
}

/** Every value that any variant has, by key, in the order written. */
function valuesByKey({ axes, zip, include }: SweepSpec): Map<string, unknown[]> {
  const values = new Map<string, unknown[]>();
  for (const group of [axes, ...zip]) {
    for (const [key, list] of Object.entries(group)) values.set(key, [...list]);
  }
  for (const rule of include) {
    for (const [key, value] of Object.entries(rule)) {
      if (key.includes(".") || key.startsWith("generatedRows") || values.has(key)) {
        values.set(key, [...(values.get(key) ?? []), value]);
      }
    }
  }
  return values;
}

/** The shortest ending of each key that no other has, or the name given. */
function labelsOf(
  keys: readonly string[],
  names: Readonly<Record<string, string>>,
): Map<string, string> {
  const labels = new Map<string, string>();
  for (const key of keys) {
    const steps = key.split(".");
    let length = 1;
    const ending = (): string => steps.slice(-length).join(".");
    const isShared = (): boolean =>
      keys.some((other) => other !== key && `.${other}`.endsWith(`.${ending()}`));
    while (length < steps.length && isShared()) length++;
    labels.set(key, names[key] ?? ending());
  }
  return labels;
}

function partsOf(
  key: string,
  label: string,
  values: readonly unknown[],
): (value: unknown) => string {
  const distinct = [...new Map(values.map((value) => [canonicalJson(value ?? null), value]))];
  const known = new Map<unknown, string>();
  const used = new Set<string>();
  distinct.forEach(([id, value], index) => {
    const short = valueName(key, value, values);
    const isFit = short !== "" && short.length <= longestName && !used.has(short);
    const name = isFit ? short : `#${index + 1}`;
    used.add(name);
    const isWords = key === "weights.transform" && isFit;
    const part = isWords ? name : `${label}=${name}`;
    known.set(id, part);
  });
  // Scalars, which most are, are found without writing them out.
  const quick = new Map(distinct.map(([id, value]) => [value, known.get(id) ?? ""]));
  return (value) => quick.get(value) ?? known.get(canonicalJson(value ?? null)) ?? "";
}

function valueName(key: string, value: unknown, values: readonly unknown[]): string {
  if (value === null || value === undefined) return "none";
  if (typeof value === "number") return numberName(value);
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string") {
    return isPathKey(key) ? pathName(value, values) : plainText(value);
  }
  const transforms = transformSchema.array().safeParse(value);
  if (transforms.success && key.endsWith("transform")) {
    return transforms.data.length === 0 ? "no transform" : describeTransforms(transforms.data);
  }
  if (isMapping(value)) {
    const differing = Object.entries(value).filter(
      ([name, own]) =>
        new Set(
          [own, ...values.map((other) => (isMapping(other) ? other[name] : undefined))].map((one) =>
            canonicalJson(one ?? null),
          ),
        ).size > 1,
    );
    return differing.map(([name, own]) => `${name} ${valueName("", own, [])}`).join(" ");
  }
  return JSON.stringify(value);
}

const numberName = (value: number): string => {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential() : String(value);
};

/** Signs that stand between parts are quoted. */
const plainText = (text: string): string =>
  /^[\p{L}\p{N} ._/:@+~-]+$/u.test(text) ? text : JSON.stringify(text);

/** As many last parts of a path as tell it from the others. */
function pathName(path: string, values: readonly unknown[]): string {
  const steps = path.split(/[\\/]/).filter((part) => part !== "");
  const others = values.filter(
    (other): other is string => typeof other === "string" && other !== path,
  );
  for (let length = 1; length < steps.length; length++) {
    const ending = steps.slice(-length).join("/");
    if (!others.some((other) => `/${other}`.endsWith(`/${ending}`))) return plainText(ending);
  }
  return plainText(steps.join("/"));
}
