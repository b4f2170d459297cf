/**
 * How fast an engine trains and writes here, in the suite's own shapes: steps of DPO on made-up pairs, and replies of the
 * untrained base. For choosing an engine, not for reporting: a few steps, some seconds.
 */
import type { Engine } from "../engine/engine.js";
import type { DecoderConfig } from "../lm/config.js";
import { Generator } from "../lm/generate.js";
import { initWeights } from "../lm/init.js";
import { Tokenizer } from "../lm/tokenizer.js";
import type { TokenizerFiles } from "../lm/tokenizer-files.js";
import { ExecutableCache } from "../methods/executables.js";
import type { PreferenceSettings } from "../methods/method.js";
import { PairLogProbs } from "../methods/pair-log-probs.js";
import { runTask } from "../methods/run-task.js";
import type { PreferencePair, TaskEnv } from "../methods/task.js";

/** What is timed, as plain data. */
export interface SpeedShape {
  readonly config: DecoderConfig;
  readonly tokenizer: TokenizerFiles;
  readonly preference: PreferenceSettings;
  /** Tokens of a prompt and of each of its two replies. */
  readonly promptTokens: number;
  readonly replyTokens: number;
  /** Replies that are written together. */
  readonly replies: number;
}

export interface EngineSpeed {
  /** Tokens of pairs a second, both replies and the prompt once. */
  readonly trained: number;
  /** New tokens a second. */
  readonly written: number;
}

/** Timed steps, after one that compiles. */
const STEPS = 3;
const SEED = 1;
const VALUE = "speed";

/** @param clock seconds */
export async function measureSpeed(engine: Engine, shape: SpeedShape, clock: () => number): Promise<EngineSpeed> {
  const { config, tokenizer, preference, promptTokens, replyTokens } = shape;
  const tokens = (count: number, phase: number): Int32Array =>
    Int32Array.from({ length: count }, (_, i) => (7 * i + 13 * phase) % config.vocabSize);
  const pairs = Array.from(
    { length: preference.batchPairs },
    (_, i): PreferencePair => ({
      prompt: tokens(promptTokens, i),
      chosen: tokens(replyTokens, i + 1),
      rejected: tokens(replyTokens, i + 2),
    }),
  );
  const model = { config, weights: initWeights(config, SEED), tokenizer: new Tokenizer(tokenizer) };
  const executables = new ExecutableCache(engine);
  const env: TaskEnv = {
    engine,
    model,
    seed: SEED,
    pairs: { [VALUE]: pairs },
    prompts: [],
    executables,
    logProbs: new PairLogProbs(),
    artefact: async () => ({}),
  };
  const ends: number[] = [];
  const settings = { ...preference, maxSteps: 1 + STEPS };
  const task = { kind: "dpo", value: VALUE, settings, penalty: null } as const;
  const signal = new AbortController().signal;
  await runTask(task, Number.POSITIVE_INFINITY, env, {
    label: VALUE,
    signal,
    emit: (event) => {
      if (event.type === "task-step") ends.push(clock());
    },
  });
  await executables.dispose();
  const [first = 0, last = 0] = [ends[0], ends.at(-1)];
  const trained = (STEPS * pairs.length * (promptTokens + 2 * replyTokens)) / (last - first);

  const generator = new Generator(engine, model);
  const rows = Array.from({ length: shape.replies }, (_, i) => ({
    prompt: tokens(promptTokens, i),
    promptKey: `${i}`,
    sample: 0,
  }));
  const write = () =>
    generator.generate(rows, { maxNewTokens: replyTokens, temperature: 1, stopIds: [], seed: SEED, signal });
  await write();
  const started = clock();
  await write();
  const written = (rows.length * replyTokens) / (clock() - started);
  await generator.dispose();
  return { trained, written };
}
