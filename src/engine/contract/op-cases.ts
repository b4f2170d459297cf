/** Every op that a compiled program may use, on random shapes: what the engines must agree on. */
import { elementwiseCases } from "./elementwise-cases.js";
import { indexingCases } from "./indexing-cases.js";
import type { OpCase } from "./op-case.js";
import { productCases } from "./product-cases.js";
import { reductionCases } from "./reduction-cases.js";
import { shapeCases } from "./shape-cases.js";

export const opCases: readonly OpCase[] = [
  ...elementwiseCases,
  ...reductionCases,
  ...productCases,
  ...shapeCases,
  ...indexingCases,
];
