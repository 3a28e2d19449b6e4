import { hash } from "node:crypto";

/** Canonical JSON of objects by the object itself, written before: they are not looked into again. */
export type WrittenJson = ReadonlyMap<object, string>;

/**
 * JSON with sorted keys and no spaces: equal values give equal text, so its hash is an identity.
 * Keys whose value is undefined are left out, -0 is 0, as with JSON.stringify.
 * @param written text of parts that many values share, as this function gave it; none of them may
 * have changed since.
 * @throws TypeError for all else that JSON cannot hold: NaN, bigints, holes, typed arrays, maps,
 * dates and other class instances, which JSON.stringify would silently change.
 */
export function canonicalJson(value: unknown, written?: WrittenJson): string {
  if (typeof value === "string") return quoted(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`canonicalJson: ${value} has no JSON form`);
    return String(value);
  }
  if (typeof value === "object") {
    const known = written?.get(value);
    if (known !== undefined) return known;
  }
  // One string, no arrays of parts: plans hash a hundred thousand of these.
  let text = "";
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    // By index, which finds holes too.
    for (let index = 0; index < items.length; index++) {
      text += `${index === 0 ? "" : ","}${canonicalJson(items[index], written)}`;
    }
    return `[${text}]`;
  }
  if (isPlainObject(value)) {
    for (const key of Object.keys(value).sort()) {
      const item = value[key];
      if (item === undefined) continue;
      text += `${text === "" ? "" : ","}${quoted(key)}:${canonicalJson(item, written)}`;
    }
    return `{${text}}`;
  }
  const name = typeof value === "object" ? value.constructor.name : typeof value;
  throw new TypeError(`canonicalJson: a value of type ${name} has no JSON form`);
}

/** Printable ASCII without what JSON escapes: nearly all keys and values, quoted three times faster. */
const plainText = /^[ !#-[\]-~]*$/;

const quoted = (text: string): string =>
  plainText.test(text) ? `"${text}"` : JSON.stringify(text);

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** SHA-256 as 64 hexadecimal digits. */
export function sha256(content: string | Uint8Array): string {
  return hash("sha256", content);
}
