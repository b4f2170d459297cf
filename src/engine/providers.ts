/** Which of ONNX Runtime's execution providers can run here, and why not. */
import "./no-telemetry.js";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Graph, type Target } from "./compiled/graph.js";
import { writeModel } from "./compiled/model.js";

export interface Missing {
  readonly reason: string;
  readonly remedy: string;
}

const require = createRequire(import.meta.url);
const PROBE_TIMEOUT_MS = 60_000;

const REMEDIES: Record<Target, string> = {
  cpu: "reinstall onnxruntime-node (npm ci)",
  webgpu: "install a graphics driver with Vulkan (Linux: libvulkan1 and the card's driver), Metal or Direct3D 12",
  cuda: "add ONNX Runtime's CUDA libraries: mva-bench engine add cuda (docs/gpu/cuda.md)",
};

/** A model that adds a tensor to itself: enough to need the device. */
function probeModel(target: Target): string {
  const graph = new Graph(target);
  const x = graph.input("x", "float32", [4]);
  const value = graph.emit("Add", [x, x], { dtype: "float32", shape: [4] });
  return Buffer.from(writeModel("probe", graph, [{ name: "y", value }]).bytes).toString("base64");
}

// Runs in a process of its own: a driver that aborts takes nothing else with it.
const PROBE = `
const [, library, model, provider] = process.argv;
const ort = require(library);
(async () => {
  const session = await ort.InferenceSession.create(Buffer.from(model, "base64"), {
    executionProviders: [provider], logSeverityLevel: 4, intraOpNumThreads: 1 });
  const { y } = await session.run({ x: new ort.Tensor("float32", Float32Array.of(1, 2, 3, 4), [4]) });
  process.stdout.write("sum " + y.data.join());
  process.exit(0);
})().catch((error) => { process.stdout.write(String(error.message)); process.exit(1); });`;

const present = new Set<Target>();

/** Undefined when the provider runs a model here; a provider that did is not asked again. */
export async function missingProvider(target: Target): Promise<Missing | undefined> {
  if (target === "cpu" || present.has(target)) return undefined;
  const missing = await probe(target);
  if (missing === undefined) present.add(target);
  return missing;
}

async function probe(target: Target): Promise<Missing | undefined> {
  const remedy = REMEDIES[target];
  const library = require.resolve("onnxruntime-node");
  if (target === "cuda") {
    const folder = join(dirname(library), "..", "bin", "napi-v6", process.platform, process.arch);
    const name = process.platform === "win32" ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so";
    if (!existsSync(join(folder, name))) return { reason: `${name} is not beside onnxruntime-node's library`, remedy };
  }
  const { code, output } = await runNode(PROBE, [library, probeModel(target), target]);
  if (code === 0 && output === "sum 2,4,6,8") return undefined;
  return { reason: oneLine(output) || `its probe ended with code ${code}`, remedy };
}

/** Runs a script in a fresh Node.js process. `code` is null when a signal or the time limit ended it. */
export function runNode(script: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["-e", script, "--", ...args], {
      stdio: ["ignore", "pipe", "ignore"],
      timeout: PROBE_TIMEOUT_MS,
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.on("error", (error) => resolve({ code: null, output: error.message }));
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** The part of an ONNX Runtime message that says what is wrong: its first line, without the place in the source. */
function oneLine(message: string): string {
  const [line = ""] = message.trim().split("\n");
  return (/ was false\. (.+)$/.exec(line)?.[1] ?? line).slice(0, 300);
}
