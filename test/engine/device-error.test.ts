import { expect, test } from "vitest";
import { DeviceError, deviceError } from "../../src/engine/device-error.js";
import { EngineError, openEngine } from "../../src/engine/index.js";

test.each([
  ["webgpu", "Failed to run\nvalidation: Out of memory when allocating buffer of 4294967296 bytes", "memory"],
  [
    "webgpu",
    "WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.\n - While validating entries[1]",
    "memory",
  ],
  [
    "webgpu",
    "Non-zero status code returned while running Tile node. Status Message: Tile output tensor would require more than 4294967296 bytes, which exceeds the supported maximum of 4294967296 bytes.",
    "memory",
  ],
  ["webgpu", "WebGPU validation failed. [Device] is lost.\n - While calling [Device].CreateBuffer", "lost"],
  ["cuda", "CUDA error: cudaMalloc failed: out of memory", "memory"],
  ["cpu", "std::bad_alloc", "memory"],
  [
    "tfjs-node-gpu",
    "OOM when allocating tensor with shape[16,8,2048,2048] and type float on /job:localhost/replica:0/task:0/device:GPU:0",
    "memory",
  ],
  ["tfjs-node-gpu", "RESOURCE_EXHAUSTED: failed to copy: CUDA_ERROR_OUT_OF_MEMORY", "memory"],
  ["tfjs-node-gpu", "INTERNAL: failed to synchronize: CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure", "lost"],
  ["webgpu", "Dawn: Device lost: vkQueueSubmit failed with VK_ERROR_DEVICE_LOST", "lost"],
] as const)("%s: %s is one line that says what to do, and the run can be resumed", (engine, said, kind) => {
  const error = deviceError("sft/4x64", engine, new Error(said));
  expect(error).toMatchObject({ kind, exitCode: 70 });
  expect(error?.message).not.toContain("\n");
  expect(error?.message).toContain("sft/4x64");
  expect(error?.message).toMatch(
    kind === "lost" ? /--resume$/ : /lower batchPairs, .* in the suite(, or take --engine cpu)?$/,
  );
});

test("where memory lacks, the line says what was asked, what is there and what to lower", () => {
  const said = new Error("cudaMalloc failed: out of memory");
  const card = () => ", NVIDIA H200 (driver 570.86.15)";
  expect(deviceError("sft/4x64", "cuda", said, card)?.message).toBe(
    'sft/4x64: no memory left on the engine "cuda", NVIDIA H200 (driver 570.86.15) (cudaMalloc failed: out of memory); close what else uses the card, or lower batchPairs, rolloutReplies or the lengths in the suite, or take --engine cpu',
  );
  expect(deviceError("sft/4x64", "cpu", new Error("std::bad_alloc"))?.message).toMatch(
    /^sft\/4x64: no memory left on the engine "cpu", \d+\.\d GiB in all \(std::bad_alloc\); fewer --threads, or lower .* in the suite$/,
  );
});

test("another error stays what it was", () => {
  expect(deviceError("f", "webgpu", new Error("Non-zero status code: shapes do not match"))).toBeUndefined();
  const invalid = "WebGPU validation failed. [Invalid ShaderModule] is invalid due to a previous error.";
  expect(deviceError("f", "webgpu", new Error(invalid))).toBeUndefined();
});

test.each([
  ["OOM when allocating tensor with shape[16,2048]", DeviceError, /^loss: no memory left on the engine "tfjs-cpu"/],
  [
    "Could not find device for node: {{node Frobnicate}} = Frobnicate[T=DT_INT32]\nAll kernels registered for op Frobnicate:\n  a\n  b",
    EngineError,
    /^loss: the engine "tfjs-cpu" has no kernel for an op \(Could not find device for node: .*DT_INT32\]\)$/,
  ],
  ["shapes do not match", Error, /^shapes do not match$/],
] as const)("an op of an eager engine that fails with %j is said in one line", async (said, type, line) => {
  const engine = await openEngine("tfjs-cpu", { threads: 1 });
  const program = () => {
    throw new Error(said);
  };
  const executable = await engine.compile("loss", program, { inputs: {} });
  const error: unknown = await executable.run({}).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(type);
  expect(error).toHaveProperty("message", expect.stringMatching(line));
});
