/** What `mva-bench doctor` says about engines: each one available, or why not and what to do. */
import { createRequire } from "node:module";
import type { EngineId } from "./engine.js";
import { ENGINE_IDS } from "./engine.js";
import { restoreBinding } from "./install/binding.js";
import { readManifest } from "./install/store.js";
import { missingProvider, runNode } from "./providers.js";
import type { TfjsNodeId } from "./tfjs-node.js";
import { missingBinding, UTIL_SHIMS } from "./tfjs-node.js";

export type EngineProbe =
  | { readonly id: EngineId; readonly available: true; readonly description: string }
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
  return missing === undefined
    ? { id, available: true, description }
    : { id, available: false, description, ...missing };
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
Object.assign(require("node:util"), { ${Object.entries(UTIL_SHIMS)
  .map(([name, shim]) => `${name}: ${shim}`)
  .join(", ")} });
const { write } = process.stdout;
process.stdout.write = () => true;
const say = (text, code) => { write.call(process.stdout, text); process.exit(code); };
try {
  const tf = require(library);
  say("sum " + tf.add([1, 2], [3, 4]).dataSync().join() + " on " + tf.getBackend(), 0);
} catch (error) { say(String(error.message), 1); }`;

async function loads(id: TfjsNodeId): Promise<{ reason: string; remedy: string } | undefined> {
  const { code, output } = await runNode(LOAD, [createRequire(import.meta.url).resolve(`@tensorflow/${id}`)]);
  if (code === 0 && output === "sum 4,6 on tensorflow") return undefined;
  const [line = ""] = output.trim().split("\n");
  const reason = `its binding does not load: ${line || `code ${code}`}`;
  return { reason, remedy: `build it again: mva-bench engine add ${id}` };
}

/**
 * The engine for `auto`: CUDA where it is there, else the CPU. WebGPU is taken on request only: whether its adapter is a
 * card or a software driver cannot be told, and small models are faster on the CPU.
 */
export function chooseEngine(probes: readonly EngineProbe[]): EngineId {
  return probes.some(({ id, available }) => id === "cuda" && available) ? "cuda" : "cpu";
}

/** Why `chooseEngine` takes what it takes, for a sentence's brackets. */
export function reasonOfChoice(probes: readonly EngineProbe[]): string {
  const has = (id: EngineId): boolean => probes.some((probe) => probe.id === id && probe.available);
  if (has("cuda")) return "chosen by auto: an NVIDIA GPU with ONNX Runtime's CUDA libraries";
  if (!has("webgpu")) return "chosen by auto: no GPU engine is available here; mva-bench doctor says why";
  return "chosen by auto: small models are faster on a processor, and webgpu may be a driver in software; --engine webgpu takes it";
}
