/** Where a run takes place: versions, machine, commit, and the engine that is to be used. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "../data/errors.js";
import type { EngineId } from "../engine/engine.js";
import { graphicsCards } from "../engine/graphics-card.js";
import { storeFolder } from "../engine/install/store.js";
import type { AvailableEngine } from "../engine/probe.js";
import type { DecoderConfig } from "../lm/config.js";
import type { Tokenizer } from "../lm/tokenizer.js";
import type { RunDescription } from "./files/run-json.js";
import type { Suite } from "./suite.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Environment {
  readonly versions: RunDescription["versions"];
  readonly hardware: RunDescription["hardware"];
  readonly commit: string | null;
}

/** @param engine what a run computes on; absent: none is meant */
export function environment(engine?: Pick<AvailableEngine, "versions">): Environment {
  return {
    versions: {
      "mva-bench": packageVersion(),
      node: process.versions.node,
      ...libraryVersions(),
      ...engine?.versions,
    },
    hardware: {
      platform: `${process.platform} ${process.arch}`,
      cpu: cpus()[0]?.model.trim() ?? "unknown processor",
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      gpu: graphicsCards(),
    },
    commit: checkoutCommit(),
  };
}

export function hardwareText({ hardware }: Environment): string {
  const gib = Math.round((hardware.memoryBytes / 2 ** 30) * 10) / 10;
  const card = hardware.gpu === null ? "" : `, ${hardware.gpu}`;
  return `${hardware.cpu}, ${hardware.cores} cores, ${gib} GiB${card}, ${hardware.platform}`;
}

export function packageVersion(): string {
  return versionIn(join(root, "package.json"));
}

/**
 * The libraries whose version may change a number, as this package's own imports find them: in its `node_modules`, or in one
 * above it, where an installer put them.
 * @param from file or URL of a module whose imports are followed
 */
export function libraryVersions(from: string | URL = import.meta.url): Record<string, string> {
  const { resolve } = createRequire(from);
  const found: Record<string, string> = {};
  for (const name of ["onnxruntime-node", "@tensorflow/tfjs", "@huggingface/tokenizers", "pure-rand"]) {
    // Not resolve(`${name}/package.json`): a package may export less than that.
    const path = (resolve.paths(name) ?? [])
      .map((folder) => join(folder, name, "package.json"))
      .find((candidate) => existsSync(candidate));
    if (path !== undefined) found[name] = versionIn(path);
  }
  return found;
}

function versionIn(path: string): string {
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}

/** The commit of the checkout that runs, `null` for an installed package. */
function checkoutCommit(): string | null {
  if (!existsSync(join(root, ".git"))) return null;
  const { status, stdout } = spawnSync("git", ["-C", root, "rev-parse", "HEAD"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

/**
 * Tries an engine that was asked for by name, before anything is made for its run.
 * @throws InputError where it is not available here, with why not and what to do
 */
export async function requireEngine(wanted: EngineId): Promise<AvailableEngine> {
  const { probeEngine } = await import("../engine/index.js");
  const probe = await probeEngine(wanted);
  if (probe.available) return probe;
  throw new InputError(`engine "${wanted}" is not available here: ${probe.reason}; ${probe.remedy}`);
}

/** The fastest engine that works here, for this suite and model, and why. */
export async function fastestEngine(
  suite: Suite,
  model: { readonly config: DecoderConfig; readonly tokenizer: Tokenizer },
  threads: number,
  say: (line: string) => void,
): Promise<{ readonly probe: AvailableEngine; readonly why: string }> {
  const { probeEngines } = await import("../engine/index.js");
  const { chooseEngine, engineTimer, remembering, speedShape } = await import("./engine-choice.js");
  const probes = await probeEngines();
  const shape = speedShape(suite, model.config, model.tokenizer);
  const { versions, hardware } = environment();
  const host = { folder: storeFolder(process.env), versions, hardware };
  const time = remembering(engineTimer(shape, threads, say), host, shape, threads, probes);
  const { engine, why } = await chooseEngine(probes, time);
  const probe = probes.find((found): found is AvailableEngine => found.available && found.id === engine);
  if (probe === undefined) throw new Error(`${engine} was chosen, and is not here`);
  return { probe, why };
}

/** Shell words that make a run again. */
export function commandOf(run: {
  readonly suiteArgument: string;
  readonly data: string | null;
  readonly base: string | null;
  readonly reuse: string | null;
  readonly seeds: readonly number[];
  readonly engine: string;
  readonly threads: number;
  readonly budgetPer: string | null;
  readonly probes?: number;
  readonly basePrecision?: string;
  readonly batch?: number;
}): string[] {
  const flag = (name: string, value: string | number | null) => (value === null ? [] : [name, String(value)]);
  return [
    "mva-bench",
    "run",
    run.suiteArgument,
    ...flag("--data", run.data),
    ...flag("--base", run.base),
    ...flag("--base-precision", run.basePrecision ?? null),
    ...flag("--batch", run.batch ?? null),
    ...flag("--reuse", run.reuse),
    ...flag("--seeds", run.seeds.join(",")),
    ...flag("--engine", run.engine),
    ...flag("--threads", run.threads),
    ...flag("--budget-per", run.budgetPer),
    ...flag("--probes", run.probes ?? null),
  ];
}
