import { at, type Random, randomStream } from "@counterweight/base";
import type { Benchmark } from "../benchmark.js";
import type { TextTable } from "../text-table.js";
import { parseInput, renderInput } from "./render.js";
import type { JointDistribution, World } from "./world.js";

/** Rows drawn from a world, as numbers. */
export interface Draw {
  /** Input x of each row, `[rows]`. */
  readonly input: Int32Array;
  /** Label y of each row, `[rows]`. */
  readonly label: Int32Array;
  /** The 0-based earlier row that this row copies; its own index where it is fresh, `[rows]`. */
  readonly source: Int32Array;
}

/** A sampler of indices with the given probabilities: inversion by binary search. */
function indexSampler(probabilities: Float64Array): (random: Random) => number {
  const upTo = new Float64Array(probabilities.length);
  let total = 0;
  probabilities.forEach((probability, index) => {
    total += probability;
    upTo[index] = total;
  });
  return (random) => {
    const target = random.float() * total;
    let [low, high] = [0, upTo.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at(upTo, middle) > target) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/**
 * A sampler of rows from a joint distribution: each is a copy of an earlier row of the same call with
 * probability `duplication`, else fresh. More rows of an equal stream begin with the fewer.
 */
export function rowSampler(
  distribution: JointDistribution,
  duplication = 0,
): (rows: number, random: Random) => Draw {
  const classes = distribution.label.length / distribution.input.length;
  const drawInput = indexSampler(distribution.input);
  const drawLabel = (input: number, random: Random): number => {
    let rest = random.float();
    for (let label = 0; label < classes - 1; label++) {
      rest -= at(distribution.label, input * classes + label);
      if (rest < 0) return label;
    }
    return classes - 1;
  };
  return (rows, random) => {
    const input = new Int32Array(rows);
    const label = new Int32Array(rows);
    const source = Int32Array.from({ length: rows }, (_, row) => row);
    for (let row = 0; row < rows; row++) {
      if (duplication > 0 && row > 0 && random.float() < duplication) {
        const copied = at(source, random.integer(row));
        [input[row], label[row], source[row]] = [at(input, copied), at(label, copied), copied];
      } else {
        const drawn = drawInput(random);
        [input[row], label[row]] = [drawn, drawLabel(drawn, random)];
      }
    }
    return { input, label, source };
  };
}

function toTable(world: World, name: string, { input, label }: Draw): TextTable {
  const full = `toy-world/${world.settings.name}/${name}`;
  return {
    name: full,
    labelNames: world.labelNames,
    text: Array.from(input, (x) => renderInput(world, x)),
    label,
    file: full,
    row: Int32Array.from(label, (_, row) => row + 1),
    skipped: [],
  };
}

/** How many rows to draw, and from which seed. */
export interface SampleOptions {
  readonly generatedRows: number;
  /** Rows of `train`: what the quality checker may see. */
  readonly realRows: number;
  readonly validationRows: number;
  readonly testRows: number;
  readonly seed: number;
}

/**
 * Draws a benchmark: train, validation and test from P, generated from Q with the world's
 * duplication. Each role has its own stream, so its rows depend on the seed and its own count only,
 * and more rows begin with the fewer. Roles may share texts: inputs are finite.
 */
export function sampleBenchmark(world: World, options: SampleOptions): Benchmark {
  const real = rowSampler(world.real);
  const generated = rowSampler(world.generated, world.settings.duplication);
  const stream = (role: string): Random =>
    randomStream("toy-world", world.settings.name, role, options.seed);
  return {
    name: "toy-world",
    labelNames: world.labelNames,
    train: toTable(world, "train", real(options.realRows, stream("train"))),
    validation: toTable(world, "validation", real(options.validationRows, stream("validation"))),
    test: toTable(world, "test", real(options.testRows, stream("test"))),
    generated: toTable(world, "generated", generated(options.generatedRows, stream("generated"))),
  };
}

/** What perfect checkers say of each row's given label. */
export interface OracleScores {
  /** P(y|x), `[rows]`. */
  readonly quality: Float64Array;
  /** Q(y|x), `[rows]`. */
  readonly diversity: Float64Array;
}

/**
 * P(y|x) and Q(y|x) of each row of a table of this world, for its given label.
 * @throws CounterweightError `data` for a text that is none of the world's.
 */
export function oracleScores(world: World, table: TextTable): OracleScores {
  const classes = world.labelNames.length;
  const cells = table.text.map(
    (text, row) => parseInput(world, text) * classes + at(table.label, row),
  );
  return {
    quality: Float64Array.from(cells, (cell) => at(world.real.label, cell)),
    diversity: Float64Array.from(cells, (cell) => at(world.generated.label, cell)),
  };
}
