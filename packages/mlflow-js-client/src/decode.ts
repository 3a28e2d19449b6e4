import { badResponse } from "./response.js";

/**
 * Reads the fields of one JSON object of an answer, and says which is wrong where one is. What the
 * server leaves out because it is empty (lists, strings, objects) has a default.
 */
export class Fields {
  private constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    private readonly request: string,
    private readonly path: string,
  ) {}

  static of(value: unknown, request: string, path = ""): Fields {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw badResponse(request, `${path === "" ? "it" : path} is not an object`);
    }
    return new Fields({ ...value }, request, path);
  }

  private at(key: string): string {
    return this.path === "" ? key : `${this.path}.${key}`;
  }

  private wrong(key: string, expected: string): never {
    const value = JSON.stringify(this.values[key]) ?? "missing";
    const got = value.length > 80 ? `${value.slice(0, 80)}...` : value;
    throw badResponse(this.request, `${this.at(key)} is ${got}, not ${expected}`);
  }

  text(key: string, otherwise?: string): string {
    const value = this.values[key] ?? otherwise;
    return typeof value === "string" ? value : this.wrong(key, "a string");
  }

  /** A string that is kept by an id, which older servers send as a number. */
  id(key: string): string {
    const value = this.values[key];
    if (typeof value === "number") return String(value);
    return typeof value === "string" && value !== "" ? value : this.wrong(key, "an id");
  }

  optionalText(key: string): string | undefined {
    const value = this.text(key, "");
    return value === "" ? undefined : value;
  }

  /** A whole number, also where it comes as a string (as JSON of 64-bit integers may). */
  optionalInteger(key: string): number | undefined {
    const value = this.values[key];
    if (value === undefined || value === null) return undefined;
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    return typeof number === "number" && Number.isInteger(number)
      ? number
      : this.wrong(key, "a whole number");
  }

  integer(key: string, otherwise: number): number {
    return this.optionalInteger(key) ?? otherwise;
  }

  /** A number, or one of the strings "NaN", "Infinity" and "-Infinity". */
  real(key: string): number {
    const value = this.values[key];
    if (typeof value === "number") return value;
    if (value === "NaN") return Number.NaN;
    if (typeof value !== "string" || value.trim() === "" || Number.isNaN(Number(value))) {
      return this.wrong(key, "a number");
    }
    return Number(value);
  }

  flag(key: string): boolean {
    const value = this.values[key] ?? false;
    return typeof value === "boolean" ? value : this.wrong(key, "true or false");
  }

  oneOf<T extends string>(key: string, known: readonly T[], otherwise?: T): T {
    const value = this.values[key] ?? otherwise;
    return known.find((name) => name === value) ?? this.wrong(key, `one of ${known.join(", ")}`);
  }

  object(key: string): Fields {
    return Fields.of(this.values[key] ?? {}, this.request, this.at(key));
  }

  list<T>(key: string, read: (item: Fields) => T): readonly T[] {
    return this.items(key).map((item, index) =>
      read(Fields.of(item, this.request, `${this.at(key)}[${index}]`)),
    );
  }

  texts(key: string): readonly string[] {
    return this.items(key).map((item) =>
      typeof item === "string" ? item : this.wrong(key, "a list of strings"),
    );
  }

  /** A list of `{key, value}` as an object, as tags and params come. */
  map(key: string, name = "key", value = "value"): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.list(key, (item) => [item.text(name), item.text(value, "")] as const),
    );
  }

  /** `next_page_token`, which the server leaves out or empty on the last page. */
  nextPageToken(): string | undefined {
    return this.optionalText("next_page_token");
  }

  private items(key: string): readonly unknown[] {
    const value = this.values[key] ?? [];
    return Array.isArray(value) ? value : this.wrong(key, "a list");
  }
}
