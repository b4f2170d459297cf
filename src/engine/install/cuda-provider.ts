/**
 * Lays ONNX Runtime's CUDA provider beside `onnxruntime-node`'s own library. The npm package does not bring it; the Python
 * package `onnxruntime-gpu` of exactly the same version does, and only that one fits.
 */
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { InstallError } from "./install-error.js";
import { activeSitePackages } from "./python.js";
import { locate, nvidiaFolders, systemFolders } from "./shared-libraries.js";
import type { Env } from "./store.js";
import { readManifest, removeReplaced, writeManifest } from "./store.js";
import { requirePlatform, unpackedOnlyIfAdded, unpackWheel, wheelFolder, wheelOf } from "./wheel.js";

export interface CudaProviderOptions {
  /** The wheel, or a folder that holds the libraries or a Python environment; absent: the active environment. */
  readonly onnxruntime?: string | undefined;
  readonly env: Env;
  /** Folder of `onnxruntime-node`; found where absent. */
  readonly packageFolder?: string;
}

export interface AddedProvider {
  readonly version: string;
  /** Where the libraries were found. */
  readonly source: string;
  readonly laid: readonly string[];
}

const PROVIDERS = ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"] as const;

const CUDNN = "libcudnn.so.9";
/** What the provider of 1.30 is linked against. */
export const CUDA_LIBRARIES = [
  "libcudart.so.13",
  "libcublasLt.so.13",
  "libcublas.so.13",
  "libcufft.so.12",
  "libcurand.so.10",
  CUDNN,
] as const;

/** @throws InstallError in one line with what to do; a version that does not match is refused before anything is laid. */
export function addCudaProvider(options: CudaProviderOptions): Promise<AddedProvider> {
  return unpackedOnlyIfAdded(options.onnxruntime, options.env, () => layProvider(options));
}

async function layProvider(options: CudaProviderOptions): Promise<AddedProvider> {
  const { env } = options;
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new InstallError(
      `engine "cuda": can be added on Linux x64 only, this is ${process.platform} ${process.arch}`,
    );
  }
  const folder =
    options.packageFolder ?? dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  const wanted = (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
  const source = await findProvider(options.onnxruntime, wanted, env);
  const siteFolders = [dirname(dirname(source)), ...activeSitePackages(env)].flatMap(nvidiaFolders);
  const { found, missing } = locate(CUDA_LIBRARIES, [...siteFolders, ...systemFolders(env)]);
  if (missing.length > 0) {
    throw new InstallError(
      `CUDA libraries not found: ${missing.join(", ")}; install CUDA 13 with cuRAND and cuDNN 9 (a PyTorch for CUDA 13 or NVIDIA's wheels bring them) or put their folders on LD_LIBRARY_PATH`,
    );
  }
  const target = join(folder, "bin", "napi-v6", "linux", "x64");
  const laid: string[] = [];
  try {
    for (const name of PROVIDERS) {
      const path = join(target, name);
      copyFileSync(join(source, name), `${path}.partial`);
      renameSync(`${path}.partial`, path);
      laid.push(path);
    }
    // The provider looks for CUDA in its own folder: it is linked with an origin-relative path.
    for (const [name, path] of [...found, ...partsOfCudnn(found.get(CUDNN))]) {
      if (path === null) continue;
      const link = join(target, name);
      rmSync(link, { force: true });
      symlinkSync(path, link);
      laid.push(link);
    }
  } catch (error) {
    for (const path of laid) rmSync(path, { force: true });
    const code = error instanceof Error && "code" in error ? error.code : error;
    throw new InstallError(`${target}: cannot be written (${code}); run this as the user who installed mva-bench`);
  }
  const before = readManifest("cuda", env)?.source;
  writeManifest({ engine: "cuda", packageVersion: wanted, version: wanted, source, laid }, env);
  removeReplaced(before, env);
  return { version: wanted, source, laid };
}

/**
 * The libraries that cuDNN is made of, beside the one of its name. That one opens them in the folder that it was itself loaded from,
 * which is the link's and not its own: without links of theirs its first call ends the process.
 */
function partsOfCudnn(path: string | null | undefined): [string, string][] {
  if (path === null || path === undefined) return [];
  const folder = dirname(path);
  const names = readdirSync(folder).filter((name) => /^libcudnn_\w+\.so\.9$/.test(name));
  return names.map((name) => [name, join(folder, name)]);
}

/** The folder `onnxruntime/capi` that holds the libraries of version `wanted`. */
async function findProvider(given: string | undefined, wanted: string, env: Env): Promise<string> {
  const fetchIt = `pip download --no-deps onnxruntime-gpu==${wanted}`;
  if (given !== undefined && !existsSync(given)) throw new InstallError(`${given}: no such file or folder; ${fetchIt}`);
  if (given !== undefined && !statSync(given).isDirectory()) {
    const wheel = wheelOf(resolve(given));
    if (wheel.name !== "onnxruntime-gpu") {
      throw new InstallError(`${given}: is the package ${wheel.name}, not onnxruntime-gpu; ${fetchIt}`);
    }
    requireVersion(given, wheel.version, wanted);
    requirePlatform(wheel);
    const folder = wheelFolder(wheel, env);
    await unpackWheel(wheel, folder, (name) => PROVIDERS.some((library) => name.endsWith(`/${library}`)));
    return holding([join(folder, "onnxruntime", "capi")], given);
  }
  const roots =
    given === undefined ? activeSitePackages(env) : [resolve(given), ...environmentPackages(resolve(given))];
  for (const root of roots) {
    const version = installedVersion(root);
    if (version === undefined) continue;
    requireVersion(root, version, wanted);
    return holding([join(root, "onnxruntime", "capi")], root);
  }
  const where = given ?? "the active Python environment";
  throw new InstallError(
    `${where}: has no onnxruntime-gpu; name it with --onnxruntime (an environment, or the wheel from \`${fetchIt}\`)`,
  );
}

function requireVersion(where: string, found: string, wanted: string): void {
  if (found === wanted) return;
  throw new InstallError(
    `${where}: onnxruntime-gpu ${found} does not fit onnxruntime-node ${wanted}: only the same version does (pip download --no-deps onnxruntime-gpu==${wanted})`,
  );
}

function holding(folders: readonly string[], where: string): string {
  const folder = folders.find((candidate) => PROVIDERS.every((name) => existsSync(join(candidate, name))));
  if (folder === undefined) throw new InstallError(`${where}: holds no ${PROVIDERS.join(" and ")}: fetch it again`);
  return folder;
}

/** From the metadata that an installer leaves; a folder without it may be of any version. */
function installedVersion(sitePackages: string): string | undefined {
  if (!existsSync(sitePackages)) return undefined;
  for (const name of readdirSync(sitePackages)) {
    const version = /^onnxruntime_gpu-([^-]+)\.dist-info$/.exec(basename(name))?.[1];
    if (version !== undefined) return version;
  }
  return undefined;
}

function environmentPackages(environment: string): string[] {
  const lib = join(environment, "lib");
  if (!existsSync(lib)) return [];
  return readdirSync(lib)
    .filter((name) => name.startsWith("python"))
    .map((name) => join(lib, name, "site-packages"));
}
