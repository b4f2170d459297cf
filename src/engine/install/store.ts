/**
 * Where added engines live: outside of any `node_modules`, so that reinstalling packages does not lose them. One folder an
 * engine with a manifest, and one for each unpacked TensorFlow.
 *
 *     <store>/tfjs-node/{manifest.json,tfjs_binding.node}
 *     <store>/cuda/{manifest.json,…}
 *     <store>/tensorflow-cpu-2.21.0/tensorflow/…
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ADDABLE } from "./addable.js";

export type Env = Readonly<Record<string, string | undefined>>;

/** `MVA_BENCH_ENGINES`, else `mva-bench/engines` in the user's data folder (XDG). */
export function storeFolder(env: Env): string {
  // The binding remembers where TensorFlow lies: a relative path would hold in one working folder only.
  if (env.MVA_BENCH_ENGINES !== undefined && env.MVA_BENCH_ENGINES !== "") return resolve(env.MVA_BENCH_ENGINES);
  const data = env.XDG_DATA_HOME !== undefined && env.XDG_DATA_HOME !== "" ? env.XDG_DATA_HOME : undefined;
  return join(data ?? join(env.HOME ?? home(), ".local", "share"), "mva-bench", "engines");
}

/** In a container a process may run as a user whom nobody has named, who has no home. */
function home(): string {
  try {
    return homedir();
  } catch {
    return tmpdir();
  }
}

/** What was added, and of which parts it was made. */
export interface Manifest {
  readonly engine: string;
  /** Version of the npm package that the files are for. */
  readonly packageVersion: string;
  /** Version of what the files come from: TensorFlow, or onnxruntime-gpu. */
  readonly version: string | null;
  /** Folder of the libraries that are loaded from where they are. */
  readonly source: string;
  /** Files laid outside the store. */
  readonly laid: readonly string[];
}

export function readManifest(engine: string, env: Env): Manifest | undefined {
  const path = join(storeFolder(env), engine, "manifest.json");
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Manifest;
  } catch {
    // Cut short: as if it had not been added.
    return undefined;
  }
}

export function writeManifest(manifest: Manifest, env: Env): void {
  const folder = join(storeFolder(env), manifest.engine);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Takes an engine's files away, with an unpacked TensorFlow that no other one uses; returns what was taken. */
export function removeStored(engine: string, others: readonly string[], env: Env): string[] {
  const manifest = readManifest(engine, env);
  const store = storeFolder(env);
  const folder = join(store, engine);
  const gone: string[] = [];
  const take = (path: string): void => {
    if (!existsSync(path)) return;
    rmSync(path, { recursive: true, force: true });
    gone.push(path);
  };
  for (const path of manifest?.laid ?? []) take(path);
  take(folder);
  const unpacked = unpackedFor(manifest?.source, others, env);
  if (unpacked !== undefined) take(unpacked);
  return gone;
}

/** Takes away what was unpacked for an engine that has since been added from something else, unless another one uses it. */
export function removeReplaced(source: string | undefined, env: Env): void {
  const unpacked = unpackedFor(source, ADDABLE, env);
  if (unpacked !== undefined) rmSync(unpacked, { recursive: true, force: true });
}

/** The store's folder that holds `source`; undefined where it lies elsewhere, or one of `engines` is made of it. */
function unpackedFor(source: string | undefined, engines: readonly string[], env: Env): string | undefined {
  const store = storeFolder(env);
  if (source === undefined || !source.startsWith(`${store}/`)) return undefined;
  if (engines.some((engine) => readManifest(engine, env)?.source === source)) return undefined;
  const [first = ""] = source.slice(store.length + 1).split("/");
  return join(store, first);
}
