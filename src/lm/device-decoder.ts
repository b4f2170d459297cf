/** Drives `device-decode.ts`: batches of rows, each decoded to its end. */
import type { Engine, EngineState, HostTensor, TensorMap, TensorSpec } from "../engine/engine.js";
import { float32, int32, sizeOf, specsOf } from "../engine/engine.js";
import type { Bank } from "./adapters.js";
import { bucketLength } from "./buckets.js";
import type { Running } from "./decoding-batch.js";
import type { Choice, DeviceShape } from "./device-decode.js";
import { choiceSignature, devicePrefillProgram, deviceState, deviceStepProgram } from "./device-decode.js";
import type { ExecutableCache } from "./executable-cache.js";
import type { FusedBank } from "./fused-weights.js";
import type { GenerationSettings, Model } from "./generate.js";
import { cacheCapacity } from "./kv-cache.js";
import { NotFiniteError } from "./not-finite.js";

/**
 * Tokens of one call. More save calls and their launch and transfer; fewer waste less on rows that have ended, and trace and
 * compile sooner.
 */
export const TOKENS_PER_CALL = 8;

/** What a group of rows is decoded with. */
export interface DeviceGroup {
  /** Groups of equal layout share executables and state. */
  readonly layout: string;
  /** Frozen into the executables, by the names of each pass. */
  readonly constants: { readonly prefill: TensorMap; readonly step: TensorMap };
  /** Kept on the device beside the cache: a bank, or merged weights. */
  readonly fed: { readonly prefill: TensorMap; readonly step: TensorMap };
  readonly bank: Bank | null;
  readonly fused: FusedBank | null;
  /** Indices of the bank's adapters in a row's coefficients. */
  readonly members: readonly number[];
}

export class DeviceDecoder {
  #held: { readonly key: string; readonly state: EngineState } | undefined;

  constructor(
    readonly engine: Engine,
    readonly model: Model,
    readonly executables: ExecutableCache,
    readonly tokensPerCall = TOKENS_PER_CALL,
  ) {}

  /** Slots that rows need whose longest text has so many prompt tokens. */
  capacity(prompt: number, maxNewTokens: number): number {
    const calls = Math.ceil((maxNewTokens - 1) / this.#perCall(maxNewTokens));
    return cacheCapacity(Math.max(bucketLength(prompt), prompt + calls * this.#perCall(maxNewTokens)));
  }

  /** @param rows as many as the batch has at most; the rest of `size` is padding. */
  async decode(
    rows: readonly Running[],
    size: number,
    group: DeviceGroup,
    settings: GenerationSettings,
    finish: (running: Running, ended: boolean) => void,
  ): Promise<void> {
    const { maxNewTokens, temperature, logProbs = false } = settings;
    const prompt = Math.max(...rows.map(({ row }) => row.prompt.length));
    const shape: DeviceShape = { rows: size, capacity: this.capacity(prompt, maxNewTokens) };
    const choice: Choice = { greedy: temperature === 0, logProbs };
    const length = bucketLength(prompt);
    const state = this.#state(shape, group);
    const stops = new Set(settings.stopIds);
    const active = new Set(rows.keys());
    const fixed = this.#fixedInputs(rows, size, group, settings);

    const take = (outputs: TensorMap, count: number): void => {
      for (const index of [...active]) {
        const running = rows[index];
        if (running === undefined) continue;
        if (!Number.isFinite(outputs.logitSums?.data[index])) {
          throw new NotFiniteError(`row ${running.index}: the model's logits are not finite`);
        }
        for (let i = 0; i < count && active.has(index); i++) {
          const token = outputs.tokens?.data[index * count + i] ?? 0;
          running.tokens.push(token);
          if (logProbs) running.logProbs.push(outputs.logProbs?.data[index * count + i] ?? Number.NaN);
          const ended = stops.has(token);
          if (!ended && running.tokens.length < maxNewTokens) continue;
          active.delete(index);
          finish(running, ended);
        }
      }
    };

    const prefill = await this.#prefill(shape, length, choice, group);
    const noise = (count: number) => this.#noise(rows, size, count, choice);
    take(await prefill.run({ ...promptInputs(rows, size, length), ...fixed, ...noise(1) }, state), 1);
    const count = this.#perCall(maxNewTokens);
    while (active.size > 0) {
      settings.signal?.throwIfAborted();
      const step = await this.#step(shape, count, choice, group);
      take(await step.run({ ...fixed, ...noise(count) }, state), count);
    }
  }

  dispose(): void {
    this.#held?.state.dispose();
    this.#held = undefined;
  }

  #perCall(maxNewTokens: number): number {
    return Math.max(1, Math.min(this.tokensPerCall, maxNewTokens - 1));
  }

  /** One state at a time: the cache is most of the memory that decoding takes. */
  #state(shape: DeviceShape, { layout, fed }: DeviceGroup): EngineState {
    const key = `${shape.rows}x${shape.capacity}/${layout}`;
    const weights = { ...fed.prefill, ...fed.step };
    if (this.#held?.key === key) {
      this.#held.state.write(weights);
      return this.#held.state;
    }
    this.dispose();
    const specs = Object.entries(deviceState(this.model.config, shape));
    const empty = specs.map(([name, spec]): [string, HostTensor] => [name, zeros(spec)]);
    const state = this.engine.createState({ ...Object.fromEntries(empty), ...weights });
    this.#held = { key, state };
    return state;
  }

  #fixedInputs(
    rows: readonly Running[],
    size: number,
    { members }: DeviceGroup,
    { temperature }: GenerationSettings,
  ): Record<string, HostTensor> {
    const coefficients = new Float32Array(size * members.length);
    for (const [index, { row }] of rows.entries()) {
      for (const [k, member] of members.entries()) {
        coefficients[index * members.length + k] = row.coefficients?.[member] ?? 0;
      }
    }
    return {
      ...(members.length === 0 ? {} : { coefficients: float32([size, members.length], coefficients) }),
      ...(temperature === 0 ? {} : { inverseTemperature: float32([1], [1 / temperature]) }),
    };
  }

  #noise(rows: readonly Running[], size: number, count: number, { greedy }: Choice): Record<string, HostTensor> {
    if (greedy) return {};
    const noise = float32([size, count]);
    for (const [index, { uniform }] of rows.entries()) {
      for (let i = 0; i < count; i++) noise.data[index * count + i] = uniform();
    }
    return { noise };
  }

  #prefill(shape: DeviceShape, length: number, choice: Choice, group: DeviceGroup) {
    const { config } = this.model;
    const ids: TensorSpec = { dtype: "int32", shape: [shape.rows, length] };
    return this.executables.get(`device prefill/${keyOf(shape, choice, group)}/${length}`, () =>
      this.engine.compile("device prefill", devicePrefillProgram(config, shape, length, choice, group.bank), {
        inputs: {
          tokens: ids,
          positions: ids,
          segments: ids,
          lengths: { dtype: "int32", shape: [shape.rows] },
          ...choiceSignature(shape.rows, 1, choice, group.members.length),
        },
        constants: group.constants.prefill,
        state: { ...deviceState(config, shape), ...specsOf(group.fed.prefill) },
      }),
    );
  }

  #step(shape: DeviceShape, count: number, choice: Choice, group: DeviceGroup) {
    const { config } = this.model;
    return this.executables.get(`device step/${keyOf(shape, choice, group)}/${count}`, () =>
      this.engine.compile("device step", deviceStepProgram(config, shape, count, choice, group.fused), {
        inputs: choiceSignature(shape.rows, count, choice, group.members.length),
        constants: group.constants.step,
        state: { ...deviceState(config, shape), ...specsOf(group.fed.step) },
      }),
    );
  }
}

function keyOf({ rows, capacity }: DeviceShape, choice: Choice, { layout }: DeviceGroup): string {
  return `${layout}/${rows}x${capacity}/${choice.greedy}/${choice.logProbs}`;
}

/** Prompts at the end of `length` columns; rows of padding read one token. */
function promptInputs(rows: readonly Running[], size: number, length: number): Record<string, HostTensor> {
  const tokens = new Int32Array(size * length);
  const positions = new Int32Array(size * length);
  const segments = new Int32Array(size * length).fill(-1);
  const lengths = new Int32Array(size).fill(1);
  for (let index = 0; index < size; index++) {
    const prompt = rows[index]?.row.prompt ?? Int32Array.of(0);
    const from = (index + 1) * length - prompt.length;
    tokens.set(prompt, from);
    segments.fill(0, from, from + prompt.length);
    for (let t = 0; t < prompt.length; t++) positions[from + t] = t;
    lengths[index] = prompt.length;
  }
  return {
    tokens: int32([size, length], tokens),
    positions: int32([size, length], positions),
    segments: int32([size, length], segments),
    lengths: int32([size], lengths),
  };
}

function zeros({ dtype, shape }: TensorSpec): HostTensor {
  return dtype === "int32" ? int32(shape) : float32(shape, new Float32Array(sizeOf(shape)));
}
