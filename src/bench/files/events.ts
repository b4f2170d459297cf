/**
 * Everything that a run tells while it goes on, declared in this one place: `events.jsonl` holds one of these a line, and
 * whatever is live (progress lines, the dashboard) is a reader of them.
 *
 * A change that an old reader would misunderstand raises `EVENT_VERSION`; a new type, or a new optional field, does not:
 * readers leave out types they do not know.
 */
import { z } from "zod";
import { SCORED_SPLITS } from "./scores.js";

export const EVENT_VERSION = 1;

const count = z.number().int().nonnegative();
const finite = z.number();
const amount = z.number().nonnegative();
const perValue = z.array(finite);

/** In every event: the schema's version, and milliseconds since 1970. */
const common = { v: z.literal(EVENT_VERSION), time: amount };

function event<const T extends string, S extends z.ZodRawShape>(type: T, shape: S) {
  return z.object({ ...common, type: z.literal(type), ...shape });
}

const runStarted = event("run-started", {
  run: z.string(),
  suite: z.string(),
  title: z.string(),
  suiteHash: z.string(),
  /** In suite order; every array "one a value" follows it. */
  values: z.array(z.string()),
  seeds: z.array(count),
  /** Rows of the result table, in order. */
  methods: z.array(z.object({ id: z.string(), title: z.string(), ranked: z.boolean() })),
  budget: z.object({ flops: amount, per: z.enum(["method", "policy"]) }),
  /** One a value, raw units; null before a lock has set them. */
  scales: z.array(z.object({ center: finite, scale: z.number().positive(), reference: finite })).nullable(),
  engine: z.string(),
  threads: z.number().int().positive(),
  /** Process that runs it, so that a reader can tell a dead run from a slow one. */
  pid: count,
  host: z.string(),
  resumed: z.boolean(),
});

const stageStarted = event("stage-started", {
  /** Unique among the stages of a run, e.g. `train` or `seed 1: score`. */
  stage: z.string(),
  /** What `done` and `total` count, e.g. `replies`. */
  unit: z.string(),
  /** Null where it is not known beforehand. */
  total: amount.nullable(),
});

const stageProgress = event("stage-progress", {
  stage: z.string(),
  done: amount,
  total: amount.nullable(),
  /** Units a second, lately; null where it is not known yet. */
  rate: amount.nullable(),
  /** To the stage's end; null where it is not known. */
  etaSeconds: amount.nullable(),
});

const stageFinished = event("stage-finished", { stage: z.string(), seconds: amount });

/** Of the whole run, now and then. */
const runProgress = event("run-progress", {
  /** Share of the work, 0 to 1. */
  done: z.number().min(0).max(1),
  /** To the run's end; null where it is not known. */
  etaSeconds: amount.nullable(),
});

const taskPlanned = event("task-planned", {
  seed: count,
  method: z.string(),
  task: z.string(),
  steps: count,
  flops: amount,
});

/** A training that another method has asked for already: it is done once, and both pay for it. */
const taskShared = event("task-shared", {
  seed: count,
  method: z.string(),
  task: z.string(),
  /** The method and the training that `train-step` names. */
  with: z.string(),
  withTask: z.string(),
});

const trainStep = event("train-step", {
  seed: count,
  method: z.string(),
  /** Which of the method's trainings, e.g. a value's name. */
  task: z.string(),
  /** From 1. */
  step: count,
  /** Planned. */
  steps: count,
  spentFlops: amount.optional(),
  tokensPerSecond: amount.optional(),
  loss: finite.optional(),
  /** Share of the batch's pairs whose implicit reward prefers the chosen side. */
  rewardAccuracy: finite.optional(),
  margin: finite.optional(),
  kl: finite.optional(),
  penalty: finite.optional(),
  learningRate: finite.optional(),
  gradientNorm: finite.optional(),
  /** Nats by which the chosen replies' log-prob has moved since the start. */
  chosenShift: finite.optional(),
  /** Whatever else a method reports. */
  more: z.record(z.string(), finite).optional(),
});

const candidateScored = event("candidate-scored", {
  seed: count,
  method: z.string(),
  candidate: z.string(),
  split: z.enum(SCORED_SPLITS),
  weights: perValue.nullable(),
  coefficients: perValue.nullable(),
  /** Over prompts, one a value, raw units. */
  means: perValue,
  kl: finite.nullable(),
  broken: z.number().min(0).max(1).nullable(),
});

/** Of what is scored so far of one method, with the interval over prompts. For watching: the summary's figures are exact. */
const hypervolume = event("hypervolume", {
  seed: count,
  method: z.string(),
  split: z.enum(SCORED_SPLITS),
  /** Candidates that it is of. */
  candidates: count,
  value: finite,
  low: finite,
  high: finite,
});

const sampled = event("sample", {
  seed: count,
  method: z.string(),
  candidate: z.string(),
  prompt: z.string(),
  promptText: z.string(),
  reply: z.string(),
  ended: z.boolean(),
  /** One a value, raw units. */
  scores: perValue,
});

/** A policy in training, looked at on the first prompts of validation. For watching: no method sees it, nothing follows from it. */
const probed = event("probe", {
  seed: count,
  method: z.string(),
  task: z.string(),
  /** Of the training, taken. */
  step: count,
  steps: count,
  prompts: count,
  /** Over prompts, one a value, raw units. */
  means: perValue,
  /** Of generating the replies: entered in the ledger, charged to nobody. */
  flops: amount,
  seconds: amount,
});

const interference = event("interference", {
  seed: count,
  method: z.string(),
  /** The two value vectors, by value. */
  a: z.string(),
  b: z.string(),
  /** Null: mean over layers. */
  layer: count.nullable(),
  cka: finite,
  cosine: finite,
});

const ledger = event("ledger", {
  seed: count,
  method: z.string(),
  kind: z.string(),
  /** FLOPs. */
  planned: amount,
  spent: amount,
  tokens: amount,
  steps: count,
  seconds: amount,
});

const warning = event("warning", { message: z.string(), method: z.string().optional(), seed: count.optional() });

const methodFailed = event("method-failed", { seed: count, method: z.string(), message: z.string() });

const runInterrupted = event("run-interrupted", { signal: z.string() });

const runFinished = event("run-finished", {
  status: z.enum(["completed", "failed"]),
  seconds: amount,
  /** Who wins, and whether it is real, in a sentence. */
  headline: z.string().nullable(),
});

export const runEvent = z.discriminatedUnion("type", [
  runStarted,
  stageStarted,
  stageProgress,
  stageFinished,
  runProgress,
  taskPlanned,
  taskShared,
  trainStep,
  candidateScored,
  hypervolume,
  sampled,
  probed,
  interference,
  ledger,
  warning,
  methodFailed,
  runInterrupted,
  runFinished,
]);

export type RunEvent = z.infer<typeof runEvent>;
export type RunEventType = RunEvent["type"];
export type RunEventOf<T extends RunEventType> = Extract<RunEvent, { type: T }>;

type Untimed<E> = E extends RunEvent ? Omit<E, "v" | "time"> : never;
/** An event as its emitter gives it: the log adds version and time. */
export type RunEventInput = Untimed<RunEvent>;

export const EVENT_TYPES: ReadonlySet<string> = new Set<RunEventType>(
  runEvent.options.map((option) => option.shape.type.value),
);
