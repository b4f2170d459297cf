/** The CUDA libraries that TensorFlow opens by name when it first meets a GPU, and where they are. */
import { dirname } from "node:path";
import { InstallError } from "./install-error.js";
import { activeSitePackages } from "./python.js";
import { locate, nvidiaFolders, systemFolders } from "./shared-libraries.js";
import type { Env } from "./store.js";
import type { TensorflowLibrary } from "./tensorflow.js";

/** By CUDA's major version; cuFFT, cuSOLVER and cuSPARSE count their own. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  12: [
    "libcudart.so.12",
    "libcublasLt.so.12",
    "libcublas.so.12",
    "libcufft.so.11",
    "libnvJitLink.so.12",
    "libcusparse.so.12",
    "libcusolver.so.11",
  ],
  13: [
    "libcudart.so.13",
    "libcublasLt.so.13",
    "libcublas.so.13",
    "libcufft.so.12",
    "libnvJitLink.so.13",
    "libcusparse.so.12",
    "libcusolver.so.12",
  ],
};

/**
 * Paths of the libraries to link against, dependencies first: what is loaded with the binding is found by name later. Those
 * that the loader finds by itself are left out.
 * @throws InstallError for a TensorFlow without CUDA, or when a library is missing.
 */
export function cudaLibraries(tensorflow: TensorflowLibrary, env: Env): string[] {
  const { cuda, root } = tensorflow;
  if (cuda === null) {
    throw new InstallError(
      `${root}: TensorFlow ${tensorflow.version ?? ""} for CPUs; the engine tfjs-node-gpu needs the package tensorflow (pip install "tensorflow[and-cuda]"), not tensorflow-cpu`,
    );
  }
  const major = cuda.cuda.split(".")[0] ?? "";
  const cudnn = cuda.cudnn.split(".")[0] ?? "9";
  const names = NAMES[major];
  if (names === undefined) {
    throw new InstallError(
      `${root}: built with CUDA ${cuda.cuda}; engines can be added for CUDA ${Object.keys(NAMES).join(" and ")}`,
    );
  }
  const folders = [
    ...nvidiaFolders(dirname(root)),
    ...activeSitePackages(env).flatMap(nvidiaFolders),
    ...systemFolders(env),
  ];
  const { found, missing } = locate([...names, `libcudnn.so.${cudnn}`], folders);
  if (missing.length > 0) {
    throw new InstallError(
      `CUDA libraries not found: ${missing.join(", ")}; install CUDA ${major} and cuDNN ${cudnn} (pip install "tensorflow[and-cuda]" brings them) or put their folders on LD_LIBRARY_PATH`,
    );
  }
  return [...found.values()].filter((path) => path !== null);
}
