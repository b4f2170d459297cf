/** Which of ONNX Runtime's execution providers can run here, and why not. */
import "./no-telemetry.js";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Graph, type Target } from "./compiled/graph.js";
import type { ConstantStorage } from "./compiled/graph-proto.js";
import { writeModel } from "./compiled/model.js";
import { UNFOLDED } from "./compiled/session.js";

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

/** Where its libraries are laid already. */
const CUDA_LAID =
  "nvidia-smi must list the card (in a container: --gpus all) with a driver for CUDA 13, and the libraries laid must still be where they were: mva-bench engine add cuda looks for them again (docs/gpu/cuda.md)";

const PROBED = 1024;

/** A model that adds a constant to a tensor: enough to need the device, and where they are stored so, 16-bit floats. */
function probeModel(target: Target, constants: ConstantStorage): string {
  const graph = new Graph(target);
  const x = graph.input("x", "float32", [PROBED]);
  const two = graph.constant("two", "float32", [PROBED], new Float32Array(PROBED).fill(2));
  const value = graph.emit("Add", [x, two], { dtype: "float32", shape: [PROBED] });
  return Buffer.from(writeModel("probe", graph, [{ name: "y", value }], constants).bytes).toString("base64");
}

// Runs in a process of its own: a driver that aborts takes nothing else with it.
const PROBE = `
const [, library, model, provider, size, unfolded] = process.argv;
const ort = require(library);
(async () => {
  const session = await ort.InferenceSession.create(Buffer.from(model, "base64"), {
    executionProviders: [provider], logSeverityLevel: 4, intraOpNumThreads: 1,
    extra: { optimization: { disable_specified_optimizers: unfolded } } });
  const { y } = await session.run({ x: new ort.Tensor("float32", new Float32Array(+size).fill(1), [+size]) });
  process.stdout.write(y.data.every((sum) => sum === 3) ? "sums are right" : "sums are wrong");
  process.exit(0);
})().catch((error) => { process.stdout.write(String(error.message)); process.exit(1); });`;

const present = new Set<string>();

/**
 * Undefined when the provider runs a model here; a provider that did is not asked again.
 * @param library the main file of onnxruntime-node
 */
export async function missingProvider(
  target: Target,
  constants: ConstantStorage = "float32",
  library = require.resolve("onnxruntime-node"),
): Promise<Missing | undefined> {
  const key = `${target} ${constants}`;
  if (target === "cpu" || present.has(key)) return undefined;
  const missing = await probe(target, constants, library);
  if (missing === undefined) present.add(key);
  return missing;
}

async function probe(target: Target, constants: ConstantStorage, library: string): Promise<Missing | undefined> {
  if (target === "cuda") {
    const folder = join(dirname(library), "..", "bin", "napi-v6", process.platform, process.arch);
    const name = process.platform === "win32" ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so";
    if (!existsSync(join(folder, name))) {
      return { reason: `${name} is not beside onnxruntime-node's library`, remedy: REMEDIES.cuda };
    }
  }
  const missing = target === "cuda" ? CUDA_LAID : REMEDIES[target];
  const remedy =
    constants === "float32" ? missing : `leave --base-precision float16 out, if ${target} works without it`;
  const unfolded = constants === "float32" ? "" : UNFOLDED.join(";");
  const model = probeModel(target, constants);
  const { code, output } = await runNode(PROBE, [library, model, target, `${PROBED}`, unfolded]);
  if (code === 0 && output === "sums are right") return undefined;
  if (constants === "float16" && /requires f16/.test(output)) {
    return { reason: "its device has no 16-bit floats", remedy };
  }
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
