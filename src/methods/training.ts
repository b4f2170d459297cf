/**
 * The training loop. Everything that happens is planned before the first step: which rows a step reads, what it costs,
 * how many steps the budget pays for (so that the learning rate ends where it should).
 *
 * Not here: what is trained and on which loss (the tasks), the arithmetic of a step (`training-program.ts`).
 */
import { setImmediate } from "node:timers/promises";
import type { Engine, EngineState, Executable, HostTensor, TensorMap } from "../engine/index.js";
import { float32 } from "../engine/index.js";
import type { ChargeKind, LedgerEntry } from "./budget.js";
import { Ledger } from "./budget.js";
import type { OptimizerSettings } from "./method.js";
import { MethodFailure } from "./method.js";
import { initialOptimizerState, learningRateAt, ratesAt } from "./optimizer.js";
import type { ParameterLayout } from "./parameters.js";
import { packParameters, unpackParameters } from "./parameters.js";
import type { CurvePoint, TaskRun, TaskSummary } from "./task.js";

export interface Charge {
  readonly kind: ChargeKind;
  readonly tokens: number;
  readonly flops: number;
}

export interface Training {
  readonly layout: ParameterLayout;
  /** Where the parameters start. */
  readonly initial: TensorMap;
  readonly optimizer: OptimizerSettings;
  /** What each planned step charges. */
  readonly charges: readonly (readonly Charge[])[];
  /** Steps are prepared as passes and an update from the start: the state holds a gradient. */
  readonly inPasses?: boolean;
  prepare(step: number): Promise<PreparedStep>;
  /**
   * Asked when a step failed: whether it failed for lack of memory, and `prepare` will from now on ask for less of it, in
   * (more) passes. Absent: a step's memory cannot be lowered.
   */
  shrink?(error: unknown): Promise<boolean>;
  /**
   * Numbers for the curve beside `loss`, `gradientNorm` and `learningRate`, from the outputs of the step's own program and
   * of its passes.
   */
  measure(step: number, outputs: TensorMap, passes: readonly TensorMap[]): CurvePoint;
}

/** An executable and its inputs. */
export interface Pass {
  readonly executable: Executable;
  readonly inputs: TensorMap;
}

/** A step's own program and its inputs without `rates`: a `trainingProgram`, or an `updateProgram` that ends the passes. */
export interface PreparedStep extends Pass {
  /** `gradientProgram`s over the parts of the batch. */
  readonly passes?: readonly Pass[];
}

export interface Trained {
  readonly parameters: Record<string, TensorMap[string]>;
  readonly summary: TaskSummary;
}

/**
 * Trains. Stops before a step that would pass the ledger's budget.
 * @throws MethodFailure when the loss or the gradient is not finite; the signal's reason when aborted.
 */
export async function train(engine: Engine, training: Training, run: TaskRun): Promise<Trained> {
  const { layout, optimizer, charges } = training;
  const steps = charges.length;
  run.emit({ type: "task-planned", task: run.label, steps, flops: costOf(charges.flat()) });

  const saved = (await run.checkpoints?.load()) ?? null;
  let state = engine.createState(saved === null ? initialState(training) : savedState(training, saved.state));
  const curve: CurvePoint[] = [...(saved?.curve ?? [])];
  if (saved !== null) run.ledger.restore(saved.ledger);

  // A step that was prepared for the last call and has another program waits for the next.
  const ahead = new Map<number, PreparedStep>();
  const prepare = async (step: number): Promise<PreparedStep> => {
    const prepared = ahead.get(step) ?? (await training.prepare(step));
    ahead.clear();
    ahead.set(step, prepared);
    return prepared;
  };

  try {
    for (let step = saved?.step ?? 0; step < steps; ) {
      // Lets the abort message in: running an executable blocks this thread.
      await setImmediate();
      run.signal.throwIfAborted();
      const together = stepsTogether(step, engine, charges, run);
      if (together === 0) break;
      // The first is charged before it is computed, the others when it is known that they were.
      chargeStep(run.ledger, charges[step] ?? []);

      let computed: Computed[] | undefined;
      while (computed === undefined) {
        try {
          computed = await compute(training, prepare, step, together, state);
        } catch (error) {
          ahead.clear();
          if ((await training.shrink?.(error)) !== true) throw error;
          // A step that failed has moved no parameter; of its gradient, nobody knows how much is there.
          const kept = await state.read(Object.keys(initialOptimizerState(float32([0]))));
          state.dispose();
          state = engine.createState({ ...kept, gradient: float32([layout.size]) });
        }
      }

      for (const [i, { outputs, parts }] of computed.entries()) {
        if (i > 0) chargeStep(run.ledger, charges[step] ?? []);
        const terms = "loss" in outputs || parts.length === 0 ? [...parts, outputs] : parts;
        const loss = terms.reduce((sum, term) => sum + scalarOf(term, "loss"), 0);
        const gradientNorm = scalarOf(outputs, "gradientNorm");
        if (!Number.isFinite(loss)) throw new MethodFailure(run.label, step, `the loss is ${loss}`);
        if (!Number.isFinite(gradientNorm)) throw new MethodFailure(run.label, step, `the gradient is ${gradientNorm}`);
        const learningRate = learningRateAt(optimizer, step, steps);
        const point = { loss, gradientNorm, learningRate, ...training.measure(step, outputs, parts) };
        curve.push(point);
        step++;
        run.emit({
          type: "task-step",
          task: run.label,
          step,
          steps,
          spentFlops: run.ledger.spentFlops,
          curve: point,
        });
      }
      if (run.probe?.due(step, steps) === true) {
        const { parameters } = await state.read(["parameters"]);
        if (parameters !== undefined) await run.probe.look(step, steps, unpackParameters(layout, parameters));
      }
      if (run.checkpoints !== undefined && step % run.checkpoints.every === 0 && step < steps) {
        const entries = run.ledger.entries();
        await run.checkpoints.save({ step, state: await state.read(), curve, ledger: entries });
      }
    }
    const { parameters } = await state.read(["parameters"]);
    if (parameters === undefined) throw new Error("the training state has lost its parameters");
    checkTrained(parameters, run.label, curve.length);
    return {
      parameters: unpackParameters(layout, parameters),
      summary: { steps: curve.length, curve, planned: plannedEntries(charges), ledger: run.ledger.entries() },
    };
  } finally {
    state.dispose();
  }
}

/**
 * How many steps from `step` on may share a call, as far as budget and those who look on between steps go; 0 where the budget
 * is at its end.
 */
function stepsTogether(
  step: number,
  { stepsPerCall = 1 }: Engine,
  charges: readonly (readonly Charge[])[],
  { ledger, probe, checkpoints }: TaskRun,
): number {
  const affordable = ledger.affordable(charges.slice(step, step + stepsPerCall).map(costOf));
  let count = Math.min(1, affordable);
  while (count > 0 && count < affordable) {
    const done = step + count;
    if (probe?.due(done, charges.length) === true) break;
    if (checkpoints !== undefined && done % checkpoints.every === 0) break;
    count++;
  }
  return count;
}

/** What a step's programs gave: its own, and those of its passes. */
interface Computed {
  readonly outputs: TensorMap;
  readonly parts: readonly TensorMap[];
}

/** Takes step `first` and, in the same call, as many of the next as share its program, at most `most` together. */
async function compute(
  { optimizer, charges }: Training,
  prepare: (step: number) => Promise<PreparedStep>,
  first: number,
  most: number,
  state: EngineState,
): Promise<Computed[]> {
  const series: TensorMap[] = [];
  const { executable, inputs, passes = [] } = await prepare(first);
  const ratesOf = (step: number): HostTensor => ratesAt(optimizer, step, charges.length);
  series.push({ ...inputs, rates: ratesOf(first) });
  if (passes.length === 0) {
    while (series.length < most) {
      const step = first + series.length;
      const next = await prepare(step);
      if (next.executable !== executable || next.passes !== undefined) break;
      series.push({ ...next.inputs, rates: ratesOf(step) });
    }
  }
  if (series.length > 1) {
    const outputs = await executable.runSeries(series, state);
    return outputs.map((each) => ({ outputs: each, parts: [] }));
  }
  const parts: TensorMap[] = [];
  for (const pass of passes) parts.push(await pass.executable.run(pass.inputs, state));
  return [{ parts, outputs: await executable.run(series[0] ?? {}, state) }];
}

/** The last step's loss was taken before its update. @throws MethodFailure when a trained weight is not a finite number */
export function checkTrained(parameters: HostTensor | undefined, label: string, steps: number): void {
  const odd = parameters?.data.find((weight) => !Number.isFinite(weight));
  if (odd !== undefined) throw new MethodFailure(label, steps, `a trained weight is ${odd}`);
}

function initialState({ layout, initial, inPasses }: Training): TensorMap {
  const state = initialOptimizerState(packParameters(layout, initial));
  return inPasses === true ? { ...state, gradient: float32([layout.size]) } : state;
}

/** A checkpoint of steps in one piece lacks the gradient that passes add to. */
function savedState({ layout, inPasses }: Training, saved: TensorMap): TensorMap {
  return inPasses === true ? { gradient: float32([layout.size]), ...saved } : saved;
}

/** The first charge of a step counts the step. */
function chargeStep(ledger: Ledger, charges: readonly Charge[]): void {
  for (const [i, charge] of charges.entries()) ledger.charge(charge.kind, { ...charge, steps: i === 0 ? 1 : 0 });
}

function plannedEntries(steps: readonly (readonly Charge[])[]): LedgerEntry[] {
  const ledger = new Ledger(Number.POSITIVE_INFINITY);
  for (const charges of steps) chargeStep(ledger, charges);
  return ledger.entries();
}

export function costOf(charges: readonly Charge[]): number {
  return charges.reduce((sum, { flops }) => sum + flops, 0);
}

/** A program's scalar output. */
export function scalarOf(outputs: TensorMap, name: string): number {
  const value = outputs[name]?.data[0];
  if (value === undefined) throw new Error(`the program has no output "${name}"`);
  return value;
}
