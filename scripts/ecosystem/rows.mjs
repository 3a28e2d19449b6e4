// @ts-check
/**
 * Rows that saved models are compared on: plain ones, every kind of Unicode that tokenizers treat in
 * their own way, texts beyond the longest input, and pairs. All written for this check.
 */

const subjects = ["The cheese", "This train", "My neighbour's dog", "The new report", "Nobody"];
const verbs = [
  "was late again",
  "is better than I feared",
  "said nothing at all",
  "could be worse",
];
const remarks = ["", ", which is typical", " and I love it", "... not."];

const plain = subjects.flatMap((subject, row) =>
  verbs.map((verb, column) => `${subject} ${verb}${remarks[(row + column) % 4]}`),
);

const unusual = [
  "Ünïcödé naïve façade, crème brûlée",
  "Ελληνικά, Σίσυφος and Кириллица",
  "日本語のテキストと漢字",
  "한국어 문장입니다",
  "مرحبا بالعالم",
  "emoji 😀👍🏽 and flags 🇩🇪, #hashtag @user http://example.org/a?b=c",
  "tabs\tand\nnew lines   and spaces",
  "a\u0301 combining, ﬁ ligature, Ⅻ, ½, ①",
  "[CLS] [SEP] [MASK] <s> </s> typed by hand",
  "don't can't won't it's we'll they've",
  "snake_case, kebab-case, 3.14159, 1,000,000 and 50%",
  "\u200bzero\u200bwidth\u00adsoft\ufeffmark",
  "x",
  "!?!?!?",
  "supercalifragilisticexpialidociousantidisestablishmentarianism",
];

const long = [
  `${"Again and again the same thing happened. ".repeat(40)}In the end it was fine.`,
  "word ".repeat(150),
  `${"日本".repeat(90)}。`,
];

const first = [...plain.slice(0, 12), ...unusual.slice(0, 8)];

/** @typedef {{ readonly text: string, readonly pair?: string }} Row */

/**
 * Single texts that fit, single texts that are cut, pairs that fit, pairs that are cut; and what
 * Transformers.js is known to split in another way than Python: a capital sigma that ends a word.
 */
export const rows = /** @type {const} */ ({
  single: [...plain, ...unusual].map((text) => ({ text })),
  cutSingle: long.map((text) => ({ text })),
  pair: first.map((text, row) => ({ text, pair: first[(row * 7 + 3) % first.length] ?? "" })),
  finalSigma: [{ text: "ΣΊΣΥΦΟΣ and ΟΔΥΣΣΕΥΣ" }],
  cutPair: [
    { text: long[0] ?? "", pair: "A short second text." },
    { text: "A short first text.", pair: long[0] ?? "" },
    { text: long[0] ?? "", pair: long[1] ?? "" },
  ],
});
