/** A name between double quotes with its invisible characters shown as `\u{...}`, for messages. */
export function visible(name: string): string {
  const shown = name.replace(
    /^ +| +$|[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu,
    (match) =>
      `${[...match].map((char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`).join("")}`,
  );
  return `"${shown}"`;
}

/** A list for messages, cut after `limit` entries. */
export function listed(items: readonly string[], limit = 20): string {
  if (items.length === 0) return "none";
  const rest = items.length - limit;
  const shown = items.slice(0, limit).join(", ");
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

/** "1 row", "2 rows". */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
