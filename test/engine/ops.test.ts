import fc from "fast-check";
import { expect, test } from "vitest";
import { openEngine } from "../../src/engine/index.js";
import { compareWithOracle, opInputs, opProgram } from "./contract.js";
import { opCases } from "./op-cases.js";

test.each(opCases)("cpu agrees with the oracle on $name", async (op) => {
  const engine = await openEngine("cpu", { threads: 2 });
  await fc.assert(
    fc.asyncProperty(op.operands, fc.nat(), async (operands, seed) => {
      const { worst, output } = await compareWithOracle(engine, op.name, opProgram(op, operands), opInputs(operands, seed));
      expect(worst, `output ${output}`).toBeLessThanOrEqual(1e-5);
    }),
    { numRuns: 8, seed: 20 },
  );
});
