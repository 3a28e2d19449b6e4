import { z } from "zod";
import { specSchema } from "./schema.js";

/** The part of JSON Schema that our specs use. */
export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** JSON Schema (draft 7, what editors' YAML support reads) of a spec as a person writes it. */
export function specJsonSchema(): SchemaNode {
  const schema = z.toJSONSchema(specSchema, {
    target: "draft-7",
    io: "input",
    override: ({ jsonSchema }) => {
      // Bounds of safe integers say nothing to a reader.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return { ...(schema as SchemaNode), patternProperties: { "^x-": {} } };
}

/** The alternatives a node stands for; itself where there is no choice. */
export function alternatives(node: SchemaNode): readonly SchemaNode[] {
  const choices = node.anyOf ?? node.oneOf;
  return choices === undefined ? [node] : choices.flatMap(alternatives);
}

/** Names of the keys a mapping at this node may have. */
export function knownKeys(nodes: readonly SchemaNode[]): string[] {
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** The nodes one step below: a key of a mapping, or an item of a list. */
export function childNodes(nodes: readonly SchemaNode[], step: string | number): SchemaNode[] {
  return nodes.flatMap((node) => {
    if (/^\d+$/.test(String(step)) && node.items !== undefined) return alternatives(node.items);
    const properties = node.properties ?? {};
    const property = Object.hasOwn(properties, step) ? properties[step] : undefined;
    if (property !== undefined) return alternatives(property);
    const rest = node.additionalProperties;
    return typeof rest === "object" && step !== "__proto__" ? alternatives(rest) : [];
  });
}

/** Whether some alternative is of this JSON type. */
export function allows(nodes: readonly SchemaNode[], type: string): boolean {
  return nodes.some((node) => [node.type].flat().includes(type));
}

/** Every key with its dotted path, its nodes and its description; list items as `[]`. */
export function listKeys(
  root: SchemaNode,
): { readonly path: string; readonly node: SchemaNode; readonly required: boolean }[] {
  const walk = (node: SchemaNode, prefix: string): ReturnType<typeof listKeys> =>
    alternatives(node).flatMap((alternative) => {
      const kind = alternative.properties?.kind?.const;
      const here = typeof kind === "string" ? `${prefix}(${kind})` : prefix;
      const required = "required" in alternative ? alternative.required : [];
      const own = Object.entries(alternative.properties ?? {}).flatMap(([key, child]) => {
        const path = here === "" ? key : `${here}.${key}`;
        const needed = Array.isArray(required) && required.includes(key);
        return [{ path, node: child, required: needed }, ...walk(child, path)];
      });
      const items = alternative.items === undefined ? [] : walk(alternative.items, `${prefix}[]`);
      const rest = alternative.additionalProperties;
      const open = typeof rest === "object" ? walk(rest, `${prefix}.*`) : [];
      return [...own, ...items, ...open];
    });
  return walk(root, "");
}
