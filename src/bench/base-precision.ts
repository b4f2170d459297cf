/**
 * How the frozen base policy is stored. "float16" rounds its weights once, when the base is laid into the run folder: training,
 * scoring and export all see the rounded ones, on every engine. Adapters, gradients and activations stay in 32 bits.
 */
import { InputError } from "../data/errors.js";
import type { EngineId } from "../engine/engine.js";
import { readRunRecord } from "./run-folder.js";

export type BasePrecision = "float32" | "float16";

export function precisionOf(run: { readonly basePrecision?: "float16" }): BasePrecision {
  return run.basePrecision ?? "float32";
}

/**
 * @returns what a reader should know of a run with a rounded base
 * @throws InputError where the engine has no 16-bit floats
 */
export async function halfPrecisionNotice(engine: EngineId): Promise<string> {
  const { missingHalves } = await import("../engine/index.js");
  const missing = await missingHalves(engine);
  if (missing !== undefined) {
    throw new InputError(
      `engine "${engine}" cannot store weights as float16 here: ${missing.reason}; ${missing.remedy}`,
    );
  }
  return "base weights: rounded to float16; such a run is not comparable with others, and no leaderboard row";
}

/** @throws InputError where the run that lends its base holds it in another precision */
export function refuseOtherPrecision(from: string, wanted: BasePrecision): void {
  const held = precisionOf(readRunRecord(from));
  if (held === wanted) return;
  throw new InputError(`${from}: its base is stored as ${held}; --reuse it with --base-precision ${held}`);
}
