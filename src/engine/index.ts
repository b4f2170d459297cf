/** Where tensors run. See `engine.ts` for the contract. */
import * as tf from "@tensorflow/tfjs";
import { createEagerEngine } from "./eager.js";
import type { Engine, EngineId } from "./engine.js";
import { EngineError } from "./engine.js";

export * from "./engine.js";

/**
 * Opens an engine.
 * @throws EngineError, in one line with what to do, when it is not available here.
 */
export async function openEngine(id: EngineId, options: { threads: number }): Promise<Engine> {
  if (id === "tfjs-cpu") {
    await tf.setBackend("cpu");
    return createEagerEngine(id, "cpu", 1);
  }
  throw new EngineError(`engine "${id}" is not available (threads ${options.threads})`);
}
