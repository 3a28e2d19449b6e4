import { CounterweightError } from "@counterweight/base";
import type { FieldValue } from "./records.js";
import { listed, visible } from "./visible.js";

/** Characters of the longest text that is taken without asking, one million. */
export const defaultMaxCellCharacters = 1_000_000;

const kindOf = (value: FieldValue): string =>
  Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `a ${typeof value}`;

/** Gives the place of the row at hand, for messages; called only when something is wrong. */
export type Where = () => string;

/**
 * A text as it stands in a row, trimmed; absent and null are "".
 * @throws CounterweightError `data` for no string, more than `maxCharacters`, or half a character.
 */
export function readText(
  value: FieldValue,
  column: string,
  maxCharacters: number,
  where: Where,
): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") {
    throw new CounterweightError("data", `${visible(column)} is ${kindOf(value)}, needed a text.`, {
      where: where(),
      fix: "Write the text as a string, or map another column.",
    });
  }
  if (value.length > maxCharacters) {
    throw new CounterweightError(
      "data",
      `${visible(column)} has ${value.length} characters, more than ${maxCharacters}.`,
      {
        where: where(),
        fix: "Check for a quote that was never closed; or raise maxCellCharacters if the text is meant to be so long.",
      },
    );
  }
  checkWhole(value, column, where);
  return value.trim();
}

function checkWhole(value: string, column: string, where: Where): void {
  if (!/\p{Surrogate}/u.test(value)) return;
  throw new CounterweightError(
    "data",
    `${visible(column)} holds half a character (a lone surrogate).`,
    { where: where(), fix: "Remove the broken \\u escape." },
  );
}

/**
 * A label as it stands in a row: a string (trimmed), an integer or a boolean. `names` are the file's
 * own names of integer labels.
 * @throws CounterweightError `data` for an absent, empty, fractional or nested label, and for an
 * integer that the file itself gives no name.
 */
export function readLabel(
  value: FieldValue,
  column: string,
  names: readonly string[] | undefined,
  where: Where,
): string {
  const integer = typeof value === "bigint" || Number.isSafeInteger(value);
  if (integer && names !== undefined) {
    const name = names[Number(value)];
    if (name !== undefined) return name;
    throw new CounterweightError(
      "data",
      `the label ${visible(column)} is ${String(value)}, which has no name in the file (${listed(names.map(visible))}).`,
      {
        where: where(),
        fix:
          Number(value) === -1
            ? "Hugging Face writes -1 where there is no label: use a labelled split."
            : "Correct the label, or the names in the file.",
      },
    );
  }
  if (typeof value === "string") checkWhole(value, column, where);
  const label =
    typeof value === "string"
      ? value.trim()
      : typeof value === "boolean" || integer
        ? String(value)
        : undefined;
  if (label !== undefined && label !== "") return label;
  const got =
    value === undefined || value === null || label === ""
      ? "empty"
      : typeof value === "number"
        ? String(value)
        : kindOf(value);
  const large = typeof value === "number" && Number.isInteger(value);
  throw new CounterweightError("data", `the label ${visible(column)} is ${got}.`, {
    where: where(),
    fix: large
      ? "Write so large an integer as a string: as a number it is not exact."
      : "Give each row a label: a string or an integer.",
  });
}

/** A decimal number, as CSV holds it. */
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * A weight as it stands in a row: a number, or a string that is one; finite and 0 or more, rounded
 * to 32-bit floating point.
 * @throws CounterweightError `data` for anything else, also for what 32 bits cannot hold.
 */
export function readWeight(value: FieldValue, column: string, where: Where): number {
  const refuse = (
    what: string,
    fix = "Write a number, 0 or more; 0 leaves the row out.",
  ): never => {
    throw new CounterweightError("data", `the weight ${visible(column)} is ${what}.`, {
      where: where(),
      fix,
    });
  };
  const text = typeof value === "string" ? value.trim() : undefined;
  if (value === undefined || value === null || text === "") return refuse("empty");
  if (text !== undefined && !decimal.test(text)) {
    const shown = visible(text.length > 40 ? `${text.slice(0, 40)}...` : text);
    const comma = /^\d+,\d+$/.test(text);
    return refuse(
      `${shown}, no finite number`,
      comma ? "Write it with a decimal point, not a comma." : undefined,
    );
  }
  if (typeof value === "boolean" || typeof value === "object") return refuse(kindOf(value));
  const number = Number(value);
  if (!Number.isFinite(number)) return refuse(`${text ?? number}, which is not finite`);
  if (number < 0) return refuse(`${text ?? number}, which is negative`);
  const single = Math.fround(number);
  if (single === Number.POSITIVE_INFINITY || (single === 0 && number > 0)) {
    return refuse(
      `${text ?? number}, too ${single === 0 ? "small" : "large"} for 32-bit floating point`,
    );
  }
  return single;
}
