/** Where tensors run. See `engine.ts` for the contract. */
import * as tf from "@tensorflow/tfjs";
import { silenceBanner } from "./banner.js";
import { createCompiledEngine } from "./compiled/engine.js";
import type { ConstantStorage } from "./compiled/graph-proto.js";
import type { MemoryUse } from "./compiled/session.js";
import { createEagerEngine } from "./eager.js";
import type { Engine, EngineId } from "./engine.js";
import { ENGINE_IDS, EngineError } from "./engine.js";
import { restoreBinding } from "./install/binding.js";
import { type Missing, missingProvider } from "./providers.js";
import { registerTensorflowKernels } from "./tensorflow-kernels.js";
import { countTraffic, type WithBinding } from "./tensorflow-traffic.js";
import { loadTfjsNode, NO_GPU, setEnvironment, TENSORFLOW_BACKEND } from "./tfjs-node.js";

export type { ConstantStorage } from "./compiled/graph-proto.js";
export type { MemoryUse } from "./compiled/session.js";
export * from "./engine.js";
export { FittingRows } from "./fitting-rows.js";
export type { EngineProbe } from "./probe.js";
export { probeEngine, probeEngines } from "./probe.js";

export interface EngineOptions {
  readonly threads: number;
  /** ONNX Runtime's own log, on stderr (compiled engines). Default "errors". */
  readonly log?: "errors" | "everything";
  /** Compiled engines on the CPU. Default "lean"; "arena" for few executables that run long. */
  readonly memory?: MemoryUse;
  /**
   * How compiled engines store a program's constants. "float16": those whose values are 16-bit floats already take half the
   * space, and give the same numbers. Default "float32".
   */
  readonly constants?: ConstantStorage;
  /** `Engine.maxRows` and `Engine.say`. */
  readonly maxRows?: number | undefined;
  readonly say?: ((line: string) => void) | undefined;
}

/** To be called before worker threads start that will open `id`: some libraries read the process' environment. */
export function prepareWorkers(id: EngineId, threads: number): void {
  if (id === "tfjs-node" || id === "tfjs-node-gpu") setEnvironment(threads);
}

/** Why an engine that is available here cannot keep constants as 16-bit floats; undefined where it can. */
export async function missingHalves(id: EngineId): Promise<Missing | undefined> {
  return id === "cpu" || id === "webgpu" || id === "cuda" ? missingProvider(id, "float16") : undefined;
}

/**
 * Opens an engine.
 * @throws EngineError, in one line with what to do, when it is not available here.
 */
export async function openEngine(id: EngineId, options: EngineOptions): Promise<Engine> {
  const { maxRows, say } = options;
  return {
    ...(await open(id, options)),
    ...(maxRows === undefined ? {} : { maxRows }),
    ...(say === undefined ? {} : { say }),
  };
}

async function open(
  id: EngineId,
  { threads, log = "errors", memory = "lean", constants = "float32" }: EngineOptions,
): Promise<Engine> {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new EngineError(`threads is ${threads}; an engine needs a positive whole number of them`);
  }
  silenceBanner();
  switch (id) {
    case "cpu":
    case "webgpu":
    case "cuda": {
      const missing = await missingProvider(id, constants);
      if (missing !== undefined) throw new EngineError(`engine "${id}": ${missing.reason}; ${missing.remedy}`);
      return createCompiledEngine({ target: id, threads, log, memory, constants });
    }
    case "tfjs-cpu":
      return createEagerEngine(id, "cpu", 1);
    case "tfjs-node":
    case "tfjs-node-gpu":
      restoreBinding(id, process.env);
      if (loadTfjsNode(id, threads)) registerTensorflowKernels();
      if (!(await tf.setBackend(TENSORFLOW_BACKEND))) {
        throw new EngineError(`engine "${id}": its backend did not start; build it again: mva-bench engine add ${id}`);
      }
      if (id === "tfjs-node") return createEagerEngine(id, TENSORFLOW_BACKEND, threads);
      return createEagerEngine(id, TENSORFLOW_BACKEND, threads, countTraffic(cardBackend()));
    default:
      throw new EngineError(`engine "${id satisfies never}" is unknown; there are ${ENGINE_IDS.join(", ")}`);
  }
}

/** @throws EngineError where TensorFlow would compute on the processor */
function cardBackend(): WithBinding {
  const backend = tf.backend() as unknown as WithBinding & { readonly isUsingGpuDevice?: boolean };
  if (backend.isUsingGpuDevice !== true) {
    throw new EngineError(`engine "tfjs-node-gpu": ${NO_GPU.reason}; ${NO_GPU.remedy}`);
  }
  return backend;
}
