import { at, CounterweightError } from "@counterweight/base";
import { labelDistribution, noisyLabels } from "./label-model.js";
import { type Condition, checkWorldSettings, type WorldSettings } from "./world-settings.js";

/** A distribution over inputs and labels in closed form. */
export interface JointDistribution {
  /** Probability of each input, `[inputs]`; sums to 1. */
  readonly input: Float64Array;
  /** Probability of each label given the input, row-major `[inputs, classes]`; each row sums to 1. */
  readonly label: Float64Array;
}

/**
 * A small text-classification world in which everything is known. An input x is one word choice per
 * feature, numbered in mixed radix with the first feature slowest; its text is the template with
 * these words. Features' words are distinct and stand in fixed places, so distinct x have distinct
 * texts and tables over x are exact.
 */
export interface World {
  readonly settings: WorldSettings;
  readonly labelNames: readonly string[];
  /** Number of inputs: product of the features' word counts. */
  readonly inputs: number;
  /** P(x) and P(y|x): real rows. */
  readonly real: JointDistribution;
  /** Q(x) and Q(y|x): the generator's rows. */
  readonly generated: JointDistribution;
}

/** The word index of every feature for input x, `[features]`. */
export function wordChoices(settings: WorldSettings, input: number): number[] {
  const choices: number[] = [];
  let rest = input;
  for (const { words } of [...settings.features].reverse()) {
    choices.push(rest % words.length);
    rest = Math.floor(rest / words.length);
  }
  return choices.reverse();
}

function holds(
  conditions: readonly Condition[],
  settings: WorldSettings,
  choices: readonly number[],
): boolean {
  return conditions.every(({ feature, words }) => {
    const index = settings.features.findIndex(({ name }) => name === feature);
    return words.includes(at(at(settings.features, index).words, at(choices, index)));
  });
}

/** Product of the features' shares, then zero where `missing` holds, normalised. */
function inputDistribution(
  settings: WorldSettings,
  choicesOf: readonly (readonly number[])[],
  side: "realShare" | "generatedShare",
): Float64Array {
  const missing = side === "generatedShare" ? (settings.missing ?? []) : [];
  const mass = Float64Array.from(choicesOf, (choices) => {
    if (missing.some((conditions) => holds(conditions, settings, choices))) return 0;
    return settings.features.reduce((product, feature, index) => {
      const share =
        side === "realShare" ? feature.realShare : (feature.generatedShare ?? feature.realShare);
      return product * (share === undefined ? 1 : at(share, at(choices, index)));
    }, 1);
  });
  const total = mass.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) {
    throw new CounterweightError("data", "no input is left to write: all are missing.", {
      where: `toy world ${settings.name}`,
      fix: "Make fewer inputs missing.",
    });
  }
  return mass.map((value) => value / total);
}

/**
 * Computes a world's tables: P(x) and Q(x) are products over features (Q's renormalised without the
 * missing modes), P(y|x) = softmax of the sum of the words' effects, Q(y|x) = sum over y' of P(y'|x)
 * T_x(y', y) with T_x the label noise at x.
 * @throws CounterweightError `data` for settings that do not fit together.
 */
export function createWorld(settings: WorldSettings): World {
  checkWorldSettings(settings);
  const classes = settings.labelNames.length;
  const inputs = settings.features.reduce((product, { words }) => product * words.length, 1);
  const choicesOf = Array.from({ length: inputs }, (_, input) => wordChoices(settings, input));
  const noise = settings.noise;
  const realLabel = new Float64Array(inputs * classes);
  const generatedLabel = new Float64Array(inputs * classes);
  choicesOf.forEach((choices, input) => {
    const truth = labelDistribution(settings, choices);
    const rule = noise?.rules?.find(({ when }) => holds(when, settings, choices));
    const rate = rule?.rate ?? noise?.rate ?? 0;
    realLabel.set(truth, input * classes);
    generatedLabel.set(noisyLabels(truth, rate, noise?.kind ?? "pair"), input * classes);
  });
  return {
    settings,
    labelNames: settings.labelNames,
    inputs,
    real: { input: inputDistribution(settings, choicesOf, "realShare"), label: realLabel },
    generated: {
      input: inputDistribution(settings, choicesOf, "generatedShare"),
      label: generatedLabel,
    },
  };
}
