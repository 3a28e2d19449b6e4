import { alternatives, listKeys, type SchemaNode, specJsonSchema } from "./json-schema.js";
import { outsideKeys } from "./schema-run.js";

/** Content of `counterweight.schema.json`, short lists on one line as the formatter has them. */
export function schemaFile(): string {
  const text = JSON.stringify(specJsonSchema(), null, 2);
  const lists = /^(.*)\[\n([^[\]{}]*?)\n *\](,?)$/gm;
  const joined = text.replace(lists, (whole, before: string, items: string, comma: string) => {
    const line = `${before}[${items.trim().replace(/,\n */g, ", ")}]${comma}`;
    return line.length <= 100 ? line : whole;
  });
  return `${joined}\n`;
}

/** Content of `docs/spec.md`: every key of a spec. */
export function specReference(): string {
  return `# Keys of a spec

Made by \`node scripts/write-schema.mjs\` from the schema that also checks specs; change it there.
\`[]\` stands for an item of a list, \`*\` for a name you choose, and \`(kind)\` for the keys that
only benchmarks of that kind have.

Paths may begin with \`~\` and hold environment variables as \`\${NAME}\`; relative ones start at the
folder of the spec. On the command line \`key=value\` replaces a value: \`train.epochs=3 seeds=0,1\`.
A key of a sweep is one word: \`sweep.axes.train.learningRate=3e-5,6e-5\`. Top-level keys that begin with
\`x-\` are ignored and may hold anchors for aliases and merge keys (\`<<: *name\`).

Results never depend on ${outsideKeys.map((key) => `\`${key}\``).join(", ")}: they belong to no
step's key, and changing them makes nothing anew.

${specKeyTable(specJsonSchema())}`;
}

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
