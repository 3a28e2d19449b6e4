import { CounterweightError, type Random, randomStream } from "@counterweight/base";
import { createWorld, type World } from "./world.js";
import type { FeatureSettings } from "./world-settings.js";

/** P(true class | x) of the quickstart's world. */
const confidence = 0.95;
/** Probability that the quickstart's generator writes the other class, where it understands the word. */
const ordinaryNoise = 0.05;
/** The same where it does not: wrong more often than right. */
const misreadNoise = 0.7;

const good = ["brilliant", "charming", "delightful", "superb", "lovely", "splendid"];
const bad = ["awful", "boring", "dreadful", "clumsy", "tedious", "shabby"];
/** Slang for good, which the generator takes at its word. */
const slangGood = ["sick", "wicked"];
/** Praise that people mean badly. */
const faintPraise = ["quaint", "interesting"];

/**
 * The quickstart's world: short reviews, two classes. The verdict word decides the class (P = 0.95).
 * The generator misreads four of the sixteen verdict words and labels them wrongly with probability
 * 0.7, so in a quarter of the inputs (mass under P) argmax Q(y|x) is not argmax P(y|x), while argmax
 * Q P is: CE and Focal reach 0.725 at best, IMP and DIMP 0.95. The noise follows single words, so a
 * small model can learn it: CE cannot stay right by missing an interaction. Q(x) favours other
 * objects and times than P(x).
 * @param duplication see `WorldSettings.duplication`.
 */
export function quickstartWorld(duplication = 0): World {
  const verdicts = [...good, ...slangGood, ...bad, ...faintPraise];
  const strength = Math.log(confidence / (1 - confidence));
  const isGood = (word: string): boolean => good.includes(word) || slangGood.includes(word);
  return createWorld({
    name: "quickstart",
    labelNames: ["negative", "positive"],
    template: ["{opening}", "the", "{object}", "was", "{verdict}", "{time}"],
    features: [
      { name: "opening", words: ["honestly", "well", "frankly", "listen"] },
      {
        name: "object",
        words: ["film", "meal", "book", "hotel", "song", "play", "garden", "museum"],
        generatedShare: [3, 2, 2, 1, 1, 1, 1, 1],
      },
      {
        name: "verdict",
        words: verdicts,
        effect: verdicts.map((word) => (isGood(word) ? [0, strength] : [strength, 0])),
      },
      {
        name: "time",
        words: ["today", "yesterday", "again", "overall", "tonight"],
        generatedShare: [2, 1, 1, 3, 1],
      },
    ],
    noise: {
      rate: ordinaryNoise,
      rules: [
        {
          when: [{ feature: "verdict", words: [...slangGood, ...faintPraise] }],
          rate: misreadNoise,
        },
      ],
    },
    duplication,
  });
}

/** Knobs of a random world. */
export interface RandomWorldOptions {
  readonly seed: number;
  /** Default: 2. */
  readonly classes?: number;
  /** Number of features. Default: 3. */
  readonly features?: number;
  /** Words of each feature. Default: 4. */
  readonly words?: number;
  /** Standard deviation of each word's logit for each class. Default: 1. */
  readonly effectScale?: number;
  /** How far Q(x) is from P(x): words' shares under Q are exp(shift x normal). Default: 0, equal. */
  readonly inputShift?: number;
  /** Constant rate of label noise. Default: 0. */
  readonly noiseRate?: number;
  /** Rate for the inputs with the first `noisyWords` words of the first feature. Default: as `noiseRate`. */
  readonly featureNoiseRate?: number;
  /** Default: 1. */
  readonly noisyWords?: number;
  /** Default: "pair". */
  readonly noiseKind?: "pair" | "symmetric";
  /** Q never writes the first so many words of the last feature. Default: 0. */
  readonly missingWords?: number;
  /** Default: 0. */
  readonly duplication?: number;
}

/** Made-up words: "ba", "be", ..., then "baba", ... The first letter is the feature's. */
function makeWord(feature: number, word: number): string {
  const letters = "bcdfghjklmnpqrstvwxz";
  const digits = "aeiou";
  const spell = (value: number, alphabet: string): string =>
    (value >= alphabet.length ? spell(Math.floor(value / alphabet.length) - 1, alphabet) : "") +
    alphabet.charAt(value % alphabet.length);
  return `${spell(feature, letters)}${spell(word, digits)}`;
}

/**
 * A random world: words' effects are normal, shares under P are uniform on [0.5, 1.5]. Equal options
 * give equal worlds.
 * @throws CounterweightError `data` for knobs that do not fit together.
 */
export function randomWorld(options: RandomWorldOptions): World {
  const { seed, classes = 2, features: count = 3, words = 4 } = options;
  const { missingWords = 0, noisyWords = 1, noiseRate = 0, featureNoiseRate } = options;
  if (missingWords >= words && missingWords > 0) {
    throw new CounterweightError("data", "missingWords must leave one word at least.", {
      where: "random toy world",
      fix: "Use fewer missing words or more words.",
    });
  }
  const random: Random = randomStream("toy-world", "settings", seed);
  const list = <T>(length: number, make: (index: number) => T): T[] =>
    Array.from({ length }, (_, index) => make(index));
  const features: FeatureSettings[] = list(count, (feature) => {
    const effect = list(words, () =>
      list(classes, () => (options.effectScale ?? 1) * random.normal()),
    );
    const realShare = list(words, () => 0.5 + random.float());
    const shift = list(words, () => Math.exp((options.inputShift ?? 0) * random.normal()));
    const generatedShare = realShare.map((share, word) => share * (shift[word] ?? 1));
    const names = list(words, (word) => makeWord(feature, word));
    return { name: `feature${feature}`, words: names, effect, realShare, generatedShare };
  });
  const first = (feature: FeatureSettings | undefined, length: number) =>
    feature === undefined ? [] : [{ feature: feature.name, words: feature.words.slice(0, length) }];
  return createWorld({
    name: `random-${seed}`,
    labelNames: list(classes, (label) => `class${label}`),
    features,
    noise: {
      kind: options.noiseKind ?? "pair",
      rate: noiseRate,
      rules:
        featureNoiseRate === undefined
          ? []
          : [{ when: first(features[0], noisyWords), rate: featureNoiseRate }],
    },
    missing: missingWords === 0 ? [] : [first(features.at(-1), missingWords)],
    duplication: options.duplication ?? 0,
  });
}
