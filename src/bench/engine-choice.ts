/**
 * The engine for `--engine auto`: of those that work here, the one that is fastest at what a run does, timed in the run's own
 * shapes (`engine-speed.ts`). Where only one works nothing is timed. What was found is kept, by machine and versions.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { EngineId } from "../engine/engine.js";
import type { EngineProbe } from "../engine/probe.js";
import { writeFileAtomic } from "../lm/atomic-file.js";
import type { DecoderConfig } from "../lm/config.js";
import type { Tokenizer } from "../lm/tokenizer.js";
import { contentKey } from "../methods/task.js";
import type { EngineSpeed, SpeedShape } from "./engine-speed.js";
import type { SpeedOrder } from "./engine-speed-process.js";
import { workersFor } from "./pool.js";
import type { Suite } from "./suite.js";

/** Why an engine has no figures, in a few words. */
export type SpeedOrReason = EngineSpeed | string;

export interface EngineChoice {
  readonly engine: EngineId;
  /** One line: what was chosen, and the figures or the reason. */
  readonly why: string;
}

/** How long one engine may take over its few steps. */
const LIMIT_MS = 120_000;

/** The oracle is for checking: plain JavaScript is never the fastest. */
export function candidatesFor(probes: readonly EngineProbe[]): EngineId[] {
  return probes.flatMap((probe) =>
    probe.available && probe.software === undefined && probe.id !== "tfjs-cpu" ? [probe.id] : [],
  );
}

export async function chooseEngine(
  probes: readonly EngineProbe[],
  time: (engine: EngineId) => Promise<SpeedOrReason>,
): Promise<EngineChoice> {
  const [only, ...others] = candidatesFor(probes);
  if (only === undefined) return { engine: "tfjs-cpu", why: "tfjs-cpu (chosen by auto: no other engine works here)" };
  if (others.length === 0) return { engine: only, why: `${only} (chosen by auto: ${whyAlone(only, probes)})` };
  const found: { engine: EngineId; speed: SpeedOrReason }[] = [];
  for (const engine of [only, ...others]) found.push({ engine, speed: await time(engine) });
  const timed = found.flatMap(({ engine, speed }) => (typeof speed === "string" ? [] : [{ engine, ...speed }]));
  const best = timed.toSorted((a, b) => secondsOf(a) - secondsOf(b))[0]?.engine ?? only;
  const figures = found.map(({ engine, speed }) => `${engine} ${textOf(speed)}`).join(", ");
  return { engine: best, why: `${best} (chosen by auto, the fastest here; tokens/s trained and written: ${figures})` };
}

/** A run trains and writes: the time to train on one token and to write one. */
function secondsOf({ trained, written }: EngineSpeed): number {
  return 1 / trained + 1 / written;
}

function textOf(speed: SpeedOrReason): string {
  if (typeof speed === "string") return speed;
  const round = (rate: number) => Number(rate.toPrecision(2)).toLocaleString("en");
  return `${round(speed.trained)} and ${round(speed.written)}`;
}

function whyAlone(only: EngineId, probes: readonly EngineProbe[]): string {
  const webgpu = probes.find(({ id }) => id === "webgpu");
  if (webgpu?.available === true && webgpu.software !== undefined) {
    return `webgpu's adapter is a driver in software, ${webgpu.software}`;
  }
  if (only !== "cpu") return "the only engine that works here; mva-bench doctor says why";
  return "no GPU engine is available here; mva-bench doctor says why";
}

/** The suite's own model, batch and lengths, at a few steps. */
export function speedShape(suite: Suite, config: DecoderConfig, tokenizer: Tokenizer): SpeedShape {
  const half = (tokens: number) => Math.ceil(tokens / 2);
  return {
    config,
    tokenizer: tokenizer.files,
    preference: suite.settings.preference,
    promptTokens: half(suite.data.maxPromptTokens),
    replyTokens: Math.min(half(suite.data.maxReplyTokens), half(suite.evaluation.maxNewTokens)),
    replies: Math.min(128, suite.evaluation.testPrompts * suite.evaluation.samples),
  };
}

/**
 * Times engines in processes of their own, at one worker a thread where the run has so many.
 * @param say told one line before the first
 */
export function engineTimer(
  shape: SpeedShape,
  threads: number,
  say: (line: string) => void,
): (engine: EngineId) => Promise<SpeedOrReason> {
  let said = false;
  return (engine) => {
    if (!said) say("timing the engines that work here, once for this machine and suite: some seconds each");
    said = true;
    const order: SpeedOrder = { engine, workers: workersFor(engine, threads), shape };
    return new Promise((resolve) => {
      const script = fileURLToPath(new URL("./engine-speed-process.js", import.meta.url));
      const child = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "pipe"], timeout: LIMIT_MS });
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
      // What a driver complains of is not what this line is about, but a full pipe would stop it.
      child.stderr.resume();
      child.stdin.on("error", () => {});
      child.on("error", (error) => resolve(`was not timed (${error.message})`));
      child.on("close", (code, signal) => {
        const speed = code === 0 ? parseSpeed(output) : undefined;
        const limit = `took more than ${LIMIT_MS / 1000} s`;
        resolve(speed ?? (signal === null ? `failed (exit code ${code})` : limit));
      });
      child.stdin.end(JSON.stringify(order));
    });
  };
}

const speedSchema = z.object({ trained: z.number().positive(), written: z.number().positive() });
const storeSchema = z.record(z.string(), speedSchema);

function parseSpeed(text: string): EngineSpeed | undefined {
  try {
    return speedSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** What figures depend on beside the shape: the machine, and what runs on it. */
export interface SpeedHost {
  readonly folder: string;
  readonly versions: unknown;
  readonly hardware: unknown;
}

/** The same, asked once a machine: figures are kept in `<folder>/speeds.json`. Failures are not kept. */
export function remembering(
  time: (engine: EngineId) => Promise<SpeedOrReason>,
  { folder, ...host }: SpeedHost,
  shape: SpeedShape,
  threads: number,
  probes: readonly EngineProbe[],
): (engine: EngineId) => Promise<SpeedOrReason> {
  const path = join(folder, "speeds.json");
  return async (engine) => {
    const probe = probes.find(({ id }) => id === engine)?.description;
    const { tokenizer: _, ...sizes } = shape;
    const key = contentKey({ engine, probe, host, name: hostname(), sizes, threads });
    const known = readSpeeds(path)[key];
    if (known !== undefined) return known;
    const speed = await time(engine);
    if (typeof speed === "string") return speed;
    try {
      mkdirSync(folder, { recursive: true });
      writeFileAtomic(path, `${JSON.stringify({ ...readSpeeds(path), [key]: speed }, null, 2)}\n`);
    } catch {
      // A home that cannot be written to: timed again next time.
    }
    return speed;
  };
}

function readSpeeds(path: string): Record<string, EngineSpeed> {
  try {
    return storeSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return {};
  }
}
