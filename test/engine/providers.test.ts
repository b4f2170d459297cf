import { join } from "node:path";
import { expect, test } from "vitest";
import { missingProvider } from "../../src/engine/providers.js";
import { scratch } from "./install/scratch.js";

const BINARIES = `bin/napi-v6/${process.platform}/${process.arch}`;
const LIBRARY = process.platform === "win32" ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so";

/** A package whose sessions fail with these words. */
const failing = (words: string, files: Record<string, string>) =>
  join(
    scratch({
      "dist/index.js": `exports.InferenceSession = { create: async () => { throw new Error(${JSON.stringify(words)}); } };`,
      ...files,
    }),
    "dist/index.js",
  );

test("where CUDA's provider is not laid, it is to be added", async () => {
  expect(await missingProvider("cuda", "float32", failing("never asked", {}))).toEqual({
    reason: `${LIBRARY} is not beside onnxruntime-node's library`,
    remedy: expect.stringMatching(/^add ONNX Runtime's CUDA libraries: mva-bench engine add cuda/),
  });
});

test("where it is laid and does not work, the card comes first: adding it again would end in the same line", async () => {
  const library = failing("CUDA failure 100: no CUDA-capable device is detected\nat somewhere.cc", {
    [`${BINARIES}/${LIBRARY}`]: "",
  });
  expect(await missingProvider("cuda", "float32", library)).toEqual({
    reason: "CUDA failure 100: no CUDA-capable device is detected",
    remedy: expect.stringMatching(/^nvidia-smi must list the card/),
  });
});
