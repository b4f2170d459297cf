import fc from "fast-check";
import { expect, test } from "vitest";
import { compareEngines, opInputs, opProgram } from "../../src/engine/contract/agreement.js";
import { toleranceOf } from "../../src/engine/contract/check.js";
import { opCases } from "../../src/engine/contract/op-cases.js";
import { stream } from "../../src/engine/contract/operands.js";
import { openEngine } from "../../src/engine/index.js";
import { skipVisibly } from "../skip.js";
import { engineId, openUnderTest, opRuns } from "./under-test.js";

for (const op of opCases) {
  test(`${engineId} agrees with the oracle on ${op.name}`, async (ctx) => {
    const exception = op.except?.[engineId];
    if (exception !== undefined) skipVisibly(ctx, exception);
    const engine = await openUnderTest();
    const oracle = await openEngine("tfjs-cpu", { threads: 1 });
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const operands = op.operands(stream(seed));
        const inputs = opInputs(operands, seed);
        const { worst, output } = await compareEngines(engine, oracle, op.name, opProgram(op, operands), inputs);
        expect(worst, `output ${output} on ${JSON.stringify(operands)}`).toBeLessThanOrEqual(toleranceOf(engineId));
      }),
      { numRuns: opRuns, seed: 20 },
    );
  });
}
