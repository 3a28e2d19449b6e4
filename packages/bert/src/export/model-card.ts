import { type FrontMatter, renderFrontMatter } from "./front-matter.js";

/** A file that the model learned from, chose by or was tested on. */
export interface CardSource {
  /** What its rows were for: "generated, training", "real, validation", ... */
  readonly role: string;
  /** Its name, without the folders of the machine it was on. */
  readonly file: string;
  /** SHA-256 of the whole file, hexadecimal. */
  readonly sha256: string;
  /** Rows of it that were used. */
  readonly rows: number;
  /** What made it, its licence, what was left out. */
  readonly note?: string;
}

/** A metric of one evaluation. */
export interface CardMetric {
  /** Identifier at https://huggingface.co/metrics: "accuracy", "f1". */
  readonly type: string;
  /** For people: "Macro-F1". */
  readonly name: string;
  readonly value: number;
  /** Confidence interval in the metric's own unit. */
  readonly interval?: { readonly low: number; readonly high: number };
}

/** Metrics on one set of rows. */
export interface CardEvaluation {
  /** For people: "Tweet Irony". */
  readonly dataset: string;
  /** Id on the hub, or a plain identifier where it is not there. */
  readonly datasetId: string;
  readonly split: string;
  readonly rows: number;
  readonly metrics: readonly CardMetric[];
}

/** A table of names and values. */
export type CardSettings = Readonly<Record<string, string | number | boolean>>;

/** What a model card says. Absent members leave their lines out. */
export interface ModelCardData {
  readonly name: string;
  /** A sentence or two: what it tells apart, and from what it learned. */
  readonly summary: string;
  /** Class names in the order of the logits. */
  readonly labels: readonly string[];
  /** Whether a row is two texts. */
  readonly pairs: boolean;
  /** Whether Python needs the class in the folder, as a model with mean pooling does; default false. */
  readonly customCode?: boolean;
  /** Identifier of the licence at the hub, of the data and the base model together. */
  readonly license?: string;
  /** ISO 639-1 codes, where known. */
  readonly languages?: readonly string[];
  /** Hub id of the checkpoint that it started from. */
  readonly baseModel?: string;
  /** Hub ids of data sets. */
  readonly datasets?: readonly string[];
  readonly tags?: readonly string[];
  readonly sources: readonly CardSource[];
  /** Method, epochs, rates, batch size, seed, ... */
  readonly settings: CardSettings;
  readonly evaluations: readonly CardEvaluation[];
  /** What the intervals resample, how often, their level and seed. */
  readonly intervals?: string;
  /** Of the rows' weights at the end of training: effective sample size, largest share, ... */
  readonly weights?: CardSettings;
  /** Of `onnx/model_quantized.onnx` beside float32, such as accuracy on the same rows. */
  readonly quantized?: CardSettings;
  /** What the model should not be used for, or was not tested on. */
  readonly limitations?: readonly string[];
  /** The command that made it. */
  readonly command?: string;
  /** The resolved specification as YAML. */
  readonly spec?: string;
  /** Versions of what computed it. */
  readonly versions: CardSettings;
}

/**
 * The README.md of a model folder, as the hub reads it: front matter with `model-index`, then what
 * the model is, how it is used, data with digests, settings, metrics and how to make it again.
 * Everything shown comes from `card`: the same card gives the same text.
 */
export function renderModelCard(card: ModelCardData): string {
  const sections = [
    `# ${inline(card.name)}`,
    card.summary.trim(),
    `Classes, in the order of the logits: ${card.labels.map(code).join(", ")}.`,
    usage(card),
    dataSection(card.sources),
    section("Settings", settingsTable(card.settings)),
    metricsSection(card),
    section("Row weights at the end of training", settingsTable(card.weights ?? {})),
    section("Quantised model", settingsTable(card.quantized ?? {})),
    section("Limits", (card.limitations ?? []).map((line) => `- ${inline(line)}`).join("\n")),
    section("Made by", madeBy(card)),
  ];
  const body = sections.filter((text) => text !== "").join("\n\n");
  return `${renderFrontMatter(frontMatter(card))}\n${body}\n`;
}

function frontMatter(card: ModelCardData): Record<string, FrontMatter> {
  const results = card.evaluations.map(({ dataset, datasetId, split, metrics }) => ({
    task: { type: "text-classification", name: "Text classification" },
    dataset: { name: dataset, type: datasetId, split },
    metrics: metrics.map(({ type, name, value }) => ({ type, name, value })),
  }));
  return {
    language: card.languages,
    license: card.license,
    library_name: "transformers",
    pipeline_tag: "text-classification",
    base_model: card.baseModel,
    datasets: card.datasets,
    tags: ["counterweight", "text-classification", "onnx", "transformers.js", ...(card.tags ?? [])],
    metrics: [...new Set(card.evaluations.flatMap(({ metrics }) => metrics.map((m) => m.type)))],
    "model-index": results.length === 0 ? undefined : [{ name: card.name, results }],
  };
}

function usage({ pairs, customCode = false }: ModelCardData): string {
  const trust = customCode ? ", trust_remote_code=True" : "";
  const python = pairs
    ? 'print(classify({"text": "The first text.", "text_pair": "The second text."}))'
    : 'print(classify("A text."))';
  const modelPath = 'env.localModelPath = "path/to"; // above this-folder; not needed for a hub id';
  const javascript = pairs
    ? [
        'import { AutoModelForSequenceClassification, AutoTokenizer, env, softmax } from "@huggingface/transformers";',
        "",
        modelPath,
        'const tokenizer = await AutoTokenizer.from_pretrained("this-folder");',
        'const model = await AutoModelForSequenceClassification.from_pretrained("this-folder", {',
        '  dtype: "fp32",',
        "});",
        'const inputs = await tokenizer(["The first text."], {',
        '  text_pair: ["The second text."],',
        "  padding: true,",
        "  truncation: true,",
        "});",
        "const { logits } = await model(inputs);",
        "console.log(softmax(logits.data));",
      ]
    : [
        'import { env, pipeline } from "@huggingface/transformers";',
        "",
        modelPath,
        'const classify = await pipeline("text-classification", "this-folder", { dtype: "fp32" });',
        'console.log(await classify("A text.", { top_k: null }));',
      ];
  return [
    "## Use",
    "In Python, with Transformers:",
    fenced("python", [
      "from transformers import pipeline",
      "",
      `classify = pipeline("text-classification", "path/to/this-folder", top_k=None, truncation=True${trust})`,
      python,
    ]),
    "In JavaScript, with Transformers.js; `q8` instead of `fp32` takes the quantised model:",
    fenced("js", javascript),
  ].join("\n\n");
}

function dataSection(sources: readonly CardSource[]): string {
  const rows = sources.map(({ role, file, rows: count, sha256, note }) => [
    inline(role),
    code(file),
    count.toLocaleString("en-US"),
    code(sha256),
    inline(note ?? ""),
  ]);
  return section("Data", table(["role", "file", "rows", "SHA-256", "remark"], rows));
}

function metricsSection({ evaluations, intervals }: ModelCardData): string {
  const rows = evaluations.flatMap(({ dataset, split, rows: count, metrics }) =>
    metrics.map(({ name, value, interval }) => [
      `${inline(dataset)}, ${inline(split)}`,
      count.toLocaleString("en-US"),
      inline(name),
      value.toFixed(4),
      interval === undefined ? "" : `${interval.low.toFixed(4)} to ${interval.high.toFixed(4)}`,
    ]),
  );
  const body = table(["data", "rows", "metric", "value", "interval"], rows);
  return section("Metrics", intervals === undefined ? body : `${body}\n\n${intervals.trim()}`);
}

function madeBy({ command, spec, versions }: ModelCardData): string {
  const parts = [
    command === undefined ? "" : fenced("sh", [command.trim()]),
    spec === undefined ? "" : fenced("yaml", [spec.trim()]),
    settingsTable(versions),
  ];
  return parts.filter((text) => text !== "").join("\n\n");
}

const section = (title: string, body: string): string =>
  body === "" ? "" : `## ${title}\n\n${body}`;

function settingsTable(settings: CardSettings): string {
  return table(
    ["name", "value"],
    Object.entries(settings).map(([name, value]) => [inline(name), inline(String(value))]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** One line of text that opens neither HTML nor a table's next cell. */
const inline = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[\\|<>`*_[\]]/g, "\\$&");

/** As code; a backtick inside is fenced by more of them. */
function code(text: string): string {
  const flat = text.replace(/\s+/g, " ").replaceAll("|", "\\|");
  const longest = Math.max(0, ...(flat.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  const space = longest > 0 ? " " : "";
  return `${fence}${space}${flat}${space}${fence}`;
}

function fenced(language: string, content: readonly string[]): string {
  const text = content.join("\n");
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
