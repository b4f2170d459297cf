/** Holds an engine to the contract: every op, forward and gradient, against the oracle. */
import type { Engine, EngineId } from "../engine.js";
import { compareEngines, opInputs, opProgram } from "./agreement.js";
import { opCases } from "./op-cases.js";
import { stream } from "./operands.js";

/** Largest |a−b| over max|b| of a tensor that an engine may have against the oracle. */
export function toleranceOf(id: EngineId): number {
  // A GPU's transcendental functions are not correctly rounded.
  return id === "webgpu" ? 1e-4 : 1e-5;
}

export interface OpVerdict {
  readonly op: string;
  readonly verdict: "agrees" | "differs" | "excepted";
  /** Largest |a−b| over max|b|; infinite where a shape, a type or a non-finite entry differs; absent where excepted. */
  readonly worst?: number;
  /** Where it differs, why it failed, or why it is excepted. */
  readonly detail?: string;
}

/**
 * @param oracle the engine `tfjs-cpu`
 * @param shapes random shapes that each op is tried on
 */
export async function checkContract(
  engine: Engine,
  oracle: Engine,
  { shapes = 2, seed = 20 }: { readonly shapes?: number; readonly seed?: number } = {},
): Promise<OpVerdict[]> {
  const verdicts: OpVerdict[] = [];
  const limit = toleranceOf(engine.id);
  for (const op of opCases) {
    const excepted = op.except?.[engine.id];
    if (excepted !== undefined) {
      verdicts.push({ op: op.name, verdict: "excepted", detail: excepted });
      continue;
    }
    let found: OpVerdict = { op: op.name, verdict: "agrees", worst: 0 };
    for (let i = 0; i < shapes && found.verdict === "agrees"; i++) {
      const operands = op.operands(stream(seed + i));
      try {
        const { worst, output } = await compareEngines(
          engine,
          oracle,
          op.name,
          opProgram(op, operands),
          opInputs(operands, seed + i),
        );
        if (worst > limit) {
          const shapes = operands.map(({ shape }) => `[${shape}]`).join(" ");
          found = { op: op.name, verdict: "differs", worst, detail: `output ${output} on ${shapes}` };
        } else found = { ...found, worst: Math.max(found.worst ?? 0, worst) };
      } catch (error) {
        const [line = ""] = String(error instanceof Error ? error.message : error).split("\n");
        found = { op: op.name, verdict: "differs", worst: Number.POSITIVE_INFINITY, detail: line };
      }
    }
    verdicts.push(found);
  }
  return verdicts;
}
