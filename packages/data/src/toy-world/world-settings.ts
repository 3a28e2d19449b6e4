import { CounterweightError } from "@counterweight/base";
import { checkLabelNames } from "../reading/labels.js";

/** One place in the sentence, filled by one of its words. */
export interface FeatureSettings {
  readonly name: string;
  /** Lower-case ASCII words; no word stands twice in a world. */
  readonly words: readonly string[];
  /** Logit that each word adds to each class, `[words][classes]`. Default: no effect. */
  readonly effect?: readonly (readonly number[])[];
  /** Relative frequency of each word under P, `[words]`. Default: equal. */
  readonly realShare?: readonly number[];
  /** Relative frequency of each word under Q, `[words]`. Default: as under P. */
  readonly generatedShare?: readonly number[];
}

/** Holds for an input whose word of `feature` is one of `words`. */
export interface Condition {
  readonly feature: string;
  readonly words: readonly string[];
}

/** `pair`: class y becomes y + 1 (mod classes); `symmetric`: any other class alike. Equal for two classes. */
export type NoiseKind = "pair" | "symmetric";

/** The generator's label noise; the first rule that holds for an input sets its rate. */
export interface NoiseSettings {
  /** Default: "pair". */
  readonly kind?: NoiseKind;
  /** Probability of a wrong label where no rule holds. Default: 0. */
  readonly rate?: number;
  /** Feature-dependent noise: `rate` for inputs for which all conditions of `when` hold. */
  readonly rules?: readonly { readonly when: readonly Condition[]; readonly rate: number }[];
}

/** Everything that defines a world. */
export interface WorldSettings {
  readonly name: string;
  readonly labelNames: readonly string[];
  readonly features: readonly FeatureSettings[];
  /**
   * The sentence: words, and `{feature}` where a feature's word goes, each feature once.
   * Default: the features in order.
   */
  readonly template?: readonly string[];
  readonly noise?: NoiseSettings;
  /** Modes that Q never writes: inputs for which all conditions of one entry hold. Default: none. */
  readonly missing?: readonly (readonly Condition[])[];
  /**
   * Probability, in [0, 1), that a generated row after the first copies one of the rows before it
   * (text and label). Each row alone still follows Q. Default: 0.
   */
  readonly duplication?: number;
}

/** Tables over x are kept in memory: inputs x classes doubles, twice. */
const largestWorld = 1_000_000;

/** The template in force. */
export function templateOf(settings: WorldSettings): readonly string[] {
  return settings.template ?? settings.features.map(({ name }) => `{${name}}`);
}

/**
 * Refuses settings that do not fit together: repeated or ill-formed words (distinct inputs could
 * share a text), tables of the wrong size, rates outside [0, 1], conditions on unknown words.
 */
export function checkWorldSettings(settings: WorldSettings): void {
  const where = `toy world ${settings.name}`;
  const refuse = (what: string): never => {
    throw new CounterweightError("data", what, { where, fix: "Change the world's settings." });
  };
  checkLabelNames(settings.labelNames, where);
  const { features, labelNames, noise } = settings;
  const template = templateOf(settings);
  const literals = template.filter((token) => !token.startsWith("{"));
  if (features.length === 0) refuse("needed one feature or more.");
  const words = [...new Set(literals), ...features.flatMap((feature) => feature.words)];
  const odd = words.find((word) => !/^[a-z]+$/.test(word));
  if (odd !== undefined) refuse(`"${odd}" is not a word of lower-case letters.`);
  const repeated = words.find((word, index) => words.indexOf(word) !== index);
  if (repeated !== undefined) refuse(`the word "${repeated}" stands twice.`);
  const slots = template.filter((token) => token.startsWith("{"));
  const wanted = features.map(({ name }) => `{${name}}`);
  if (
    JSON.stringify([...slots].sort()) !== JSON.stringify([...wanted].sort()) ||
    new Set(wanted).size < wanted.length
  ) {
    refuse("the template must hold each feature exactly once, and features need different names.");
  }
  for (const { name, words: own, effect, realShare, generatedShare } of features) {
    if (own.length === 0) refuse(`feature ${name} has no words.`);
    for (const share of [realShare, generatedShare]) {
      const valid =
        share === undefined ||
        (share.length === own.length &&
          share.every((value) => value >= 0 && Number.isFinite(value)));
      if (!valid) refuse(`feature ${name}: needed one share of 0 or more a word.`);
    }
    const fits =
      effect === undefined ||
      (effect.length === own.length &&
        effect.every((row) => row.length === labelNames.length && row.every(Number.isFinite)));
    if (!fits) refuse(`feature ${name}: needed one effect for each word and class.`);
  }
  const inputs = features.reduce((product, feature) => product * feature.words.length, 1);
  if (inputs * labelNames.length > largestWorld) refuse(`${inputs} inputs are too many.`);
  const rates = [noise?.rate ?? 0, ...(noise?.rules ?? []).map(({ rate }) => rate)];
  if (!rates.every((rate) => rate >= 0 && rate <= 1)) refuse("a noise rate must be from 0 to 1.");
  const duplication = settings.duplication ?? 0;
  if (!(duplication >= 0 && duplication < 1)) refuse("duplication must be from 0 to below 1.");
  const conditions = [...(noise?.rules ?? []).map(({ when }) => when), ...(settings.missing ?? [])];
  for (const { feature, words: chosen } of conditions.flat()) {
    const known = features.find(({ name }) => name === feature)?.words ?? [];
    const unknown = chosen.find((word) => !known.includes(word));
    if (known.length === 0 || unknown !== undefined) {
      refuse(
        `a condition names ${feature}: ${unknown ?? "no such feature"}, which the world does not have.`,
      );
    }
  }
  if (conditions.some((all) => all.length === 0))
    refuse("a rule without conditions holds everywhere.");
}
