/**
 * Finds TensorFlow's C library and headers: in a folder, in the active Python environment, or in a wheel. Nothing is
 * downloaded and TensorFlow is not imported.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InstallError } from "./install-error.js";
import { pythonPackage } from "./python.js";
import type { Env } from "./store.js";
import { requirePlatform, unpackWheel, wheelFolder, wheelOf } from "./wheel.js";

export interface TensorflowLibrary {
  /** Holds `libtensorflow_cc.so.2`, `libtensorflow_framework.so.2` and `include/`. */
  readonly root: string;
  readonly version: string | null;
  /** CUDA's and cuDNN's versions that it was built with; `null` for a CPU build. */
  readonly cuda: { readonly cuda: string; readonly cudnn: string } | null;
}

export const LIBRARIES = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"] as const;
const HEADER = "include/tensorflow/c/c_api.h";
const WANTED = [
  /^tensorflow\/libtensorflow/,
  /^tensorflow\/include\/(tensorflow\/(c|core)|xla|tsl)\//,
  /^tensorflow\/python\/platform\/build_info\.py$/,
  /\.dist-info\/METADATA$/,
];
const TO_DO =
  "name one with --tensorflow (a folder, a Python environment, or a wheel from `pip download --no-deps tensorflow-cpu`)";

/**
 * @param given a folder or a wheel; the active Python environment where absent
 * @throws InstallError in one line with what to do
 */
export async function findTensorflow(given: string | undefined, env: Env): Promise<TensorflowLibrary> {
  if (given === undefined) {
    const active = pythonPackage("tensorflow", env);
    if (active === undefined || !isRoot(active))
      throw new InstallError(`no TensorFlow in the active Python environment; ${TO_DO}`);
    return examine(active);
  }
  const path = resolve(given);
  if (!existsSync(path)) throw new InstallError(`${given}: no such file or folder; ${TO_DO}`);
  if (!statSync(path).isDirectory()) return examine(await unpacked(path, env));
  const root = [path, ...sitePackages(path)].flatMap((folder) => [folder, join(folder, "tensorflow")]).find(isRoot);
  if (root === undefined) {
    throw new InstallError(
      `${given}: holds no ${LIBRARIES[0]} with ${HEADER} (nor does a Python environment in it); ${TO_DO}`,
    );
  }
  return examine(root);
}

function isRoot(folder: string): boolean {
  return [...LIBRARIES, HEADER].every((name) => existsSync(join(folder, name)));
}

/** `lib/python3.12/site-packages` of an environment's folder. */
function sitePackages(environment: string): string[] {
  const lib = join(environment, "lib");
  if (!existsSync(lib)) return [];
  return readdirSync(lib)
    .filter((name) => name.startsWith("python"))
    .map((name) => join(lib, name, "site-packages"));
}

async function unpacked(path: string, env: Env): Promise<string> {
  const wheel = wheelOf(path);
  if (!/^tensorflow(-cpu)?$/.test(wheel.name)) {
    throw new InstallError(`${path}: is the package ${wheel.name}, not tensorflow or tensorflow-cpu`);
  }
  requirePlatform(wheel);
  const folder = wheelFolder(wheel, env);
  await unpackWheel(wheel, folder, (name) => WANTED.some((pattern) => pattern.test(name)));
  const root = join(folder, "tensorflow");
  if (!isRoot(root))
    throw new InstallError(`${path}: holds no ${LIBRARIES[0]} with ${HEADER}: not a wheel of TensorFlow 2.16 or newer`);
  return root;
}

function examine(root: string): TensorflowLibrary {
  const info = join(root, "python", "platform", "build_info.py");
  const text = existsSync(info) ? readFileSync(info, "utf8") : "";
  const field = (name: string): string | undefined => new RegExp(`'${name}', '([^']*)'`).exec(text)?.[1];
  const cuda = /'is_cuda_build', True/.test(text)
    ? { cuda: field("cuda_version") ?? "unknown", cudnn: field("cudnn_version") ?? "unknown" }
    : null;
  return { root, version: versionBeside(root), cuda };
}

/** From the metadata that an installer leaves beside the package. */
function versionBeside(root: string): string | null {
  const names = readdirSync(dirname(root));
  for (const name of names) {
    const version = /^tensorflow(?:_cpu)?-([^-]+)\.dist-info$/.exec(name)?.[1];
    if (version !== undefined) return version;
  }
  return null;
}
