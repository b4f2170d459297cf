import fc from "fast-check";
import { expect, test } from "vitest";
import { skipVisibly } from "../skip.js";
import { compareWithOracle, opInputs, opProgram } from "./contract.js";
import { opCases } from "./op-cases.js";
import { engineId, openUnderTest, opRuns, tolerance } from "./under-test.js";

for (const op of opCases) {
  test(`${engineId} agrees with the oracle on ${op.name}`, async (ctx) => {
    const exception = op.except?.[engineId];
    if (exception !== undefined) skipVisibly(ctx, exception);
    const engine = await openUnderTest();
    await fc.assert(
      fc.asyncProperty(op.operands, fc.nat(), async (operands, seed) => {
        const program = opProgram(op, operands);
        const { worst, output } = await compareWithOracle(engine, op.name, program, opInputs(operands, seed));
        expect(worst, `output ${output}`).toBeLessThanOrEqual(tolerance);
      }),
      { numRuns: opRuns, seed: 20 },
    );
  });
}
