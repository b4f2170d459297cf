/** Node-API's headers, which a native module is compiled with: they come with most installations of Node.js. */
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { InstallError } from "./install-error.js";
import type { Env } from "./store.js";

const HEADER = "node_api.h";

/**
 * @param given a folder that holds `node_api.h`, or `include/node` or `include` with it
 * @throws InstallError when there are none
 */
export function findNodeHeaders(given: string | undefined, env: Env, node = process.execPath): string {
  const inside = (folder: string): string[] => [folder, join(folder, "include", "node"), join(folder, "include")];
  if (given !== undefined) {
    const folder = inside(resolve(given)).find(holds);
    if (folder === undefined) throw new InstallError(`${given}: holds no ${HEADER}`);
    return folder;
  }
  const known = [
    ...inside(join(dirname(node), "..")),
    ...(env.npm_config_nodedir === undefined ? [] : inside(env.npm_config_nodedir)),
    ...nodeGypFolders(env),
    "/usr/include/node",
    "/usr/include/nodejs/src",
    ...headersPackage(),
  ];
  const folder = known.find(holds);
  if (folder === undefined) {
    throw new InstallError(
      `Node-API's headers (${HEADER}) are not beside this Node.js; name their folder with --headers (npm pack node-api-headers brings them)`,
    );
  }
  return folder;
}

function holds(folder: string): boolean {
  return existsSync(join(folder, HEADER));
}

/** What node-gyp has fetched for this version. */
function nodeGypFolders(env: Env): string[] {
  const cache = join(env.HOME ?? homedir(), ".cache", "node-gyp");
  if (!existsSync(cache)) return [];
  return readdirSync(cache)
    .filter((version) => version === process.versions.node)
    .map((version) => join(cache, version, "include", "node"));
}

function headersPackage(): string[] {
  try {
    const require = createRequire(import.meta.url);
    return [join(dirname(require.resolve("node-api-headers/package.json")), "include")];
  } catch {
    return [];
  }
}
