import type { OperationName } from "@counterweight/graph";
import type { CaseMaker } from "./case.js";
import { elementwiseCases } from "./elementwise-cases.js";
import { productCases } from "./product-cases.js";
import { rowsCases } from "./rows-cases.js";
import { shapeCases } from "./shape-cases.js";

/** A case for every operation; a new operation does not compile before it has one. */
export const cases: Readonly<Record<OperationName, CaseMaker>> = {
  ...elementwiseCases,
  ...productCases,
  ...rowsCases,
  ...shapeCases,
};
