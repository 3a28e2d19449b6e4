import {
  add,
  constant,
  gelu,
  multiply,
  relu,
  scale,
  type Tensor,
  tanh,
} from "@counterweight/graph";

/** GELU by its tanh approximation: `x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))`. */
function tanhGelu(x: Tensor): Tensor {
  const one = constant([1], []);
  const cubic = add(scale(multiply(x, x), 0.044715), one);
  const bent = tanh(scale(multiply(x, cubic), Math.sqrt(2 / Math.PI)));
  return multiply(scale(x, 0.5), add(bent, one));
}

/** Feed-forward activations by Transformers' name. */
export const activations = {
  /** The exact one, `x Phi(x)`. */
  gelu,
  gelu_new: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
  relu,
} as const satisfies Readonly<Record<string, (x: Tensor) => Tensor>>;

/** A feed-forward activation that is built here. */
export type Activation = keyof typeof activations;

/** All of them. */
export const activationNames: readonly Activation[] = [
  "gelu",
  "gelu_new",
  "gelu_pytorch_tanh",
  "relu",
];
