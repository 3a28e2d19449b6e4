import type { Entry, FolderStore } from "@counterweight/steps";
import { shortKey } from "../words.js";

/** An input of an entry, with what it was made of. */
export interface InputNode {
  /** What it is to the one that uses it. */
  readonly name: string;
  readonly key: string;
  /** Undefined where it is no entry: a content's SHA-256, or an entry that was removed. */
  readonly kind: string | undefined;
  readonly label: string | undefined;
  readonly made: string | undefined;
  readonly inputs: readonly InputNode[];
  /** Shown before, with its own inputs. */
  readonly again: boolean;
}

/** All that an entry was made of, back to the contents that were read. */
export async function inputTree(store: FolderStore, entry: Entry): Promise<InputNode[]> {
  const seen = new Set<string>();
  const below = async ({ making }: Entry): Promise<InputNode[]> => {
    const nodes: InputNode[] = [];
    for (const [name, key] of Object.entries(making.inputs)) {
      const found = await store.describe(key);
      const again = seen.has(key);
      seen.add(key);
      nodes.push({
        ...{ name, key, again },
        kind: found?.making.kind,
        label: found?.record.label,
        made: found?.record.ended,
        inputs: found === undefined || again ? [] : await below(found),
      });
    }
    return nodes;
  };
  return below(entry);
}

/** The tree as lines. */
export function inputLines(nodes: readonly InputNode[], before = ""): string[] {
  return nodes.flatMap((node, index) => {
    const last = index === nodes.length - 1;
    const { name, key, kind, label, inputs, again } = node;
    const what =
      kind === undefined ? "a content, or no longer in the store" : `${kind}, ${label ?? ""}`;
    const more = again && kind !== undefined ? " (see above)" : "";
    return [
      `${before}${last ? "└─" : "├─"} ${name}: ${shortKey(key)}  ${what}${more}`,
      ...inputLines(inputs, `${before}${last ? "   " : "│  "}`),
    ];
  });
}
