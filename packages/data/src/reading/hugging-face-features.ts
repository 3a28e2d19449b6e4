/** Values by key, as Parquet's footer holds them. */
type KeyValues = readonly { readonly key: string; readonly value?: string }[];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Class names of integer columns by column, from the features that Hugging Face's `datasets` writes
 * into a Parquet footer: `{"info": {"features": {"label": {"names": [...], "_type": "ClassLabel"}}}}`
 * under the key `huggingface`. What is not of this form gives no names.
 */
export function classLabelNames(metadata: KeyValues | undefined): Map<string, readonly string[]> {
  const names = new Map<string, readonly string[]>();
  const written = metadata?.find(({ key }) => key === "huggingface")?.value;
  if (written === undefined) return names;
  let parsed: unknown;
  try {
    parsed = JSON.parse(written);
  } catch {
    return names; // a note for another program, not part of the rows
  }
  const info = isObject(parsed) ? parsed.info : undefined;
  const features = isObject(info) ? info.features : undefined;
  for (const [column, feature] of Object.entries(isObject(features) ? features : {})) {
    if (!isObject(feature) || feature._type !== "ClassLabel") continue;
    const { names: listed } = feature;
    if (Array.isArray(listed) && listed.every((name) => typeof name === "string")) {
      names.set(column, listed);
    }
  }
  return names;
}
