/** What `mva-bench doctor` says about engines: each one available, or why not and what to do. */
import { createRequire } from "node:module";
import type { EngineId } from "./engine.js";
import { ENGINE_IDS } from "./engine.js";
import { restoreBinding } from "./install/binding.js";
import { readManifest } from "./install/store.js";
import { missingProvider, runNode } from "./providers.js";
import { softwareAdapter, thisMachine } from "./software-adapter.js";
import type { TfjsNodeId } from "./tfjs-node.js";
import { missingBinding, NO_GPU, UTIL_SHIMS } from "./tfjs-node.js";

export interface AvailableEngine {
  readonly id: EngineId;
  readonly available: true;
  readonly description: string;
  /** Why it is no card that answers, where it is none: fit for checking, not for speed. */
  readonly software?: string;
}

export type EngineProbe =
  | AvailableEngine
  | {
      readonly id: EngineId;
      readonly available: false;
      readonly description: string;
      /** One line each. */
      readonly reason: string;
      readonly remedy: string;
    };

const DESCRIPTIONS: Record<EngineId, string> = {
  cpu: "compiled, ONNX Runtime on the CPU",
  webgpu: "compiled, ONNX Runtime on a GPU through Vulkan, Metal or Direct3D 12",
  cuda: "compiled, ONNX Runtime on an NVIDIA GPU",
  "tfjs-cpu": "eager, TensorFlow.js in plain JavaScript (slow; the reference)",
  "tfjs-node": "eager, TensorFlow on the CPU",
  "tfjs-node-gpu": "eager, TensorFlow on an NVIDIA GPU",
};

/** Tries every engine. Those with native drivers are tried in processes of their own, so that none can end this one. */
export async function probeEngines(): Promise<EngineProbe[]> {
  const probes: EngineProbe[] = [];
  for (const id of ENGINE_IDS) probes.push(await probeEngine(id));
  return probes;
}

export async function probeEngine(id: EngineId): Promise<EngineProbe> {
  const added = readManifest(id, process.env);
  const from = added === undefined ? "" : `; added from ${added.version ?? "an unknown version"} in ${added.source}`;
  const description = `${DESCRIPTIONS[id]}${from}`;
  const missing = await whyMissing(id);
  if (missing !== undefined) return { id, available: false, description, ...missing };
  const software = id === "webgpu" ? softwareAdapter(thisMachine) : undefined;
  if (software === undefined) return { id, available: true, description };
  return { id, available: true, description: `${description}; a driver in software (${software})`, software };
}

async function whyMissing(id: EngineId): Promise<{ reason: string; remedy: string } | undefined> {
  switch (id) {
    case "tfjs-cpu":
      return undefined;
    case "cpu":
    case "webgpu":
    case "cuda":
      return missingProvider(id);
    case "tfjs-node":
    case "tfjs-node-gpu":
      restoreBinding(id, process.env);
      return missingBinding(id) ?? loads(id);
    default:
      return id satisfies never;
  }
}

const LOAD = `
const [, library] = process.argv;
process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= "true";
Object.assign(require("node:util"), { ${Object.entries(UTIL_SHIMS)
  .map(([name, shim]) => `${name}: ${shim}`)
  .join(", ")} });
const { write } = process.stdout;
process.stdout.write = () => true;
const say = (text, code) => { write.call(process.stdout, text); process.exit(code); };
try {
  const tf = require(library);
  const sum = tf.add([1, 2], [3, 4]).dataSync().join();
  say("sum " + sum + " on " + tf.getBackend() + (tf.backend().isUsingGpuDevice ? "'s GPU" : ""), 0);
} catch (error) { say(String(error.message), 1); }`;

async function loads(id: TfjsNodeId): Promise<{ reason: string; remedy: string } | undefined> {
  const { code, output } = await runNode(LOAD, [createRequire(import.meta.url).resolve(`@tensorflow/${id}`)]);
  const computed = "sum 4,6 on tensorflow";
  if (code === 0 && output === `${computed}'s GPU`) return undefined;
  if (code === 0 && output === computed) return id === "tfjs-node" ? undefined : NO_GPU;
  const [line = ""] = output.trim().split("\n");
  const reason = `its binding does not load: ${line || `code ${code}`}`;
  return { reason, remedy: `build it again: mva-bench engine add ${id}` };
}
