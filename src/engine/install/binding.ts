/**
 * Compiles the native part of `@tensorflow/tfjs-node` (or `-gpu`) against a TensorFlow that is there, and lays it where the
 * package looks for it. The package's own installer would download TensorFlow 2.9.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { TfjsNodeId } from "../tfjs-node.js";
import { bindingPath } from "../tfjs-node.js";
import { cudaLibraries } from "./cuda-libraries.js";
import { InstallError } from "./install-error.js";
import { findNodeHeaders } from "./node-headers.js";
import type { Env } from "./store.js";
import { readManifest, removeReplaced, storeFolder, writeManifest } from "./store.js";
import { findTensorflow, LIBRARIES, type TensorflowLibrary } from "./tensorflow.js";
import { unpackedOnlyIfAdded } from "./wheel.js";

export interface BindingOptions {
  /** Folder, Python environment or wheel; absent: what the engine was added with before, else the active environment. */
  readonly tensorflow?: string | undefined;
  /** Folder of Node-API's headers. */
  readonly headers?: string | undefined;
  readonly env: Env;
  /** The package's folder; found where absent. */
  readonly packageFolder?: string;
}

export interface AddedBinding {
  readonly tensorflow: TensorflowLibrary;
  /** The binding, where the package looks for it. */
  readonly path: string;
}

/** Node-API's version that the binding is built for; the package looks in a folder named after it. */
const NAPI = 8;
export const BINDING = "tfjs_binding.node";

/** @throws InstallError in one line with what to do. */
export function addBinding(id: TfjsNodeId, options: BindingOptions): Promise<AddedBinding> {
  return unpackedOnlyIfAdded(options.tensorflow, options.env, () => buildBinding(id, options));
}

async function buildBinding(id: TfjsNodeId, options: BindingOptions): Promise<AddedBinding> {
  const { env } = options;
  if (process.platform !== "linux") throw new InstallError(`engine "${id}": can be added on Linux only`);
  const folder = options.packageFolder ?? packageFolder(id);
  const before = readManifest(id, env)?.source;
  const given = options.tensorflow ?? (before !== undefined && existsSync(before) ? before : undefined);
  // Before a wheel of nearly a gigabyte is unpacked.
  const headers = findNodeHeaders(options.headers, env);
  const compiler = findCompiler(env);
  const tensorflow = await findTensorflow(given, env);
  const cuda = id === "tfjs-node-gpu" ? cudaLibraries(tensorflow, env) : [];

  const work = mkdtempSync(join(tmpdir(), "mva-bench-binding-"));
  try {
    const built = join(work, BINDING);
    compile(compiler, compilerArguments(folder, headers, tensorflow, cuda, built), env);
    const stored = join(storeFolder(env), id, BINDING);
    mkdirSync(dirname(stored), { recursive: true });
    copyFileSync(built, stored);
    const path = lay(stored, folder);
    writeManifest(
      {
        engine: id,
        packageVersion: packageVersion(folder),
        version: tensorflow.version,
        source: tensorflow.root,
        laid: [path],
      },
      env,
    );
    removeReplaced(before, env);
    return { tensorflow, path };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Lays a binding that was added before and has gone from the package (reinstalled, say); nothing where there is none for this
 * version of the package, or where the package's folder cannot be written.
 */
export function restoreBinding(id: TfjsNodeId, env: Env): void {
  const manifest = readManifest(id, env);
  const path = bindingPath(id);
  const stored = join(storeFolder(env), id, BINDING);
  if (manifest === undefined || path === undefined || existsSync(path) || !existsSync(stored)) return;
  const folder = dirname(dirname(dirname(path)));
  if (manifest.packageVersion !== packageVersion(folder) || !existsSync(manifest.source)) return;
  try {
    lay(stored, folder);
  } catch {
    // What is missing is said by whoever needs it.
  }
}

function packageFolder(id: TfjsNodeId): string {
  const path = bindingPath(id);
  if (path === undefined) {
    throw new InstallError(`the optional package @tensorflow/${id} is not installed: npm install @tensorflow/${id}`);
  }
  return dirname(dirname(dirname(path)));
}

function packageVersion(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
}

/** Whole or not at all: another process may be loading it. */
function lay(binding: string, folder: string): string {
  const path = join(folder, "lib", `napi-v${NAPI}`, BINDING);
  const partial = `${path}.partial`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    copyFileSync(binding, partial);
    renameSync(partial, path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : error;
    throw new InstallError(
      `${dirname(path)}: cannot be written (${code}); run this as the user who installed mva-bench`,
    );
  }
  return path;
}

function findCompiler(env: Env): string {
  const asked = env.CXX !== undefined && env.CXX !== "" ? [env.CXX] : [];
  for (const compiler of [...asked, "c++", "g++", "clang++"]) {
    if (spawnSync(compiler, ["--version"], { env: { ...env }, stdio: "ignore" }).status === 0) return compiler;
  }
  const looked = [...asked, "c++", "g++", "clang++"].join(", ");
  throw new InstallError(
    `no C++ compiler (looked for ${looked}): install one (Debian: apt install g++) or name it in CXX`,
  );
}

function compilerArguments(
  folder: string,
  headers: string,
  { root }: TensorflowLibrary,
  cuda: readonly string[],
  output: string,
): string[] {
  const sources = join(folder, "binding");
  const libraries = [...cuda, ...LIBRARIES.map((name) => join(root, name))];
  const folders = [...new Set(libraries.map((path) => dirname(path)))];
  return [
    ...["-std=c++17", "-O2", "-fPIC", "-shared", "-w", "-DNODE_GYP_MODULE_NAME=tfjs_binding", `-DNAPI_VERSION=${NAPI}`],
    ...[headers, join(root, "include"), sources].map((include) => `-I${include}`),
    ...readdirSync(sources)
      .filter((name) => name.endsWith(".cc"))
      .map((name) => join(sources, name)),
    ...["-o", output],
    // CUDA's libraries are opened by name later: what the binding has brought along is then found.
    "-Wl,--no-as-needed",
    ...folders.flatMap((path) => [`-L${path}`, `-Wl,-rpath,${path}`]),
    ...libraries.map((path) => `-l:${basename(path)}`),
    "-Wl,--allow-shlib-undefined",
  ];
}

function compile(compiler: string, args: readonly string[], env: Env): void {
  const { status, stderr, error } = spawnSync(compiler, args, { encoding: "utf8", env: { ...env } });
  if (status === 0) return;
  const lines = (stderr ?? "").split("\n").filter((line) => line !== "");
  const line = lines.find((text) => /error|cannot find|not found/i.test(text)) ?? lines[0] ?? error?.message ?? "";
  throw new InstallError(`${compiler} could not build the binding: ${line.trim()}`);
}
