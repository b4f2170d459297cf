import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, type TestContext, test } from "vitest";
import { addCudaProvider, CUDA_LIBRARIES } from "../../../src/engine/install/cuda-provider.js";
import { removeStored } from "../../../src/engine/install/store.js";
import { skipVisibly } from "../../skip.js";
import { scratch } from "./scratch.js";
import { zipOf } from "./zip-writer.js";

const NO_PYTHON = "#!/bin/sh\nexit 1";
const PROVIDERS = {
  "onnxruntime/capi/libonnxruntime_providers_cuda.so": "cuda",
  "onnxruntime/capi/libonnxruntime_providers_shared.so": "shared",
};
const wheel = (version: string, system = "manylinux_2_27_x86_64") =>
  `onnxruntime_gpu-${version}-cp311-cp311-${system}.whl`;

function place(files: Record<string, string | Buffer>, libraries: readonly string[] = CUDA_LIBRARIES) {
  const folder = scratch({
    "bin/python3": NO_PYTHON,
    "bin/python": NO_PYTHON,
    "package/package.json": '{ "version": "1.30.0" }',
    "package/bin/napi-v6/linux/x64/libonnxruntime.so.1": "",
    ...Object.fromEntries(libraries.map((name) => [`cuda/${name}`, ""])),
    ...files,
  });
  const at = (path: string) => join(folder, path);
  const env = {
    PATH: `${folder}/bin:/usr/bin:/bin`,
    MVA_BENCH_ENGINES: at("store"),
    LD_LIBRARY_PATH: at("cuda"),
  };
  return { at, env, options: { env, packageFolder: at("package") } };
}

const needsLinux = (ctx: TestContext) => {
  if (process.platform !== "linux" || process.arch !== "x64") skipVisibly(ctx, "the provider is for Linux x64");
};

test("the wheel of the same version is laid beside onnxruntime-node's library, CUDA linked in, and taken away again", async (ctx) => {
  needsLinux(ctx);
  const { at, env, options } = place({ [wheel("1.30.0")]: zipOf({ ...PROVIDERS, "onnxruntime/other.py": "" }) });
  const added = await addCudaProvider({ ...options, onnxruntime: at(wheel("1.30.0")) });
  const target = at("package/bin/napi-v6/linux/x64");
  expect(added.version).toBe("1.30.0");
  expect(readFileSync(join(target, "libonnxruntime_providers_cuda.so"), "utf8")).toBe("cuda");
  for (const name of CUDA_LIBRARIES) expect(readlinkSync(join(target, name))).toBe(at(`cuda/${name}`));
  expect(existsSync(at("store/onnxruntime-gpu-1.30.0/onnxruntime/other.py"))).toBe(false);
  removeStored("cuda", [], env);
  expect(added.laid.filter((path) => existsSync(path))).toEqual([]);
  expect(existsSync(join(target, "libonnxruntime.so.1"))).toBe(true);
  expect(existsSync(at("store/onnxruntime-gpu-1.30.0"))).toBe(false);
});

test("an environment that has it serves, with the CUDA that its packages bring", async (ctx) => {
  needsLinux(ctx);
  const site = "venv/lib/python3.11/site-packages";
  const { at, options } = place(
    {
      ...Object.fromEntries(Object.entries(PROVIDERS).map(([name, text]) => [`${site}/${name}`, text])),
      [`${site}/onnxruntime_gpu-1.30.0.dist-info/METADATA`]: "",
      ...Object.fromEntries(CUDA_LIBRARIES.slice(1).map((name) => [`${site}/nvidia/cu13/lib/${name}`, ""])),
      [`${site}/torch/lib/${CUDA_LIBRARIES[0]}`]: "",
    },
    [],
  );
  const { source } = await addCudaProvider({ ...options, onnxruntime: at("venv") });
  expect(source).toBe(at(`${site}/onnxruntime/capi`));
});

test("cuDNN's parts are linked too: it opens them in the folder that it is loaded from, the link's", async (ctx) => {
  needsLinux(ctx);
  const parts = ["libcudnn_graph.so.9", "libcudnn_engines_precompiled.so.9"];
  const { at, env, options } = place({
    [wheel("1.30.0")]: zipOf(PROVIDERS),
    ...Object.fromEntries([...parts, "libcudnn_graph.so.8", "libother.so.9"].map((name) => [`cuda/${name}`, ""])),
  });
  const { laid } = await addCudaProvider({ ...options, onnxruntime: at(wheel("1.30.0")) });
  const target = at("package/bin/napi-v6/linux/x64");
  for (const name of parts) expect(readlinkSync(join(target, name))).toBe(at(`cuda/${name}`));
  expect(laid.filter((path) => /libcudnn_|other/.test(path)).sort()).toEqual(
    parts.map((name) => join(target, name)).sort(),
  );
  removeStored("cuda", [], env);
  expect(readdirSync(target)).toEqual(["libonnxruntime.so.1"]);
});

test.each<[string, string, Record<string, string | Buffer>, readonly string[], RegExp]>([
  [
    "another version",
    wheel("1.29.0"),
    { [wheel("1.29.0")]: zipOf(PROVIDERS) },
    CUDA_LIBRARIES,
    /onnxruntime-gpu 1\.29\.0 does not fit onnxruntime-node 1\.30\.0: only the same version does/,
  ],
  [
    "an environment of another version",
    "venv",
    { "venv/lib/python3.11/site-packages/onnxruntime_gpu-1.31.0.dist-info/METADATA": "" },
    CUDA_LIBRARIES,
    /onnxruntime-gpu 1\.31\.0 does not fit onnxruntime-node 1\.30\.0/,
  ],
  [
    "the package without a GPU",
    "onnxruntime-1.30.0-cp311-cp311-manylinux_2_27_x86_64.whl",
    { "onnxruntime-1.30.0-cp311-cp311-manylinux_2_27_x86_64.whl": "" },
    CUDA_LIBRARIES,
    /is the package onnxruntime, not onnxruntime-gpu/,
  ],
  [
    "another system's wheel",
    wheel("1.30.0", "win_amd64"),
    { [wheel("1.30.0", "win_amd64")]: "" },
    CUDA_LIBRARIES,
    /is for win_amd64, this machine is linux x64/,
  ],
  [
    "a wheel without the libraries",
    wheel("1.30.0"),
    { [wheel("1.30.0")]: zipOf({ a: "" }) },
    CUDA_LIBRARIES,
    /holds no/,
  ],
  ["a path that is not there", "absent", {}, CUDA_LIBRARIES, /absent: no such file or folder; pip download/],
  ["a folder without it", "empty", { "empty/x": "" }, CUDA_LIBRARIES, /has no onnxruntime-gpu; name it with/],
  [
    "no CUDA",
    wheel("1.30.0"),
    { [wheel("1.30.0")]: zipOf(PROVIDERS) },
    CUDA_LIBRARIES.filter((name) => !/cudnn|curand/.test(name)),
    /^CUDA libraries not found: libcurand\.so\.10, libcudnn\.so\.9; install CUDA 13/,
  ],
])("%s is refused in one line before anything is laid", async (_, given, files, libraries, message) => {
  const { at, options } = place(files, libraries);
  const failed = addCudaProvider({ ...options, onnxruntime: at(given) });
  await expect(failed).rejects.toThrow(message);
  await expect(failed).rejects.toMatchObject({ exitCode: 2, message: expect.not.stringContaining("\n") });
  expect(existsSync(at("package/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so"))).toBe(false);
  expect(existsSync(at("store")) ? readdirSync(at("store")) : []).toEqual([]);
});
