import { product, type Shape } from "../dimension.js";
import { apply, type Operation, type Tensor } from "../tensor.js";

export interface ConstantAttributes {
  readonly values: readonly number[];
  readonly shape: readonly number[];
}

export const constantOperation: Operation<ConstantAttributes> = {
  name: "constant",
  infer(_inputs, { values, shape }) {
    if (product(shape) !== values.length)
      throw new TypeError("constant: values must fill the shape");
    return [{ dtype: "float32", shape }];
  },
  emit: (context, names, { values, shape }) =>
    context.alias(names.outputs, context.floatConstant(values, shape)),
  evaluate: (_inputs, { values }) => [Float64Array.from(values)],
};

/** A fixed float tensor written into the graph; keep it small. */
export const constant = (values: readonly number[], shape: readonly number[]): Tensor =>
  apply(constantOperation, [], { values, shape });

export interface FillAttributes {
  readonly value: number;
  readonly shape: Shape;
}

export const fillOperation: Operation<FillAttributes> = {
  name: "fill",
  infer: (_inputs, { shape }) => [{ dtype: "float32", shape }],
  emit: (context, names, { value, shape }) =>
    context.node("ConstantOfShape", [context.shapeVector(shape)], names.outputs, {
      value: context.floatTensor([value], [1]),
    }),
  evaluate: (_inputs, { value }, { shapes }) => [
    new Float64Array((shapes[0] ?? []).reduce((total, size) => total * size, 1)).fill(value),
  ],
};

/** A tensor of one repeated value, whose shape may have named sizes. */
export const fill = (value: number, shape: Shape): Tensor =>
  apply(fillOperation, [], { value, shape });
