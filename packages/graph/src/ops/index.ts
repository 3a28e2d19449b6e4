import type { Operation } from "../tensor.js";
import { clipOperation } from "./clip.js";
import { constantOperation, fillOperation } from "./constant.js";
import {
  addOperation,
  divideOperation,
  multiplyOperation,
  subtractOperation,
} from "./elementwise.js";
import { linearOperation, matmulOperation } from "./matmul.js";
import { layerNormOperation, logSoftmaxOperation, softmaxOperation } from "./normalise.js";
import { packOperation, unpackOperation } from "./pack.js";
import { reduceSumOperation } from "./reduce.js";
import { gatherOperation, oneHotOperation, pickOperation, scatterAddOperation } from "./rows.js";
import {
  concatenateOperation,
  reshapeOperation,
  sliceOperation,
  transposeOperation,
} from "./shape.js";
import {
  erfOperation,
  expOperation,
  geluOperation,
  logOperation,
  powerOperation,
  reluOperation,
  sqrtOperation,
  stepOperation,
  stopGradientOperation,
  tanhOperation,
} from "./unary.js";

/**
 * Every operation, by name. A new one is its definition plus a line here; the conformance suite
 * has a case for each name and does not compile without it.
 */
export const operations = {
  add: addOperation,
  clip: clipOperation,
  concatenate: concatenateOperation,
  constant: constantOperation,
  divide: divideOperation,
  erf: erfOperation,
  exp: expOperation,
  fill: fillOperation,
  gather: gatherOperation,
  gelu: geluOperation,
  layerNorm: layerNormOperation,
  linear: linearOperation,
  log: logOperation,
  logSoftmax: logSoftmaxOperation,
  matmul: matmulOperation,
  multiply: multiplyOperation,
  oneHot: oneHotOperation,
  pack: packOperation,
  pick: pickOperation,
  power: powerOperation,
  reduceSum: reduceSumOperation,
  relu: reluOperation,
  reshape: reshapeOperation,
  scatterAdd: scatterAddOperation,
  slice: sliceOperation,
  softmax: softmaxOperation,
  sqrt: sqrtOperation,
  step: stepOperation,
  stopGradient: stopGradientOperation,
  subtract: subtractOperation,
  tanh: tanhOperation,
  transpose: transposeOperation,
  unpack: unpackOperation,
} as const satisfies Readonly<Record<string, Operation<never> | { readonly name: string }>>;

export type OperationName = keyof typeof operations;
