/** A Python wheel as its file name describes it (PEP 427), and its files taken out. */
import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, isAbsolute, join, resolve } from "node:path";
import { InstallError } from "./install-error.js";
import type { Env } from "./store.js";
import { storeFolder } from "./store.js";
import { unpackEntry, zipEntries } from "./zip.js";

export interface Wheel {
  readonly path: string;
  /** With hyphens: `tensorflow-cpu`. */
  readonly name: string;
  readonly version: string;
  /** `manylinux_2_27_x86_64`. */
  readonly platform: string;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

/** @throws InstallError when the file's name is not a wheel's. */
export function wheelOf(path: string): Wheel {
  const parts = basename(path)
    .replace(/\.whl$/, "")
    .split("-");
  const [name, version] = parts;
  const platform = parts.at(-1);
  if (!path.endsWith(".whl") || parts.length < 5 || !name || !version || !platform) {
    throw new InstallError(
      `${path}: not a wheel's name; keep the name it came with (package-version-python-abi-system.whl)`,
    );
  }
  return { path, name: name.replaceAll("_", "-").toLowerCase(), version, platform };
}

/** @throws InstallError when the wheel's libraries are for another system. */
export function requirePlatform({ path, platform }: Wheel, system = process.platform, cpu = process.arch): void {
  const wanted = ARCHITECTURES[cpu] ?? cpu;
  if (system === "linux" && platform.includes("linux") && platform.endsWith(wanted)) return;
  throw new InstallError(
    `${path}: is for ${platform}, this machine is ${system} ${cpu}; engines are added on Linux only`,
  );
}

/** Where a wheel is unpacked to. */
export function wheelFolder({ name, version }: Wheel, env: Env): string {
  return join(storeFolder(env), `${name}-${version}`);
}

/**
 * Adds an engine from what was named. Where that fails and it is a wheel, what was unpacked of it now goes again: no manifest
 * names it, so that nothing else would ever take it away.
 */
export async function unpackedOnlyIfAdded<T>(given: string | undefined, env: Env, add: () => Promise<T>): Promise<T> {
  const isWheel = given?.endsWith(".whl") === true && statSync(given, { throwIfNoEntry: false })?.isFile() === true;
  const folder = isWheel ? wheelFolder(wheelOf(resolve(given)), env) : undefined;
  const fresh = folder !== undefined && !existsSync(join(folder, COMPLETE));
  try {
    return await add();
  } catch (error) {
    if (fresh) for (const path of [folder, partialOf(folder)]) rmSync(path, { recursive: true, force: true });
    throw error;
  }
}

function partialOf(folder: string): string {
  return `${folder}.partial`;
}

/** Written last: a folder without it was cut short. */
const COMPLETE = ".complete";

/**
 * Unpacks the entries that `wanted` names into `folder`, unless an earlier call has done so.
 * @throws InstallError when the wheel is damaged.
 */
export async function unpackWheel(wheel: Wheel, folder: string, wanted: (name: string) => boolean): Promise<void> {
  if (existsSync(join(folder, COMPLETE))) return;
  const entries = (await zipEntries(wheel.path)).filter(({ name }) => !name.endsWith("/") && wanted(name));
  const partial = partialOf(folder);
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  for (const entry of entries) {
    if (isAbsolute(entry.name) || entry.name.split("/").includes("..")) {
      throw new InstallError(`${wheel.path}: holds the name ${entry.name}, which leaves its folder: not unpacked`);
    }
    await unpackEntry(wheel.path, entry, join(partial, entry.name));
  }
  writeFileSync(join(partial, COMPLETE), "");
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
}
