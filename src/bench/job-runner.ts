/**
 * Runs jobs: one task of a method, one chunk of scoring, one check of the judges. Holds what jobs share (engine, base
 * policy, compiled programs) from job to job. Used by the worker threads, and directly where there are none.
 */
import type { Engine } from "../engine/engine.js";
import { openEngine } from "../engine/index.js";
import type { DecoderConfig } from "../lm/config.js";
import { loadModel } from "../lm/huggingface.js";
import { initWeights } from "../lm/init.js";
import { Tokenizer } from "../lm/tokenizer.js";
import { ExecutableCache } from "../methods/executables.js";
import { PairLogProbs } from "../methods/pair-log-probs.js";
import { runTask } from "../methods/run-task.js";
import type { Checkpoint, Checkpoints, Task, TaskEnv, TaskEvent } from "../methods/task.js";
import { createGoldScorer } from "../rewards/gold.js";
import { ArtefactFolder, type StoredTask } from "./artefacts.js";
import type { Job, JobResult, ScoreJob, TaskJob, WorkerSetup } from "./jobs.js";
import { openScorer } from "./judges.js";
import { heldOutPairs } from "./preference-scoring.js";
import { policyProbe, probedAdapter } from "./probe.js";
import { type ScoringEnv, ScoringPrograms, scoreReplies } from "./scoring.js";
import type { Suite } from "./suite.js";
import { summarise } from "./summarise.js";

/** Steps between two saved states of a training: what an interruption can cost. A step of PPO is a whole rollout. */
const stepsBetweenSaves = (kind: Task["kind"]): number => (kind === "ppo" ? 4 : 50);

export interface JobContext {
  readonly signal: AbortSignal;
  emit(event: TaskEvent): void;
}

type Model = TaskEnv["model"];

export class Bench {
  #setup: WorkerSetup | undefined;
  readonly #engines = new Map<number, Engine>();
  #model: Model | undefined;
  readonly #executables = new Map<Engine, ExecutableCache>();
  #logProbs = new PairLogProbs();
  #scoring: ScoringPrograms | undefined;
  /** Of looks at policies in training: beside the training's own. */
  #probing: ScoringPrograms | undefined;

  /** @param say tells a user one line */
  constructor(readonly say?: (line: string) => void) {}

  async setup(setup: WorkerSetup): Promise<void> {
    await this.#disposePrograms();
    await this.#scoring?.dispose();
    this.#scoring = undefined;
    await this.#disposeProbing();
    this.#model = undefined;
    this.#logProbs = new PairLogProbs();
    this.#setup = setup;
  }

  async run(job: Job, context: JobContext): Promise<JobResult> {
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1000;
    switch (job.kind) {
      case "task": {
        const stored = await this.#task(job, context, seconds);
        return { kind: "task", ...stored };
      }
      case "score":
        await this.#score(job, context);
        return { kind: "score", seconds: seconds() };
      case "summary":
        return { kind: "summary", summary: summarise(job.input) };
      default:
        return job satisfies never;
    }
  }

  async #task(job: TaskJob, context: JobContext, seconds: () => number): Promise<StoredTask> {
    const { setup, artefacts } = this.#needs();
    // Programs of scoring and of training are not needed at the same time, and each holds memory.
    await this.#scoring?.dispose();
    this.#scoring = undefined;
    const engine = await this.#open(job.threads);
    const env: TaskEnv = {
      engine,
      model: this.#baseModel(),
      seed: job.seed,
      pairs: setup.data.pairs[job.split],
      prompts: setup.data.trainingPrompts,
      executables: this.#programs(engine),
      // The scorer split's pairs have no shared log-probs to offer.
      logProbs: job.split === "train" ? this.#logProbs : new PairLogProbs(),
      // The ruler is for the one task that says it is trained on it; nobody else may hold it.
      ...(job.task.kind === "ppo" && job.task.rewards.kind === "gold" && setup.suite.scorers.kind === "gold"
        ? { goldScorer: createGoldScorer() }
        : {}),
      artefact: async (ref) => artefacts.readTensors(ref),
    };
    const output = await runTask(job.task, job.budgetFlops ?? Number.POSITIVE_INFINITY, env, {
      label: job.label,
      signal: context.signal,
      emit: context.emit,
      checkpoints: checkpointsIn(artefacts, job),
      ...(await this.#probe(job, context, engine)),
    });
    for (const [name, tensors] of Object.entries(output.artefacts)) {
      artefacts.writeTensors({ task: job.key, name }, tensors);
    }
    const stored: StoredTask = {
      artefacts: Object.keys(output.artefacts),
      summary: output.summary,
      seconds: seconds(),
    };
    artefacts.writeJson(job.key, "done.json", stored);
    artefacts.removePartial(job.key);
    return stored;
  }

  async #score(job: ScoreJob, context: JobContext): Promise<void> {
    const { setup, artefacts } = this.#needs();
    if (this.#scoring === undefined) await this.#disposePrograms();
    await this.#disposeProbing();
    const engine = await this.#open();
    this.#scoring ??= new ScoringPrograms(engine, this.#baseModel());
    const found = await scoreReplies(
      {
        ...this.#scoringEnv(this.#scoring, setup.data.evaluation[job.split], context),
        ...(job.pairs === 0
          ? {}
          : { pairs: heldOutPairs(setup.data, setup.suite, job.pairs).map(({ pairs }) => pairs) }),
      },
      job,
      job.adapters.map(({ ref, config }) => ({ config, tensors: artefacts.readTensors(ref) })),
    );
    artefacts.writeJson(job.key, "scored.json", found);
  }

  #scoringEnv(programs: ScoringPrograms, prompts: ScoringEnv["prompts"], { signal }: JobContext): ScoringEnv {
    const { setup, artefacts } = this.#needs();
    const model = this.#baseModel();
    return {
      programs,
      model,
      scorer: openScorer(setup, artefacts, model, this.#programs(programs.engine)),
      suite: setup.suite,
      prompts,
      vocabulary: new Set(setup.data.vocabulary),
      signal,
    };
  }

  /** What looks at a policy in training, where that was asked for. */
  async #probe({ task, label, seed, probes = 0 }: TaskJob, context: JobContext, engine: Engine) {
    const adapter = probedAdapter(task);
    if (probes === 0 || adapter === undefined) return {};
    if (this.#probing?.engine !== engine) await this.#disposeProbing();
    this.#probing ??= new ScoringPrograms(engine, this.#baseModel());
    const { validation } = this.#needs().setup.data.evaluation;
    const scoring = this.#scoringEnv(this.#probing, validation, context);
    const clock = () => performance.now() / 1000;
    return { probe: policyProbe({ looks: probes, label, seed, adapter, scoring, emit: context.emit, clock }) };
  }

  async #disposeProbing(): Promise<void> {
    await this.#probing?.dispose();
    this.#probing = undefined;
  }

  #needs(): { setup: WorkerSetup; artefacts: ArtefactFolder } {
    if (this.#setup === undefined) throw new Error("a job came before its set-up");
    return { setup: this.#setup, artefacts: new ArtefactFolder(this.#setup.checkpoints) };
  }

  /** Worker threads share the processor: one thread of arithmetic each, but for jobs that run alone. */
  async #open(threads = 1): Promise<Engine> {
    const known = this.#engines.get(threads);
    if (known !== undefined) return known;
    const { engine: id, basePrecision = "float32", batch: maxRows } = this.#needs().setup;
    const engine = await openEngine(id, { threads, constants: basePrecision, maxRows, say: this.say });
    this.#engines.set(threads, engine);
    return engine;
  }

  #programs(engine: Engine): ExecutableCache {
    const known = this.#executables.get(engine);
    if (known !== undefined) return known;
    const programs = new ExecutableCache(engine);
    this.#executables.set(engine, programs);
    return programs;
  }

  async #disposePrograms(): Promise<void> {
    for (const programs of this.#executables.values()) await programs.dispose();
    this.#executables.clear();
  }

  #baseModel(): Model {
    if (this.#model !== undefined) return this.#model;
    const { setup } = this.#needs();
    if (setup.base !== undefined) this.#model = loadModel(setup.base);
    else {
      const tokenizer = new Tokenizer(setup.tokenizer);
      const config = scratchConfig(setup.suite, tokenizer);
      this.#model = { config, weights: initWeights(config, setup.suite.base.seed), tokenizer };
    }
    return this.#model;
  }
}

/** The decoder that a suite trains from scratch. */
export function scratchConfig(suite: Suite, tokenizer: Tokenizer): DecoderConfig {
  const { base, data } = suite;
  return {
    vocabSize: tokenizer.vocabSize,
    hiddenSize: base.hiddenSize,
    intermediateSize: base.intermediateSize,
    layers: base.layers,
    heads: base.heads,
    kvHeads: base.kvHeads,
    headDim: base.hiddenSize / base.heads,
    rmsNormEps: 1e-5,
    ropeTheta: 10_000,
    ropeScaling: null,
    tieWordEmbeddings: true,
    attentionBias: false,
    maxPositions: data.maxPromptTokens + Math.max(data.maxReplyTokens, suite.evaluation.maxNewTokens) + 1,
    bosTokenId: null,
    eosTokenIds: tokenizer.eosId === null ? [] : [tokenizer.eosId],
  };
}

/** Saved states of a training that is under way: the tensors first, then the small file that names them. */
function checkpointsIn(artefacts: ArtefactFolder, { key, task }: TaskJob): Checkpoints {
  type Saved = Omit<Checkpoint, "state">;
  return {
    every: stepsBetweenSaves(task.kind),
    async load() {
      const saved = artefacts.readJson<Saved>(key, "partial.json");
      if (saved === undefined) return null;
      return { ...saved, state: artefacts.readTensors({ task: key, name: `partial-${saved.step}` }) };
    },
    async save({ state, ...saved }) {
      const before = artefacts.readJson<Saved>(key, "partial.json");
      artefacts.writeTensors({ task: key, name: `partial-${saved.step}` }, state);
      artefacts.writeJson(key, "partial.json", saved satisfies Saved);
      if (before !== undefined) artefacts.remove(key, `partial-${before.step}.safetensors`);
    },
  };
}
