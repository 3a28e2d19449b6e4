/** A tensor whose shape in the file is not the model's. */
export interface ShapeMismatch {
  readonly name: string;
  readonly inFile: readonly number[];
  readonly inModel: readonly number[];
}

/** How a checkpoint's tensors met the model's parameters. Names are the model's, but `unexpected`. */
export interface LoadReport {
  /** Transformers' class of the model, such as `BertForSequenceClassification`. */
  readonly model: string;
  /** Where the tensors came from. */
  readonly source: string;
  /** Parameters taken from the file, in model order. */
  readonly loaded: readonly string[];
  /** Parameters that the file lacks; newly initialised. */
  readonly missing: readonly string[];
  /** Tensors of the file (as named there) that the model has no use for. */
  readonly unexpected: readonly string[];
  /** Head parameters whose shape differs (another number of classes); newly initialised. */
  readonly mismatched: readonly ShapeMismatch[];
}

const list = (names: readonly string[]): string =>
  `[${names.map((name) => `'${name}'`).join(", ")}]`;

/** The report in the words of Transformers 4 ("Some weights of ... were newly initialized"); "" when all fits. */
export function renderLoadReport(report: LoadReport): string {
  const parts: string[] = [];
  if (report.unexpected.length > 0) {
    parts.push(
      `Some weights of the model checkpoint at ${report.source} were not used when initializing ` +
        `${report.model}: ${list(report.unexpected)}`,
    );
  }
  if (report.missing.length > 0) {
    parts.push(
      `Some weights of ${report.model} were not initialized from the model checkpoint at ` +
        `${report.source} and are newly initialized: ${list(report.missing)}`,
    );
  }
  if (report.mismatched.length > 0) {
    const lines = report.mismatched.map(
      ({ name, inFile, inModel }) =>
        `- ${name}: found shape [${inFile.join(", ")}] in the checkpoint and ` +
        `[${inModel.join(", ")}] in the model instantiated`,
    );
    parts.push(
      `Some weights of ${report.model} were not initialized from the model checkpoint at ` +
        `${report.source} and are newly initialized because the shapes did not match:\n${lines.join("\n")}`,
    );
  }
  if (report.missing.length > 0 || report.mismatched.length > 0) {
    parts.push(
      "You should probably TRAIN this model on a down-stream task to be able to use it for " +
        "predictions and inference.",
    );
  }
  return parts.join("\n");
}
