export { adamw, adamwRows } from "./adamw";
export { sumOfSquares } from "./norm";
export { drawMask } from "./philox";
export { forgetTokens, sumOfSquaresRows, sumTokens } from "./rows";
export { sgd, sgdMomentum, sgdRows } from "./sgd";
