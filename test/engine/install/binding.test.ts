import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { addBinding, restoreBinding } from "../../../src/engine/install/binding.js";
import { readManifest, removeStored, storeFolder, writeManifest } from "../../../src/engine/install/store.js";
import { CUDA_BUILD, scratch, tensorflowFiles } from "./scratch.js";
import { zipOf } from "./zip-writer.js";

/** A compiler that answers, and writes its arguments where its output should go. */
const COMPILER = `#!/bin/sh
[ "$1" = --version ] && exit 0
all="$*"
while [ $# -gt 0 ]; do [ "$1" = -o ] && out="$2"; shift; done
printf '%s' "$all" > "$out"`;
const FAILS = `#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "note: x" >&2; echo "a.cc:3: error: no type named y" >&2; exit 1`;
const NO_PYTHON = "#!/bin/sh\nexit 1";

function place(files: Record<string, string | Buffer> = {}, compiler = COMPILER) {
  const folder = scratch({
    "bin/c++": compiler,
    "bin/python3": NO_PYTHON,
    "bin/python": NO_PYTHON,
    "headers/node_api.h": "",
    "package/package.json": '{ "version": "4.22.0" }',
    "package/binding/tfjs_binding.cc": "",
    ...files,
  });
  const env = { PATH: `${folder}/bin:/usr/bin:/bin`, MVA_BENCH_ENGINES: join(folder, "store") };
  const at = (path: string) => join(folder, path);
  const options = { env, headers: at("headers"), packageFolder: at("package") };
  return { folder, env, at, options };
}

const WHEEL = "tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl";

test("a folder, an environment's folder and a wheel are all found, and the binding is laid where the package looks", async () => {
  const { at, options, env } = place({
    ...tensorflowFiles("plain/"),
    ...tensorflowFiles("venv/lib/python3.11/site-packages/tensorflow/"),
    "venv/lib/python3.11/site-packages/tensorflow_cpu-2.19.1.dist-info/METADATA": "",
    [WHEEL]: zipOf({
      ...tensorflowFiles("tensorflow/"),
      "tensorflow/python/huge.py": "not wanted",
      "tensorflow_cpu-2.21.0.dist-info/METADATA": "",
    }),
  });
  const laid = at("package/lib/napi-v8/tfjs_binding.node");
  for (const [given, version, root] of [
    ["plain", null, "plain"],
    ["venv", "2.19.1", "venv/lib/python3.11/site-packages/tensorflow"],
    [WHEEL, "2.21.0", "store/tensorflow-cpu-2.21.0/tensorflow"],
  ] as const) {
    const added = await addBinding("tfjs-node", { ...options, tensorflow: at(given) });
    expect(added).toEqual({ tensorflow: { root: at(root), version, cuda: null }, path: laid });
    const command = readFileSync(laid, "utf8");
    for (const part of ["tfjs_binding.cc", `-I${at("headers")}`, `-I${at(root)}/include`, `-Wl,-rpath,${at(root)}`]) {
      expect(command).toContain(part);
    }
  }
  expect(existsSync(at("store/tensorflow-cpu-2.21.0/tensorflow/python/huge.py"))).toBe(false);
  expect(readManifest("tfjs-node", env)).toMatchObject({ packageVersion: "4.22.0", version: "2.21.0", laid: [laid] });
  // Nothing given: what it was added with before.
  expect((await addBinding("tfjs-node", options)).tensorflow.version).toBe("2.21.0");

  expect(removeStored("tfjs-node", ["tfjs-node-gpu"], env)).toEqual([
    laid,
    at("store/tfjs-node"),
    at("store/tensorflow-cpu-2.21.0"),
  ]);
  expect(existsSync(laid)).toBe(false);
  expect(removeStored("tfjs-node", [], env)).toEqual([]);
});

test("an unpacked TensorFlow that another engine uses is left where it is", async () => {
  const { at, options, env } = place({
    [WHEEL]: zipOf({ ...tensorflowFiles("tensorflow/"), "tensorflow_cpu-2.21.0.dist-info/METADATA": "" }),
  });
  await addBinding("tfjs-node", { ...options, tensorflow: at(WHEEL) });
  const copy = readManifest("tfjs-node", env);
  if (copy !== undefined) writeManifest({ ...copy, engine: "tfjs-node-gpu" }, env);
  removeStored("tfjs-node", ["tfjs-node-gpu"], env);
  expect(existsSync(at("store/tensorflow-cpu-2.21.0/tensorflow"))).toBe(true);
});

test.each<[string, Record<string, string | Buffer>, string | undefined, RegExp]>([
  ["nothing named and no environment", {}, undefined, /^no TensorFlow in the active Python environment; name one with/],
  ["a path that is not there", {}, "absent", /absent: no such file or folder; name one with --tensorflow/],
  ["a folder without it", { "empty/x": "" }, "empty", /empty: holds no libtensorflow_cc\.so\.2/],
  [
    "another package's wheel",
    { "numpy-2.0-cp311-cp311-manylinux_2_27_x86_64.whl": "" },
    "numpy-2.0-cp311-cp311-manylinux_2_27_x86_64.whl",
    /is the package numpy, not tensorflow/,
  ],
  [
    "another system's wheel",
    { "tensorflow-2.21.0-cp311-cp311-win_amd64.whl": "" },
    "tensorflow-2.21.0-cp311-cp311-win_amd64.whl",
    /is for win_amd64, this machine is linux/,
  ],
  ["a wheel that was renamed", { "tf.whl": "" }, "tf.whl", /not a wheel's name/],
  ["a damaged wheel", { [WHEEL]: "PK" }, WHEEL, /cut short.*fetch it again/],
  ["a wheel without the library", { [WHEEL]: zipOf({ "tensorflow/x.py": "" }) }, WHEEL, /holds no libtensorflow_cc/],
])("wrong TensorFlow: %s is one line", async (_, files, given, message) => {
  const { at, options } = place(files);
  const failed = addBinding("tfjs-node", { ...options, tensorflow: given === undefined ? undefined : at(given) });
  await expect(failed).rejects.toThrow(message);
  await expect(failed).rejects.toMatchObject({ exitCode: 2, message: expect.not.stringContaining("\n") });
  expect(existsSync(at("store")) ? readdirSync(at("store")) : []).toEqual([]);
});

test("a wheel that an engine was not added from after all is not left unpacked; one that was unpacked before stays", async () => {
  const { at, options } = place({
    [WHEEL]: zipOf({ ...tensorflowFiles("tensorflow/"), "tensorflow_cpu-2.21.0.dist-info/METADATA": "" }),
    "fails/c++": FAILS,
    "nothing/x": "",
  });
  const env = { ...options.env, CXX: at("fails/c++") };
  const refused = () => addBinding("tfjs-node", { ...options, env, tensorflow: at(WHEEL) });
  await expect(refused()).rejects.toThrow(/could not build the binding/);
  expect(readdirSync(at("store"))).toEqual([]);
  await addBinding("tfjs-node", { ...options, tensorflow: at(WHEEL) });
  await expect(refused()).rejects.toThrow(/could not build the binding/);
  expect(existsSync(at("store/tensorflow-cpu-2.21.0/tensorflow"))).toBe(true);
});

test("what can be known before a wheel is unpacked is said before", async () => {
  const { at, options, env } = place({ [WHEEL]: "no wheel at all", "nothing/x": "" }, "#!/bin/sh\nexit 127");
  const path = { ...env, PATH: at("bin") };
  const add = (more: object) => addBinding("tfjs-node", { ...options, env: path, tensorflow: at(WHEEL), ...more });
  await expect(add({})).rejects.toThrow(/^no C\+\+ compiler/);
  await expect(add({ headers: at("nothing") })).rejects.toThrow(/holds no node_api\.h$/);
});

test("another TensorFlow takes the place of the one that was unpacked before, unless another engine uses that one", async () => {
  const older = WHEEL.replace("2.21.0", "2.20.0");
  const { at, options, env } = place({
    [older]: zipOf({ ...tensorflowFiles("tensorflow/"), "tensorflow_cpu-2.20.0.dist-info/METADATA": "" }),
    [WHEEL]: zipOf({ ...tensorflowFiles("tensorflow/"), "tensorflow_cpu-2.21.0.dist-info/METADATA": "" }),
  });
  const add = (wheel: string) => addBinding("tfjs-node", { ...options, tensorflow: at(wheel) });
  await add(older);
  await add(WHEEL);
  expect(readdirSync(at("store")).sort()).toEqual(["tensorflow-cpu-2.21.0", "tfjs-node"]);
  const held = readManifest("tfjs-node", env);
  if (held !== undefined) writeManifest({ ...held, engine: "tfjs-node-gpu" }, env);
  await add(older);
  expect(existsSync(at("store/tensorflow-cpu-2.21.0/tensorflow"))).toBe(true);
});

test("the active environment's TensorFlow is found without importing it", async () => {
  const { at, options } = place({ ...tensorflowFiles("site/tensorflow/") });
  const python = scratch({ "bin/python": `#!/bin/sh\nprintf '%s' "${at("site/tensorflow")}"` });
  const env = { ...options.env, VIRTUAL_ENV: python };
  expect((await addBinding("tfjs-node", { ...options, env })).tensorflow.root).toBe(at("site/tensorflow"));
});

test("no compiler, and a compiler that fails, are one line each", async () => {
  const none = place({ ...tensorflowFiles("tf/") }, "#!/bin/sh\nexit 127");
  const env = { ...none.env, PATH: `${none.folder}/bin`, CXX: "no-such-compiler" };
  await expect(addBinding("tfjs-node", { ...none.options, env, tensorflow: none.at("tf") })).rejects.toThrow(
    /^no C\+\+ compiler \(looked for no-such-compiler, c\+\+, g\+\+, clang\+\+\): install one/,
  );
  const broken = place({ ...tensorflowFiles("tf/") }, FAILS);
  await expect(addBinding("tfjs-node", { ...broken.options, tensorflow: broken.at("tf") })).rejects.toThrow(
    "c++ could not build the binding: a.cc:3: error: no type named y",
  );
  expect(existsSync(broken.at("package/lib"))).toBe(false);
});

test("tfjs-node-gpu refuses a TensorFlow for CPUs, and names the CUDA libraries that are missing", async () => {
  const cpu = place({ ...tensorflowFiles("tf/") });
  await expect(addBinding("tfjs-node-gpu", { ...cpu.options, tensorflow: cpu.at("tf") })).rejects.toThrow(
    /for CPUs; the engine tfjs-node-gpu needs the package tensorflow .* not tensorflow-cpu/,
  );
  const site = "venv/lib/python3.11/site-packages";
  const libraries = ["cuda_runtime/lib/libcudart.so.12", "cublas/lib/libcublas.so.12", "cublas/lib/libcublasLt.so.12"];
  const some = place({
    ...tensorflowFiles(`${site}/tensorflow/`, CUDA_BUILD),
    ...Object.fromEntries(libraries.map((name) => [`${site}/nvidia/${name}`, ""])),
  });
  await expect(addBinding("tfjs-node-gpu", { ...some.options, tensorflow: some.at("venv") })).rejects.toThrow(
    /^CUDA libraries not found: libcufft\.so\.11, libnvJitLink\.so\.12, libcusparse\.so\.12, libcusolver\.so\.11, libcudnn\.so\.9; install CUDA 12 and cuDNN 9/,
  );
});

test("tfjs-node-gpu is linked with the CUDA libraries of NVIDIA's wheels beside TensorFlow", async () => {
  const site = "venv/lib/python3.11/site-packages";
  const libraries = [
    "cuda_runtime/lib/libcudart.so.12",
    "cublas/lib/libcublas.so.12",
    "cublas/lib/libcublasLt.so.12",
    "cufft/lib/libcufft.so.11",
    "nvjitlink/lib/libnvJitLink.so.12",
    "cusparse/lib/libcusparse.so.12",
    "cusolver/lib/libcusolver.so.11",
    "cudnn/lib/libcudnn.so.9",
  ];
  const { at, options } = place({
    ...tensorflowFiles(`${site}/tensorflow/`, CUDA_BUILD),
    ...Object.fromEntries(libraries.map((name) => [`${site}/nvidia/${name}`, ""])),
  });
  const { tensorflow, path } = await addBinding("tfjs-node-gpu", { ...options, tensorflow: at("venv") });
  expect(tensorflow.cuda).toEqual({ cuda: "12.5.1", cudnn: "9" });
  const command = readFileSync(path, "utf8");
  expect(command.indexOf("-l:libcublasLt.so.12")).toBeLessThan(command.indexOf("-l:libcublas.so.12"));
  for (const part of ["-Wl,--no-as-needed", "-l:libcudnn.so.9", `-Wl,-rpath,${at(`${site}/nvidia/cudnn/lib`)}`]) {
    expect(command).toContain(part);
  }
});

test("no Node-API headers is one line", async () => {
  const { at, options } = place({ ...tensorflowFiles("tf/"), "nothing/x": "" });
  const headers = at("nothing");
  await expect(addBinding("tfjs-node", { ...options, headers, tensorflow: at("tf") })).rejects.toThrow(
    /nothing: holds no node_api\.h$/,
  );
});

test("the store follows MVA_BENCH_ENGINES, then XDG_DATA_HOME, then the home folder", () => {
  expect(storeFolder({ MVA_BENCH_ENGINES: "/a", XDG_DATA_HOME: "/b", HOME: "/c" })).toBe("/a");
  expect(storeFolder({ MVA_BENCH_ENGINES: "engines" })).toBe(resolve("engines"));
  expect(storeFolder({ XDG_DATA_HOME: "/b", HOME: "/c" })).toBe("/b/mva-bench/engines");
  expect(storeFolder({ HOME: "/c" })).toBe("/c/.local/share/mva-bench/engines");
});

test("restoring lays nothing where nothing was added", () => {
  const env = { MVA_BENCH_ENGINES: scratch() };
  expect(() => restoreBinding("tfjs-node", env)).not.toThrow();
  expect(readManifest("tfjs-node", env)).toBeUndefined();
});
