// @ts-check
/** What the checks of both JavaScript libraries share. */
import { readFileSync } from "node:fs";

/** @typedef {{ label: string, score: number }} Score */
/** @typedef {{ text: string, pair?: string, ids: number[], typeIds: number[], logits: number[] }} Row */
/** @typedef {"single" | "cutSingle" | "finalSigma" | "pair" | "cutPair"} Kind */
/** @typedef {{ labels: string[], maxLength: number } & Record<Kind, Row[]>} Expected */

/** @param {readonly number[]} logits */
export function softmax(logits) {
  const largest = Math.max(...logits);
  const shares = logits.map((logit) => Math.exp(logit - largest));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}

/**
 * @param {string} folder
 * @returns {Expected}
 */
export const readExpected = (folder) => JSON.parse(readFileSync(`${folder}.json`, "utf8"));

/**
 * How far a pipeline's scores are from ours.
 * @param {readonly string[]} labels
 * @param {readonly Row[]} rows
 * @param {readonly (readonly Score[])[]} results all classes of each row, most likely first
 */
export function compareScores(labels, rows, results) {
  let furthest = 0;
  let otherClass = 0;
  for (const [index, { logits }] of rows.entries()) {
    const ours = softmax(logits);
    const theirs = results[index] ?? [];
    for (const [column, label] of labels.entries()) {
      const score = theirs.find((item) => item.label === label)?.score ?? Number.NaN;
      const difference = Math.abs(score - (ours[column] ?? 0));
      furthest = Number.isNaN(difference) ? Infinity : Math.max(furthest, difference);
    }
    if (labels[ours.indexOf(Math.max(...ours))] !== theirs[0]?.label) otherClass += 1;
  }
  return { furthest, otherClass };
}

/** Counts checks; a note is shown and not counted; `end` prints the line that the continuous integration adds up. */
export function counter() {
  let passed = 0;
  let failed = 0;
  return {
    /** @param {boolean} good @param {string} what */
    check(good, what) {
      good ? passed++ : failed++;
      console.log(`${good ? "ok  " : "FAIL"} ${what}`);
    },
    /** @param {string} what */
    note(what) {
      console.log(`note ${what}`);
    },
    end() {
      console.log(`${passed} passed, ${failed} failed, 0 skipped`);
      process.exitCode = failed === 0 ? 0 : 1;
    },
  };
}
