/** How a method looks in each chart of a page. */
export interface MethodStyle {
  /** A CSS colour that follows the page's light or dark mode. */
  readonly colour: string;
  /** Lines differ in dashes too, so that they can be told apart without colour. */
  readonly dash: readonly number[];
}

/**
 * Okabe and Ito's palette for colour-blind readers (2008), each colour shifted for contrast of at
 * least 3:1 on the page: `[on light, on dark]`.
 */
const COLOURS: readonly (readonly [string, string])[] = [
  ["#5c6370", "#a3abb8"],
  ["#a66f00", "#e6a532"],
  ["#0072b2", "#5ab4ee"],
  ["#c2185b", "#f28bb8"],
  ["#00805e", "#35c99d"],
  ["#c04f00", "#f5854a"],
  ["#6a4fb3", "#b09af0"],
  ["#7a7300", "#d8cf4a"],
];
const DASHES: readonly (readonly number[])[] = [
  [],
  [6, 3],
  [],
  [2, 3],
  [],
  [8, 3, 2, 3],
  [4, 4],
  [1, 3],
];

/** The project's own methods keep their colour from page to page. */
const PLACES: readonly string[] = [
  "ce",
  "focal",
  "imp",
  "imp-no-diversity",
  "dimp",
  "quality-checker",
];

/** A style for each method: known ones have their own, others take what is left, in order. */
export function methodStyles(methods: readonly string[]): ReadonlyMap<string, MethodStyle> {
  const places = [...PLACES, ...methods.filter((method) => !PLACES.includes(method))];
  return new Map(
    methods.map((method) => {
      const place = places.indexOf(method);
      return [
        method,
        {
          colour: `var(--method-${place % COLOURS.length})`,
          dash: DASHES[place % DASHES.length] ?? [],
        },
      ];
    }),
  );
}

/** The custom properties that {@link methodStyles} refers to, for one mode. */
export function methodColours(mode: "light" | "dark"): string {
  return COLOURS.map(
    ([light, dark], place) => `--method-${place}: ${mode === "light" ? light : dark};`,
  ).join(" ");
}
