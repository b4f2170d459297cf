/** What `mva-bench doctor` says about engines: each one available, or why not and what to do. */
import { createRequire } from "node:module";
import type { EngineId } from "./engine.js";
import { ENGINE_IDS } from "./engine.js";
import { restoreBinding } from "./install/binding.js";
import { readManifest } from "./install/store.js";
import { type Missing, missingProvider, runNode } from "./providers.js";
import { softwareAdapter, thisMachine, vulkanDrivers } from "./software-adapter.js";
import type { TfjsNodeId } from "./tfjs-node.js";
import { missingBinding, NO_GPU, UTIL_SHIMS } from "./tfjs-node.js";

const require = createRequire(import.meta.url);

export interface AvailableEngine {
  readonly id: EngineId;
  readonly available: true;
  readonly description: string;
  /** What computes: versions by name, and drivers as far as the system tells. */
  readonly versions: Readonly<Record<string, string>>;
  /** Why it is no card that answers, where it is none: fit for checking, not for speed. */
  readonly software?: string;
}

type Found = Pick<AvailableEngine, "versions" | "software">;

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
  const found = await tryEngine(id);
  if ("reason" in found) return { id, available: false, description: `${DESCRIPTIONS[id]}${from}`, ...found };
  const with_ = Object.entries(found.versions).map(([name, version]) => `; ${name} ${version}`);
  return { id, available: true, description: `${DESCRIPTIONS[id]}${with_.join("")}${from}`, ...found };
}

async function tryEngine(id: EngineId): Promise<Found | Missing> {
  switch (id) {
    case "tfjs-cpu":
      return { versions: {} };
    case "cpu":
      return (await missingProvider(id)) ?? { versions: onnxRuntime() };
    case "webgpu":
      return (await missingProvider(id)) ?? webgpuAdapter();
    case "cuda": {
      const version = readManifest(id, process.env)?.version ?? "of an unknown version";
      return (await missingProvider(id)) ?? { versions: { ...onnxRuntime(), "onnxruntime-gpu": version } };
    }
    case "tfjs-node":
    case "tfjs-node-gpu":
      restoreBinding(id, process.env);
      return missingBinding(id) ?? loads(id);
    default:
      return id satisfies never;
  }
}

function onnxRuntime(): Record<string, string> {
  return { "onnxruntime-node": versionOf("onnxruntime-node") };
}

function versionOf(name: string): string {
  return (require(`${name}/package.json`) as { version: string }).version;
}

/** ONNX Runtime does not say which adapter it took: the drivers that the loader finds are what can be known of it. */
function webgpuAdapter(): Found {
  const software = softwareAdapter(thisMachine);
  const driver = vulkanDrivers(thisMachine).join(", ");
  const known = [driver, software === undefined ? "" : `in software (${software})`].filter((text) => text !== "");
  return {
    versions: { ...onnxRuntime(), ...(known.length === 0 ? {} : { "Vulkan driver": known.join(", ") }) },
    ...(software === undefined ? {} : { software }),
  };
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
  const device = tf.backend().isUsingGpuDevice ? "GPU" : "CPU";
  say(["sum", sum, "on", tf.getBackend(), tf.backend().binding.TF_Version, device].join(" "), 0);
} catch (error) { say(String(error.message), 1); }`;

async function loads(id: TfjsNodeId): Promise<Found | Missing> {
  const { code, output } = await runNode(LOAD, [require.resolve(`@tensorflow/${id}`)]);
  const [, tensorflow, device] = (code === 0 && /^sum 4,6 on tensorflow (\S+) (CPU|GPU)$/.exec(output)) || [];
  if (tensorflow !== undefined) {
    if (id === "tfjs-node-gpu" && device === "CPU") return NO_GPU;
    return { versions: { tensorflow, [`@tensorflow/${id}`]: versionOf(`@tensorflow/${id}`) } };
  }
  const [line = ""] = output.trim().split("\n");
  const reason = `its binding does not load: ${line || `code ${code}`}`;
  return { reason, remedy: `build it again: mva-bench engine add ${id}` };
}
