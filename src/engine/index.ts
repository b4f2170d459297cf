/** Where tensors run. See `engine.ts` for the contract. */
import * as tf from "@tensorflow/tfjs";
import { silenceBanner } from "./banner.js";
import { createCompiledEngine } from "./compiled/engine.js";
import { createEagerEngine } from "./eager.js";
import type { Engine, EngineId } from "./engine.js";
import { EngineError } from "./engine.js";

export * from "./engine.js";

/**
 * Opens an engine.
 * @throws EngineError, in one line with what to do, when it is not available here.
 */
export async function openEngine(id: EngineId, options: { threads: number }): Promise<Engine> {
  silenceBanner();
  if (id === "tfjs-cpu") {
    await tf.setBackend("cpu");
    return createEagerEngine(id, "cpu", 1);
  }
  if (id === "cpu") return createCompiledEngine(id, options);
  throw new EngineError(`engine "${id}" is not available (threads ${options.threads})`);
}
