/** A value of YAML front matter; absent members are left out. */
export type FrontMatter =
  | string
  | number
  | boolean
  | undefined
  | readonly FrontMatter[]
  | { readonly [key: string]: FrontMatter };

/**
 * YAML in block style. Strings are in double quotes unless they are plain words, so that none is
 * taken for a number, a date or a truth value; JSON's escapes are YAML's.
 */
export function renderFrontMatter(value: { readonly [key: string]: FrontMatter }): string {
  return `---\n${lines(value, "").join("\n")}\n---\n`;
}

function lines(value: FrontMatter, indent: string): string[] {
  if (isList(value)) {
    return value.flatMap((item) => {
      const [first = "", ...rest] = lines(item, `${indent}  `);
      return [`${indent}- ${first.trimStart()}`, ...rest];
    });
  }
  if (typeof value !== "object") return [`${indent}${scalar(value)}`];
  return Object.entries(value).flatMap(([key, member]) => {
    if (member === undefined) return [];
    if (typeof member !== "object") return [`${indent}${scalar(key)}: ${scalar(member)}`];
    const inner = lines(member, isList(member) ? indent : `${indent}  `);
    return inner.length === 0 ? [] : [`${indent}${scalar(key)}:`, ...inner];
  });
}

/** `Array.isArray` that tells read-only lists from objects. */
const isList = (value: FrontMatter): value is readonly FrontMatter[] => Array.isArray(value);

function scalar(value: string | number | boolean | undefined): string {
  if (typeof value !== "string") return String(value);
  const plain = /^[a-z][a-z0-9_.-]*(\/[\w.-]+)?$/i.test(value);
  const meansMore = /^(true|false|yes|no|on|off|y|n|null|nan|inf)$/i.test(value);
  return plain && !meansMore ? value : JSON.stringify(value);
}
