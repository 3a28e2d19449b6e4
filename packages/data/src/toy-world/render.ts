import { at, CounterweightError } from "@counterweight/base";
import { type World, wordChoices } from "./world.js";
import { templateOf } from "./world-settings.js";

/** The text of input x: the template with the feature's words, joined by single spaces. */
export function renderInput(world: World, input: number): string {
  const choices = wordChoices(world.settings, input);
  const { features } = world.settings;
  return templateOf(world.settings)
    .map((token) => {
      const index = features.findIndex(({ name }) => token === `{${name}}`);
      return index === -1 ? token : at(at(features, index).words, at(choices, index));
    })
    .join(" ");
}

/**
 * The input x that a text renders: inverse of `renderInput`.
 * @throws CounterweightError `data` for a text that is none of the world's.
 */
export function parseInput(world: World, text: string): number {
  const words = text.split(" ");
  const template = templateOf(world.settings);
  let input = 0;
  for (const feature of world.settings.features) {
    const word = words[template.indexOf(`{${feature.name}}`)];
    input = input * feature.words.length + feature.words.indexOf(word ?? "");
  }
  if (input < 0 || input >= world.inputs || renderInput(world, input) !== text) {
    throw new CounterweightError("data", "this text is none of the world's.", {
      where: `toy world ${world.settings.name}`,
      fix: "Use texts that this world rendered.",
    });
  }
  return input;
}

/** All words of a world's texts, sorted, each once: for a word-level vocabulary. */
export function vocabulary(world: World): string[] {
  const literals = templateOf(world.settings).filter((token) => !token.startsWith("{"));
  const words = world.settings.features.flatMap((feature) => feature.words);
  return [...new Set([...literals, ...words])].sort();
}
