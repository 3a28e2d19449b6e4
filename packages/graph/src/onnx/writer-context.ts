import type { Shape } from "../dimension.js";
import type { OnnxAttributes, OnnxContext, OnnxNode, OnnxTensor, ShapeInput } from "./context.js";

/** Collects nodes, constants and shape inputs while a program is written. */
export class WriterContext implements OnnxContext {
  readonly nodes: OnnxNode[] = [];
  readonly constants = new Map<string, OnnxTensor>();
  readonly shapeInputs: ShapeInput[] = [];
  readonly aliases = new Map<string, string>();
  readonly #known = new Map<string, string>();
  #fresh = 0;

  node(
    type: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: OnnxAttributes = {},
    domain = "",
  ): void {
    this.nodes.push({
      name: `${type}:${outputs[0] ?? ""}`,
      type,
      domain,
      inputs: inputs.map((name) => this.resolve(name)),
      outputs,
      attributes,
    });
  }

  node1(type: string, inputs: readonly string[], attributes: OnnxAttributes = {}): string {
    const output = this.#name("inner");
    this.node(type, inputs, [output], attributes);
    return output;
  }

  alias(outputs: readonly string[], value: string): void {
    const [output] = outputs;
    if (output !== undefined) this.aliases.set(output, value);
  }

  /** The value that a name stands for, through aliases. */
  resolve(name: string): string {
    return this.aliases.get(name) ?? name;
  }

  floatConstant(values: readonly number[], shape: readonly number[]): string {
    return this.#constant({ dtype: "float32", values, shape });
  }

  integerConstant(values: readonly number[]): string {
    return this.#constant({ dtype: "int64", values, shape: [values.length] });
  }

  floatTensor(values: readonly number[], shape: readonly number[]): OnnxTensor {
    return { dtype: "float32", values, shape };
  }

  shapeVector(shape: Shape): string {
    const sizes = shape.filter((dimension): dimension is number => typeof dimension === "number");
    if (sizes.length === shape.length) return this.integerConstant(sizes);
    return this.#once(`shape ${shape.join(",")}`, () => {
      const name = `shape:${shape.join(",")}`;
      this.shapeInputs.push({ name, shape });
      return name;
    });
  }

  toInt64(value: string): string {
    const int64 = 7; // TensorProto.DataType.INT64
    return this.#once(`int64 ${this.resolve(value)}`, () =>
      this.node1("Cast", [value], { to: int64 }),
    );
  }

  #constant(tensor: OnnxTensor): string {
    return this.#once(`constant ${JSON.stringify(tensor)}`, () => {
      const name = this.#name("constant");
      this.constants.set(name, tensor);
      return name;
    });
  }

  #once(key: string, make: () => string): string {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = make();
    this.#known.set(key, name);
    return name;
  }

  #name(prefix: string): string {
    this.#fresh += 1;
    return `${prefix}:${this.#fresh}`;
  }
}
