/**
 * Whether WebGPU's adapter here is a Vulkan driver in software: right to check an engine with, and slower than the engine
 * `cpu` by far. ONNX Runtime does not say which adapter it took, so the machine is asked: on Linux, for a card's device files
 * and for the drivers that the Vulkan loader will find.
 */
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import type { Env } from "./install/store.js";

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Env;
  /** Names in a folder; none where there is no such folder. */
  readonly list: (folder: string) => readonly string[];
}

export const thisMachine: Machine = {
  platform: process.platform,
  env: process.env,
  list: (folder) => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
};

const DRIVER_FOLDERS = [
  "/etc/vulkan/icd.d",
  "/usr/share/vulkan/icd.d",
  "/usr/local/etc/vulkan/icd.d",
  "/usr/local/share/vulkan/icd.d",
];
const SOFTWARE = /lvp|lavapipe|llvmpipe|swiftshader|swrast|softpipe|mock/i;

/** Why an adapter that answers here can only be software; undefined where a card may be behind it. */
export function softwareAdapter({ platform, env, list }: Machine): string | undefined {
  // Metal and Direct3D are there with a card; other systems are not known well enough to say no.
  if (platform !== "linux") return undefined;
  const card = list("/dev").some((name) => /^nvidia\d+$|^dxg$/.test(name)) || list("/dev/dri").some(isRenderNode);
  if (!card) return "no graphics card in /dev";
  const drivers = vulkanDrivers({ platform, env, list });
  if (drivers.length > 0 && drivers.every((name) => SOFTWARE.test(name))) {
    return `the only Vulkan driver is ${drivers.join(", ")}`;
  }
  return undefined;
}

/** The Vulkan drivers that the loader will find, by the names of their descriptions; Linux only. */
export function vulkanDrivers({ platform, env, list }: Machine): string[] {
  if (platform !== "linux") return [];
  return namedDrivers(env)?.map((path) => basename(path)) ?? DRIVER_FOLDERS.flatMap(list);
}

function isRenderNode(name: string): boolean {
  return /^renderD\d+$/.test(name);
}

/** What the loader is told to use instead of what is installed. */
function namedDrivers(env: Env): string[] | undefined {
  const named = env.VK_DRIVER_FILES ?? env.VK_ICD_FILENAMES;
  return named === undefined || named === "" ? undefined : named.split(":").filter((path) => path !== "");
}
