import { alternatives, listKeys, type SchemaNode } from "./json-schema.js";

/** The table of all keys as Markdown, from the same schema that checks them. */
export function specKeyTable(schema: SchemaNode): string {
  const rows = listKeys(schema).map(({ path, node, required }) => {
    const standard = node.default;
    const given =
      standard === undefined || isEmptyMapping(standard)
        ? required
          ? "required"
          : ""
        : `\`${JSON.stringify(standard)}\``;
    return `| \`${path}\` | ${typeName(node)} | ${given} | ${node.description ?? ""} |`;
  });
  return ["| key | type | default | meaning |", "|---|---|---|---|", ...rows, ""].join("\n");
}

const isEmptyMapping = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

function typeName(node: SchemaNode): string {
  const names = alternatives(node).map((choice) => {
    if (choice.enum !== undefined) return choice.enum.map((value) => `\`${value}\``).join(" ");
    if (choice.const !== undefined) return `\`${choice.const}\``;
    if (choice.type === "array") {
      return `list of ${choice.items === undefined ? "values" : typeName(choice.items)}`;
    }
    return choice.type === "object" ? "mapping" : [choice.type].flat().join(" or ");
  });
  return [...new Set(names)].join(" or ");
}
