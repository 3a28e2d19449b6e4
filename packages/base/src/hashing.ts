import { createHash } from "node:crypto";

/**
 * JSON with sorted keys and no spaces: equal values give equal text, so its hash is an identity.
 * Keys whose value is undefined are left out, -0 is 0, as with JSON.stringify.
 * @throws TypeError for all else that JSON cannot hold: NaN, bigints, holes, typed arrays, maps,
 * dates and other class instances, which JSON.stringify would silently change.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") {
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`canonicalJson: ${value} has no JSON form`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value))
    return `[${Array.from(value, (item) => canonicalJson(item)).join(",")}]`;
  if (isPlainObject(value)) {
    // One string, no arrays of pairs: plans hash a hundred thousand of these.
    let text = "";
    for (const key of Object.keys(value).sort()) {
      const item: unknown = Reflect.get(value, key);
      if (item === undefined) continue;
      text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(item)}`;
    }
    return `{${text}}`;
  }
  const name = typeof value === "object" ? value.constructor.name : typeof value;
  throw new TypeError(`canonicalJson: a value of type ${name} has no JSON form`);
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** SHA-256 as 64 hexadecimal digits. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
