/**
 * Trains one adapter on one value's pairs: the body of `dpo` and `modpo`. The adapter starts at the base (B = 0), the same for
 * every task on that value and seed, and reads the value's batches in the same order.
 */

import { FittingRows } from "../engine/fitting-rows.js";
import type { Engine, TensorMap } from "../engine/index.js";
import { float32, hasOwnMemory } from "../engine/index.js";
import { initAdapter } from "../lm/adapters.js";
import { adapterBackwardFlops, countPairs, forwardFlops } from "../lm/flops.js";
import type { PairShape } from "../lm/pairs.js";
import { packPairs, pairLength } from "../lm/pairs.js";
import { mean } from "../metrics/index.js";
import {
  batchOrder,
  CROSSING_FLOPS,
  equalPart,
  fewShapes,
  passesPerBatch,
  shapeFor,
  sharedShapes,
  tightShape,
} from "./batches.js";
import { BudgetExceeded } from "./budget.js";
import type { PreferenceSettings } from "./method.js";
import { frozenLogProbs, pairAt, referenceLogProbs } from "./pair-log-probs.js";
import { layoutOf } from "./parameters.js";
import type { AdaptedModule, PenaltyKind } from "./penalty.js";
import { adaptedModules, PENALTIES } from "./penalty.js";
import { gradientExecutable, penaltyInputsOf, stepExecutable, updateExecutable } from "./preference-programs.js";
import { deriveSeed } from "./seeds.js";
import type { ArtefactRef, CurvePoint, PreferencePair, TaskEnv, TaskOutput, TaskRun } from "./task.js";
import { ADAPTER } from "./task.js";
import type { Charge, Pass } from "./training.js";
import { costOf, scalarOf, train } from "./training.js";

export interface PreferenceTraining {
  readonly value: string;
  readonly settings: PreferenceSettings;
  readonly penalty: PenaltySpec | null;
  /** w_k of MODPO, in (0, 1]; 1 for DPO. */
  readonly weight: number;
  /** The other values' weights w_j > 0 and margin models. */
  readonly margins: readonly MarginModel[];
  readonly paid: PaidPasses;
}

export interface PenaltySpec {
  readonly kind: PenaltyKind;
  readonly alpha: number;
  /** The earlier value vectors. */
  readonly frozen: readonly ArtefactRef[];
}

export interface MarginModel {
  readonly weight: number;
  readonly policy: ArtefactRef;
}

/** Passes over the pairs of a value's first steps that the method has paid in an earlier task. */
export interface PaidPasses {
  /** Steps whose reference log-probs are paid. */
  readonly reference: number;
  /** Steps whose log-probs under margin model i are paid. */
  readonly margins: readonly number[];
}

export const NOTHING_PAID: PaidPasses = { reference: 0, margins: [] };

/** Executables a training may compile for its batches' shapes: with those of frozen policies, fewer than a worker keeps. */
const SHAPES = 12;

/** What a shape must save of all passes' arithmetic to be worth compiling: passes are small, and so are their sessions. */
const PASS_SHAPE_WORTH = 0.005;

/** One planned step: the pairs it reads, and what it charges. */
interface Step {
  readonly rows: readonly number[];
  readonly charges: readonly Charge[];
  readonly penalised: boolean;
}

export async function trainPreference(
  training: PreferenceTraining,
  budgetFlops: number,
  env: TaskEnv,
  run: TaskRun,
): Promise<TaskOutput> {
  const { value, settings, penalty, weight, margins } = training;
  const { config } = env.model;
  const initial = initAdapter(config, settings.adapter, streamSeed(env.seed, "adapter", value, settings)).tensors;
  const layout = layoutOf(initial);
  const modules = adaptedModules(initial);
  const steps = planSteps(training, budgetFlops, modules, env);

  const factors = await frozenFactors(penalty, modules, initial, env);
  const penaltyInputs = penalty === null ? {} : penaltyInputsOf(factors, penalty.alpha);
  const fitting = new FittingRows(env.engine, run.label);
  const wanted = pairsPerPass(env, settings.batchPairs);
  let size = equalPart(settings.batchPairs, fitting.of(wanted));
  const shared = (tight: readonly PairShape[]): PairShape[] =>
    sharedShapes(tight, env.engine.stepsPerCall ?? 1, (shape) => shapeCost(shape, env), CROSSING_FLOPS * layout.size);
  let shapes = shapesOf(env, settings, size, shared);
  const inOnePiece = () => takesWholeSteps(env.engine, settings, size);
  const needed = inOnePiece()
    ? shared(steps.map(({ rows }) => tightShape(rows.map((row) => pairAt(env, value, row)))))
    : [];
  // What `prepare` found for a step that `measure` is yet to look at.
  const found = new Map<number, { reference: Float32Array; margin: Float32Array }>();

  /** Pairs from place `from` of a step's on, as a program of that shape reads them. */
  const pairInputs = (step: number, from: number, pairs: readonly PreferencePair[], shape: PairShape): TensorMap => {
    const { reference, margin } = foundAt(found, step);
    const to = from + pairs.length;
    return {
      ...packPairs(pairs, shape).inputs,
      reference: float32([pairs.length, 2], reference.slice(2 * from, 2 * to)),
      labels: float32(
        [pairs.length],
        pairs.map((pair) => labelOf(pair, settings)),
      ),
      margins: float32([pairs.length], margin.slice(from, to)),
      inverseWeight: float32([], [1 / weight]),
    };
  };

  const trained = await train(
    env.engine,
    {
      layout,
      initial,
      optimizer: settings.optimizer,
      charges: steps.map(({ charges }) => charges),
      inPasses: !inOnePiece(),

      async prepare(index) {
        const step = stepAt(steps, index);
        const reference = await referenceLogProbs(env, value, step.rows, run.signal);
        found.set(index, { reference, margin: await marginsOf(training, step.rows, reference, env, run.signal) });
        const pairs = step.rows.map((row) => pairAt(env, value, row));
        const kind = step.penalised && penalty !== null ? penalty.kind : null;
        const ofPenalty = kind === null ? {} : penaltyInputs;
        const update = { settings, layout, modules, penalty: kind, penaltyInputs };
        if (inOnePiece()) {
          const shape = shapeFor(needed[index] ?? tightShape(pairs), shapes, (candidate) => shapeCost(candidate, env));
          return {
            executable: await stepExecutable(env, shape, update),
            inputs: { ...pairInputs(index, 0, pairs, shape), ...ofPenalty },
          };
        }
        const parts: Pass[] = [];
        for (let from = 0; from < pairs.length; from += size) {
          const part = pairs.slice(from, from + size);
          const shape = shapeFor(tightShape(part), shapes, (candidate) => shapeCost(candidate, env));
          parts.push({
            executable: await gradientExecutable(env, settings, shape, layout),
            inputs: pairInputs(index, from, part, shape),
          });
        }
        return {
          passes: parts,
          executable: await updateExecutable(env, update),
          inputs: ofPenalty,
        };
      },

      async shrink(error) {
        if (!fitting.halve(error, size)) return false;
        size = equalPart(settings.batchPairs, fitting.of(wanted));
        shapes = shapesOf(env, settings, size, shared);
        await env.executables.release();
        return true;
      },

      measure(index, outputs, parts) {
        const { rows, penalised } = stepAt(steps, index);
        const { reference, margin } = foundAt(found, index);
        found.delete(index);
        const terms = parts.length === 0 ? [outputs] : parts;
        const policy = terms.flatMap((term) => Array.from(term["policy"]?.data ?? []));
        return {
          ...preferenceStatistics(rows.length, policy, reference, settings.beta),
          nll: terms.reduce((sum, term) => sum + scalarOf(term, "nll"), 0),
          ...(margins.length > 0 ? { otherMargin: mean(Array.from(margin)) } : {}),
          ...(penalty === null ? {} : { penalty: penalised ? scalarOf(outputs, "penalty") : 0 }),
        };
      },
    },
    run,
  );
  return { artefacts: { [ADAPTER]: trained.parameters }, summary: trained.summary };
}

/**
 * How many steps the budget pays for, and what each reads and charges. References and margins are charged for a pair when it
 * is first used; a penalty for the steps that have it.
 * @throws BudgetExceeded when not even one step fits.
 */
function planSteps(
  { value, settings, penalty, margins, paid }: PreferenceTraining,
  budgetFlops: number,
  modules: readonly AdaptedModule[],
  env: TaskEnv,
): Step[] {
  const pairs = env.pairs[value] ?? [];
  if (pairs.length === 0) throw new Error(`value "${value}" has no training pairs`);
  const maxSteps = settings.maxSteps ?? Number.POSITIVE_INFINITY;
  if (!Number.isFinite(budgetFlops) && !Number.isFinite(maxSteps)) {
    throw new Error(`training on "${value}" has neither a budget nor a number of steps`);
  }
  const { config } = env.model;
  const passes = [
    { kind: "reference" as const, adapters: [], steps: paid.reference, seen: new Set<number>() },
    ...margins.map((_, i) => ({
      kind: "margin" as const,
      adapters: [settings.adapter],
      steps: paid.margins[i] ?? 0,
      seen: new Set<number>(),
    })),
  ];
  const rule = penalty === null ? null : PENALTIES[penalty.kind];
  const penaltyFlops = rule === null ? 0 : rule.flops(modules, penalty?.frozen.length ?? 0);
  const firstPenalised = (steps: number): number =>
    rule === null ? steps : Math.min(steps, Math.ceil(rule.startsAfter * steps));

  const order = batchOrder(pairs.map(pairLength), settings.batchPairs, streamSeed(env.seed, "order", value, settings));
  const steps: { rows: readonly number[]; charges: Charge[] }[] = [];
  let flops = 0;
  while (steps.length < maxSteps) {
    const rows: number[] = order.next().value;
    const used = rows.map((row) => pairAt(env, value, row));
    const count = countPairs(used);
    const charges: Charge[] = [
      {
        kind: "gradient",
        tokens: count.tokens,
        flops: forwardFlops(config, count, [settings.adapter]) + adapterBackwardFlops(config, count, settings.adapter),
      },
    ];
    for (const pass of passes) {
      const fresh = [...new Set(rows)].filter((row) => !pass.seen.has(row));
      for (const row of fresh) pass.seen.add(row);
      if (fresh.length === 0 || steps.length < pass.steps) continue;
      const passCount = countPairs(fresh.map((row) => pairAt(env, value, row)));
      charges.push({
        kind: pass.kind,
        tokens: passCount.tokens,
        flops: forwardFlops(config, passCount, pass.adapters),
      });
    }
    const planned = steps.length + 1;
    const total = flops + costOf(charges) + penaltyFlops * (planned - firstPenalised(planned));
    if (total > budgetFlops) {
      if (steps.length > 0) break;
      throw new BudgetExceeded(
        `a budget of ${budgetFlops} FLOPs is too small for one step on "${value}", which takes ${total}`,
      );
    }
    flops += costOf(charges);
    steps.push({ rows, charges });
  }
  const first = firstPenalised(steps.length);
  return steps.map(({ rows, charges }, step) => {
    const penalised = rule !== null && step >= first;
    if (penalised) charges.push({ kind: "penalty", tokens: 0, flops: penaltyFlops });
    return { rows, charges, penalised };
  });
}

function stepAt(steps: readonly Step[], index: number): Step {
  const step = steps[index];
  if (step === undefined) throw new Error(`step ${index} was not planned`);
  return step;
}

function foundAt<T>(found: ReadonlyMap<number, T>, step: number): T {
  const entry = found.get(step);
  if (entry === undefined) throw new Error(`step ${step} was not prepared`);
  return entry;
}

/** The random stream of one purpose: the value's own, or the one of all values (`PreferenceSettings.streams`). */
function streamSeed(seed: number, purpose: string, value: string, { streams }: PreferenceSettings): number {
  return streams === "shared" ? deriveSeed(seed, purpose) : deriveSeed(seed, purpose, value);
}

/** Pairs of one pass over the batch, the same for every value. A card takes the whole batch at once, if its memory does. */
function pairsPerPass(env: TaskEnv, batchPairs: number): number {
  if (hasOwnMemory(env.engine.id)) return batchPairs;
  const lengths = Object.values(env.pairs).flatMap((pairs) => pairs.map(pairLength));
  return batchPairs / passesPerBatch(batchPairs, mean(lengths));
}

/** A card that takes the whole batch at once takes the step in one piece: a call less, and several steps may share one. */
function takesWholeSteps(engine: Engine, { batchPairs }: PreferenceSettings, size: number): boolean {
  return hasOwnMemory(engine.id) && size === batchPairs;
}

/**
 * Shapes that serve every value's passes of `size` pairs, so that all trainings of a run share their executables.
 * @param shared what steps in one piece need where they share calls
 */
function shapesOf(
  env: TaskEnv,
  settings: PreferenceSettings,
  size: number,
  shared: (tight: readonly PairShape[]) => PairShape[],
): PairShape[] {
  const { batchPairs } = settings;
  const cost = (shape: PairShape) => shapeCost(shape, env);
  const seen = Object.entries(env.pairs).flatMap(([value, pairs]) => {
    if (pairs.length === 0) return [];
    const order = batchOrder(pairs.map(pairLength), batchPairs, streamSeed(env.seed, "order", value, settings));
    const batches = Math.min(256, Math.ceil(pairs.length / batchPairs));
    const tight = Array.from({ length: batches }, () => order.next().value as number[]).flatMap((rows) =>
      Array.from({ length: batchPairs / size }, (_, i) =>
        tightShape(rows.slice(i * size, (i + 1) * size).map((row) => pairAt(env, value, row))),
      ),
    );
    return takesWholeSteps(env.engine, settings, size) ? shared(tight) : tight;
  });
  return fewShapes(seen, SHAPES, cost, PASS_SHAPE_WORTH);
}

/** Arithmetic of a step at that shape, padding included, up to a factor. */
function shapeCost({ rows, length, selected }: PairShape, env: TaskEnv): number {
  const { config } = env.model;
  return forwardFlops(config, {
    tokens: rows * length,
    attended: rows * length * length,
    logits: selected,
  });
}

async function frozenFactors(
  penalty: PenaltySpec | null,
  modules: readonly AdaptedModule[],
  initial: TensorMap,
  env: TaskEnv,
): Promise<TensorMap> {
  if (penalty === null) return {};
  const frozen = await Promise.all(penalty.frozen.map((ref) => env.artefact(ref)));
  return PENALTIES[penalty.kind].freeze(modules, frozen, initial);
}

/** Σ_j w_j·(r_j(chosen) − r_j(rejected)) of each pair, with implicit rewards r_j = β·(log π_j − log ref). */
async function marginsOf(
  { value, settings, margins }: PreferenceTraining,
  rows: readonly number[],
  reference: Float32Array,
  env: TaskEnv,
  signal: AbortSignal,
): Promise<Float32Array> {
  const total = new Float64Array(rows.length);
  for (const { weight, policy } of margins) {
    const adapter = { ref: policy, config: settings.adapter };
    const logProbs = await frozenLogProbs(env, value, rows, { adapter }, signal);
    for (let i = 0; i < rows.length; i++) {
      total[i] = (total[i] ?? 0) + weight * settings.beta * logRatioDifference(i, logProbs, reference);
    }
  }
  return Float32Array.from(total);
}

/** (log π/ref)(chosen) − (log π/ref)(rejected) of pair i; both arrays [pairs, 2]. */
function logRatioDifference(i: number, policy: ArrayLike<number>, reference: ArrayLike<number>): number {
  const [chosen, rejected] = logRatios(i, policy, reference);
  return chosen - rejected;
}

function logRatios(i: number, policy: ArrayLike<number>, reference: ArrayLike<number>): [number, number] {
  const at = (k: number) => (policy[k] ?? Number.NaN) - (reference[k] ?? Number.NaN);
  return [at(2 * i), at(2 * i + 1)];
}

/**
 * What is watched (PILOT): `accuracy` = share of pairs with β·Δ > 0, `margin` = mean β·Δ, `chosenShift` = mean change of the
 * chosen reply's log-prob against the base (nats), `kl` = mean ½·(log π/ref)² over both replies: Schulman's k2 estimator taken on
 * the data's replies instead of the policy's own, so a proxy.
 */
export function preferenceStatistics(
  pairs: number,
  policy: ArrayLike<number>,
  reference: ArrayLike<number>,
  beta: number,
): CurvePoint {
  const ratios = Array.from({ length: pairs }, (_, i) => logRatios(i, policy, reference));
  const margins = ratios.map(([chosen, rejected]) => beta * (chosen - rejected));
  return {
    accuracy: mean(margins.map((margin) => (margin > 0 ? 1 : 0))),
    margin: mean(margins),
    chosenShift: mean(ratios.map(([chosen]) => chosen)),
    kl: mean(ratios.flatMap((pair) => pair.map((ratio) => ratio ** 2 / 2))),
  };
}

function labelOf(pair: PreferencePair, settings: PreferenceSettings): number {
  return settings.softLabels ? (pair.label ?? 1) : 1;
}
