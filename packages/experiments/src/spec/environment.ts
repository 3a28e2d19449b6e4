import { homedir } from "node:os";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { nearest } from "@counterweight/base";

/** Environment variables by name, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A path made absolute, or why it cannot be. */
export type Expanded = { readonly path: string } | { readonly problem: string };

/**
 * Expands `${NAME}` and a leading `~`, then takes a relative path from the folder of the spec.
 * A variable that is unset or empty is a problem, never an empty string.
 */
export function expandPath(written: string, specFile: string, environment: Environment): Expanded {
  const missing: string[] = [];
  const expanded = written.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => {
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value === undefined || value === "") missing.push(name);
    return value ?? "";
  });
  const name = missing[0];
  if (name !== undefined) {
    const similar = nearest(name, Object.keys(environment));
    const hint = similar === undefined || similar === name ? "" : ` (${similar} is set)`;
    return {
      problem: `the environment variable ${name} is not set${hint}. Set it, for example \`export ${name}=/path/to/folder\`, or write the path out.`,
    };
  }
  if (expanded.trim() === "") return { problem: "needed a path, got an empty text." };
  const home = environment.HOME ?? homedir();
  const settled =
    expanded === "~" ? home : expanded.startsWith("~/") ? `${home}${expanded.slice(1)}` : expanded;
  return { path: isAbsolute(settled) ? resolve(settled) : resolve(dirname(specFile), settled) };
}

/**
 * How a path is written in the spec that is stored with the results: variables, `~` and absolute
 * paths stay as they are, relative ones are told from the new folder.
 */
export function portablePath(written: string, specFile: string, newFolder: string): string {
  if (written.startsWith("~") || written.startsWith("${") || isAbsolute(written)) return written;
  const path = relative(newFolder, resolve(dirname(specFile), written))
    .split(sep)
    .join("/");
  return path.startsWith(".") ? path : `./${path}`;
}
