/**
 * Holds an engine against another one on what a run consists of: the losses of the first steps of SFT, DPO, MVA and PPO from
 * one seed on the same batches, and greedy replies from one checkpoint.
 *
 * The base is the smoke suite's; its sizes are small, so that this takes seconds on a processor. For drivers in software, which
 * take a second for what a card does in a millisecond, there is a smaller one on fewer pairs.
 */
import type { Engine, TensorMap } from "../engine/index.js";
import { initAdapter } from "../lm/adapters.js";
import { Generator } from "../lm/generate.js";
import { initWeights } from "../lm/init.js";
import { Ledger } from "../methods/budget.js";
import { ExecutableCache } from "../methods/executables.js";
import { initialOptimizerState } from "../methods/optimizer.js";
import { PairLogProbs } from "../methods/pair-log-probs.js";
import { layoutOf, packParameters } from "../methods/parameters.js";
import type { PpoTask } from "../methods/ppo.js";
import { initValueHead } from "../methods/ppo-program.js";
import type { Rollout } from "../methods/ppo-rewards.js";
import type { Judged } from "../methods/ppo-update.js";
import { readReplies, updatePolicy } from "../methods/ppo-update.js";
import { runTask } from "../methods/run-task.js";
import { SFT_WEIGHTS } from "../methods/sft.js";
import type { ArtefactRef, PreferencePair, Task, TaskEnv, TaskOutput } from "../methods/task.js";
import { ADAPTER } from "../methods/task.js";
import { mean } from "../metrics/index.js";
import { scratchConfig } from "./job-runner.js";
import { type PreparedData, prepareData, trainTokenizer } from "./prepare.js";
import { loadSuite, type Suite } from "./suite.js";
import { readSuiteData } from "./suite-data.js";

/** Largest relative difference of a step's loss that is agreement. */
export const LOSS_TOLERANCE = 1e-3;
/** Least share of prompts with the same greedy reply that is agreement. */
export const EQUAL_TEXTS = 0.99;

export type Training = "sft" | "dpo" | "mva" | "ppo";

export interface LossAgreement {
  readonly training: Training;
  readonly steps: number;
  /** Largest |a − b| of a step's loss over max(|b|, mean |b|). */
  readonly worst: number;
  /** Of the worst step, from 1. */
  readonly step: number;
}

export interface EngineVerdict {
  readonly losses: readonly LossAgreement[];
  readonly greedy: { readonly prompts: number; readonly equal: number };
  readonly agrees: boolean;
}

export interface Verification {
  readonly scale: VerificationScale;
  readonly steps: number;
  readonly prompts: number;
  readonly newTokens: number;
  readonly signal: AbortSignal;
  /** Called when a part begins. */
  readonly onPart?: (part: Training | "greedy") => void;
}

export type VerificationScale = "suite" | "small";

export const VERIFICATION: Record<VerificationScale, Omit<Verification, "signal" | "onPart">> = {
  suite: { scale: "suite", steps: 50, prompts: 100, newTokens: 24 },
  small: { scale: "small", steps: 50, prompts: 100, newTokens: 8 },
};

export async function verifyEngine(
  engine: Engine,
  reference: Engine,
  { scale, steps, prompts, newTokens, signal, onPart }: Verification,
): Promise<EngineVerdict> {
  const ground = await commonGround(scale, signal);
  const sides = [new Side(reference, ground, steps, signal), new Side(engine, ground, steps, signal)] as const;
  const losses: LossAgreement[] = [];
  const both = async (training: Training, of: (side: Side) => Promise<readonly number[]>): Promise<void> => {
    onPart?.(training);
    const expected = await of(sides[0]);
    losses.push({ training, steps: expected.length, ...worstStep(await of(sides[1]), expected) });
  };
  try {
    await both("sft", (side) => side.sft());
    // One checkpoint for everything that follows: the reference's.
    for (const side of sides) side.base = sides[0].trained;
    await both("dpo", (side) => side.dpo());
    const { vector } = sides[0];
    await both("mva", (side) => side.mva(vector));
    const batch = await sides[0].fixedBatch();
    await both("ppo", (side) => side.ppo(batch));
    onPart?.("greedy");
    const [expected, got] = [await sides[0].greedy(prompts, newTokens), await sides[1].greedy(prompts, newTokens)];
    const equal = expected.filter((text, i) => text === got[i]).length;
    const greedy = { prompts: expected.length, equal };
    const agrees = losses.every(({ worst }) => worst <= LOSS_TOLERANCE) && equal >= EQUAL_TEXTS * expected.length;
    return { losses, greedy, agrees };
  } finally {
    for (const side of sides) await side.dispose();
  }
}

/** A loss near zero (PPO's) is held to the mean size of the curve. */
export function worstStep(got: readonly number[], expected: readonly number[]): { worst: number; step: number } {
  const size = mean(expected.map(Math.abs));
  let found = { worst: got.length === expected.length ? 0 : Number.POSITIVE_INFINITY, step: 0 };
  for (const [i, loss] of expected.entries()) {
    const difference = Math.abs((got[i] ?? Number.NaN) - loss) / Math.max(Math.abs(loss), size);
    if (!(difference <= found.worst)) {
      found = { worst: Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference, step: i + 1 };
    }
  }
  return found;
}

interface Ground {
  readonly suite: Suite;
  readonly data: PreparedData;
  readonly model: TaskEnv["model"];
}

/** One layer, 16 wide. */
function small({ base, data, ...suite }: Suite): Suite {
  return {
    ...suite,
    // Of 300 tokens texts are spelt in more of them; what is left is cut.
    data: { ...data, maxPromptTokens: 60, maxReplyTokens: 90 },
    base: { ...base, vocabSize: 300, hiddenSize: 16, layers: 1, heads: 2, kvHeads: 1, intermediateSize: 24 },
  };
}

/** Two batches of pairs a value, cut to a few tokens: little to compute, and one shape to compile. */
function fewPairs(data: PreparedData): PreparedData {
  const cut = ({ prompt, chosen, rejected }: PreferencePair): PreferencePair => ({
    prompt: prompt.slice(0, CUT_TOKENS),
    chosen: chosen.slice(0, CUT_TOKENS),
    rejected: rejected.slice(0, CUT_TOKENS),
  });
  const train = Object.entries(data.pairs.train).map(
    ([value, pairs]) => [value, pairs.slice(0, 2 * PAIRS).map(cut)] as const,
  );
  return { ...data, pairs: { ...data.pairs, train: Object.fromEntries(train) } };
}

async function commonGround(scale: VerificationScale, signal: AbortSignal): Promise<Ground> {
  const shipped = loadSuite("smoke");
  const suite = scale === "small" ? small(shipped) : shipped;
  const { pairs, prompts } = await readSuiteData(suite, undefined);
  const tokenizer = await trainTokenizer(pairs, suite, signal);
  const data = await prepareData(pairs, prompts, suite, tokenizer, signal);
  const config = scratchConfig(suite, tokenizer);
  return {
    suite,
    data: scale === "small" ? fewPairs(data) : data,
    model: { config, weights: initWeights(config, suite.base.seed), tokenizer },
  };
}

const SEED = 1;
/** A step's batch: as small as plain JavaScript and software drivers need it. */
const PAIRS = 4;
const REPLIES = 4;
/** Of a prompt and of a reply, at the small scale. */
const CUT_TOKENS = 10;

class Side {
  base: TensorMap;
  trained: TensorMap = {};
  vector: TensorMap = {};
  readonly #programs: ExecutableCache;

  constructor(
    readonly engine: Engine,
    readonly ground: Ground,
    readonly steps: number,
    readonly signal: AbortSignal,
  ) {
    this.base = ground.model.weights;
    this.#programs = new ExecutableCache(engine);
  }

  async sft(): Promise<number[]> {
    const { suite } = this.ground;
    const settings = { ...suite.base.sft, batchPairs: PAIRS, maxSteps: this.steps };
    const output = await this.#run({ kind: "sft", values: suite.values.map(({ name }) => name), settings });
    this.trained = output.artefacts[SFT_WEIGHTS] ?? {};
    return lossesOf(output);
  }

  async dpo(): Promise<number[]> {
    const output = await this.#run(this.#preference(0, null));
    this.vector = output.artefacts[ADAPTER] ?? {};
    return lossesOf(output);
  }

  /** The second value's vector, held away from the first's. */
  async mva(frozen: TensorMap): Promise<number[]> {
    const ref = { task: "verification", name: ADAPTER };
    const { penalty: kind, alpha } = this.ground.suite.settings.mva;
    return lossesOf(await this.#run(this.#preference(1, { kind, alpha, frozen: [ref] }), () => frozen));
  }

  /** Replies of the data as if the policy had sampled them, with made-up advantages. */
  async fixedBatch(): Promise<Judged[]> {
    const { data, suite } = this.ground;
    const pairs = (data.pairs.train[suite.values[0]?.name ?? ""] ?? []).slice(0, REPLIES);
    const rollouts: Rollout[] = pairs.map(({ prompt, chosen }) => ({
      prompt: { text: "", tokens: prompt, key: "" },
      response: chosen,
      ended: true,
      logProbs: [],
    }));
    const seen = await readReplies(rollouts, this.#env(), this.#ppoTask().settings);
    return rollouts.map((rollout, i) => {
      const { baseLogProbs = new Float32Array(), features = new Float32Array() } = seen[i] ?? {};
      const pattern = (phase: number) => Float64Array.from(baseLogProbs, (_, t) => Math.cos(3 * i + t + phase));
      return { rollout: { ...rollout, logProbs: baseLogProbs }, features, advantages: pattern(0), returns: pattern(1) };
    });
  }

  async ppo(batch: readonly Judged[]): Promise<number[]> {
    const task = this.#ppoTask();
    const { config } = this.ground.model;
    const initial = { ...initAdapter(config, task.adapter, SEED).tensors, ...initValueHead(config) };
    const layout = layoutOf(initial);
    const state = this.engine.createState(initialOptimizerState(packParameters(layout, initial)));
    const losses: number[] = [];
    for (let step = 0; step < this.steps; step++) {
      const at = { step, progress: step / this.steps };
      const run = { label: "ppo", signal: this.signal, emit: () => {}, ledger: new Ledger(Number.POSITIVE_INFINITY) };
      const { loss = Number.NaN } = await updatePolicy(batch, task, this.#env(), layout, state, at, run);
      losses.push(loss);
    }
    state.dispose();
    return losses;
  }

  async greedy(prompts: number, maxNewTokens: number): Promise<string[]> {
    const { data, model } = this.ground;
    const generator = new Generator(this.engine, { ...model, weights: this.base });
    const rows = data.trainingPrompts
      .slice(0, prompts)
      .map(({ tokens, key }) => ({ prompt: tokens, promptKey: key, sample: 0 }));
    const stopIds = model.config.eosTokenIds;
    const replies = await generator.generate(rows, {
      maxNewTokens,
      temperature: 0,
      stopIds,
      seed: SEED,
      signal: this.signal,
    });
    await generator.dispose();
    return replies.map(({ tokens }) => tokens.join(" "));
  }

  dispose(): Promise<void> {
    return this.#programs.dispose();
  }

  #preference(value: number, penalty: (Task & { kind: "dpo" })["penalty"]): Task {
    const { suite } = this.ground;
    const settings = { ...suite.settings.preference, batchPairs: PAIRS, maxSteps: this.steps };
    return { kind: "dpo", value: suite.values[value]?.name ?? "", settings, penalty };
  }

  #ppoTask(): PpoTask {
    const { settings, values } = this.ground.suite;
    const ppo = { ...settings.morlhf.ppo, rolloutReplies: REPLIES, epochs: 1, minibatches: 1 };
    const [value] = values;
    return {
      kind: "ppo",
      rewards: { kind: "gold" },
      values: [value?.name ?? ""],
      weights: [1],
      adapter: settings.preference.adapter,
      settings: ppo,
    };
  }

  #run(task: Task, artefact: (ref: ArtefactRef) => TensorMap = () => ({})): Promise<TaskOutput> {
    const env = { ...this.#env(), artefact: async (ref: ArtefactRef) => artefact(ref) };
    return runTask(task, Number.POSITIVE_INFINITY, env, { label: task.kind, signal: this.signal, emit: () => {} });
  }

  #env(): TaskEnv {
    const { data, model } = this.ground;
    return {
      engine: this.engine,
      model: { ...model, weights: this.base },
      seed: SEED,
      pairs: data.pairs.train,
      prompts: data.trainingPrompts,
      executables: this.#programs,
      logProbs: new PairLogProbs(),
      artefact: async () => ({}),
    };
  }
}

function lossesOf({ summary }: TaskOutput): number[] {
  return summary.curve.map(({ loss }) => loss ?? Number.NaN);
}
