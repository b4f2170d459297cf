/**
 * The TensorFlow bindings for Node.js as eager engines. They are optional dependencies, loaded on request only: their
 * native part is not built when they are installed (no install script runs here).
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import util from "node:util";
import type { EngineId } from "./engine.js";
import { EngineError } from "./engine.js";

export type TfjsNodeId = Extract<EngineId, "tfjs-node" | "tfjs-node-gpu">;

/** The backend that both packages register with TensorFlow.js. */
export const TENSORFLOW_BACKEND = "tensorflow";

const require = createRequire(import.meta.url);
let loaded: TfjsNodeId | null = null;

/** Where the package keeps its native part, or undefined when the package itself is not installed. */
export function bindingPath(id: TfjsNodeId): string | undefined {
  try {
    return join(dirname(require.resolve(`@tensorflow/${id}/package.json`)), "lib", "napi-v8", "tfjs_binding.node");
  } catch {
    return undefined;
  }
}

/** One line each: why the package cannot be loaded, and what to do. Undefined when it can be tried. */
export function missingBinding(id: TfjsNodeId): { reason: string; remedy: string } | undefined {
  const path = bindingPath(id);
  if (path === undefined) {
    return {
      reason: `the optional package @tensorflow/${id} is not installed`,
      remedy: `npm install @tensorflow/${id}, then mva-bench engine add ${id}`,
    };
  }
  if (existsSync(path)) return undefined;
  return {
    reason: `@tensorflow/${id} is installed without its native binding`,
    remedy: `build it against a TensorFlow that is here: mva-bench engine add ${id}`,
  };
}

/** TensorFlow computes on the processor then, and says so to nobody. */
export const NO_GPU = {
  reason: "TensorFlow finds no GPU",
  remedy:
    "nvidia-smi must list the card (in a container: --gpus all), and CUDA's and cuDNN's libraries must be those that TensorFlow was built with: mva-bench engine add tfjs-node-gpu looks for them again",
} as const;

/** Functions of `util` that the packages call at load and that newer Node.js lacks. */
export const UTIL_SHIMS: Readonly<Record<string, (value: unknown) => boolean>> = {
  isNullOrUndefined: (value) => value === null || value === undefined,
  isArray: (value) => Array.isArray(value),
};

/**
 * TensorFlow reads these when its library is loaded, and has no other knob in the binding. It reads the process' environment, of
 * which a worker thread has a copy: for workers they are set before those start.
 */
export function setEnvironment(threads: number): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  process.env.TF_NUM_INTRAOP_THREADS ??= `${threads}`;
  process.env.TF_NUM_INTEROP_THREADS ??= "1";
  // Else it takes nearly all of a card's memory at once, and what shares the card (a display, a rival that is timed) finds none.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= "true";
}

/**
 * Loads the package, which registers its backend.
 * @returns whether it was not loaded before
 * @throws EngineError in one line, with what to do, when its binding is missing or does not load.
 */
export function loadTfjsNode(id: TfjsNodeId, threads: number): boolean {
  if (loaded === id) return false;
  if (loaded !== null)
    throw new EngineError(`engine "${id}": this process has loaded "${loaded}" already; use another process`);
  const missing = missingBinding(id);
  if (missing !== undefined) throw new EngineError(`engine "${id}": ${missing.reason}; ${missing.remedy}`);
  for (const [name, shim] of Object.entries(UTIL_SHIMS)) if (!(name in util)) Object.assign(util, { [name]: shim });
  setEnvironment(threads);
  try {
    require(`@tensorflow/${id}`);
  } catch (error) {
    const [line] = String(error instanceof Error ? error.message : error).split("\n");
    throw new EngineError(
      `engine "${id}": its binding does not load (${line}); build it again: mva-bench engine add ${id}`,
    );
  }
  loaded = id;
  return true;
}
