/** Finds shared libraries by name: where a package brings them, on the library path, and where the system keeps them. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Env } from "./store.js";

/** CUDA's libraries in a Python environment's packages: NVIDIA's own wheels (`nvidia/<part>/lib`), and PyTorch's. */
export function nvidiaFolders(sitePackages: string): string[] {
  const nvidia = join(sitePackages, "nvidia");
  const parts = existsSync(nvidia) ? readdirSync(nvidia).map((part) => join(nvidia, part, "lib")) : [];
  return [...parts, join(sitePackages, "torch", "lib")].filter((folder) => existsSync(folder));
}

/** Folders of the library path and of CUDA's usual places. */
export function systemFolders(env: Env): string[] {
  const path = (env.LD_LIBRARY_PATH ?? "").split(":").filter((folder) => folder !== "");
  const home = env.CUDA_HOME ?? env.CUDA_PATH;
  return [
    ...path,
    ...(home === undefined ? [] : [join(home, "lib64")]),
    "/usr/local/cuda/lib64",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib64",
  ].filter((folder) => existsSync(folder));
}

/**
 * The path of each library, `null` for one that the loader finds by itself.
 * @returns the names that nobody has, beside those found
 */
export function locate(
  names: readonly string[],
  folders: readonly string[],
): { found: Map<string, string | null>; missing: string[] } {
  const found = new Map<string, string | null>();
  const missing: string[] = [];
  let cache: string | undefined;
  for (const name of names) {
    const folder = folders.find((candidate) => existsSync(join(candidate, name)));
    if (folder !== undefined) {
      found.set(name, join(folder, name));
      continue;
    }
    cache ??= loaderCache();
    if (cache.includes(`\t${name} `)) found.set(name, null);
    else missing.push(name);
  }
  return { found, missing };
}

function loaderCache(): string {
  for (const command of ["ldconfig", "/sbin/ldconfig"]) {
    const { status, stdout } = spawnSync(command, ["-p"], { encoding: "utf8" });
    if (status === 0) return stdout;
  }
  return "";
}
