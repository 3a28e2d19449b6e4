/** An event as its JSON line: what it holds is looked up, since logs of earlier versions differ. */
export type EventFields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is EventFields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const textOf = (fields: EventFields, key: string): string => {
  const value = fields[key];
  return typeof value === "string" ? value : "";
};

/** A log holds `null` for what JSON has no number for: NaN, at best. */
export const numberOf = (fields: EventFields, key: string): number => {
  const value = fields[key];
  return typeof value === "number" ? value : Number.NaN;
};

export const fieldsOf = (fields: EventFields, key: string): EventFields => {
  const value = fields[key];
  return isFields(value) ? value : {};
};

export const listOf = (fields: EventFields, key: string): readonly EventFields[] => {
  const value = fields[key];
  return Array.isArray(value) ? value.filter(isFields) : [];
};

/** A list of texts, or a single one. */
export const textsOf = (fields: EventFields, key: string): readonly string[] => {
  const value = fields[key];
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
};
