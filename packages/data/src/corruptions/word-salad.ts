import { at, type Random } from "@counterweight/base";

/** Everyday words that speak of nothing in particular together, and of no class. */
const words = (
  "acorn anchor attic basin beetle blanket bottle bucket button candle canvas carpet chimney cloud " +
  "copper corner cotton cradle curtain drawer feather fence flute garden gravel hammer harbour hinge " +
  "island jacket kettle ladder lantern lemon marble meadow mirror mitten needle orchard oven paddle " +
  "pebble pillow pocket puddle ribbon river saddle sail shelf shovel sparrow spoon stairs stone string " +
  "tailor teapot thimble thread tunnel umbrella valley velvet violin wagon walnut willow window winter"
).split(" ");

/** A sentence of 8 to 16 random words: an input that no task's generator would write. */
export function wordSalad(random: Random): string {
  const length = 8 + random.integer(9);
  const sentence = Array.from({ length }, () => at(words, random.integer(words.length))).join(" ");
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}
