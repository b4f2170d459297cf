import { expect, test } from "vitest";
import { deviceError } from "../../src/engine/compiled/device-error.js";

test.each([
  ["webgpu", "Failed to run\nvalidation: Out of memory when allocating buffer of 4294967296 bytes", "memory"],
  ["cuda", "CUDA error: cudaMalloc failed: out of memory", "memory"],
  ["cpu", "std::bad_alloc", "memory"],
  ["webgpu", "Dawn: Device lost: vkQueueSubmit failed with VK_ERROR_DEVICE_LOST", "lost"],
] as const)("%s: %s is one line that says what to do, and the run can be resumed", (target, said, kind) => {
  const error = deviceError("sft/4x64", target, new Error(said));
  expect(error).toMatchObject({ kind, exitCode: 70 });
  expect(error?.message).not.toContain("\n");
  expect(error?.message).toContain("sft/4x64");
  expect(error?.message).toMatch(kind === "lost" ? /--resume$/ : /lower batchPairs, .* or take --engine cpu$/);
});

test("another error stays what it was", () => {
  expect(deviceError("f", "webgpu", new Error("Non-zero status code: shapes do not match"))).toBeUndefined();
});
