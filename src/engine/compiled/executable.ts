/** A session as an executable: what is fed to it, once or in a series, and what becomes of what it gives. */
import type * as ort from "onnxruntime-node";
import { deviceError } from "../device-error.js";
import { checkInputs } from "../eager.js";
import type { EngineState, Executable, HostTensor, Signature, TensorMap } from "../engine.js";
import { EngineError } from "../engine.js";
import type { Target } from "./graph.js";
import { stack, times, unstack } from "./series.js";
import { TIMES } from "./series-model.js";
import { CompiledState } from "./state.js";
import { toHost, toOrt } from "./tensors.js";
import { INPUT, NEW_STATE, OUTPUT, STATE } from "./trace.js";
import type { TrafficCounter } from "./traffic.js";

export interface OpenProgram {
  readonly name: string;
  readonly target: Target;
  readonly signature: Signature;
  readonly session: ort.InferenceSession;
  /** Of the model, with the prefixes of `trace.ts`. */
  readonly names: { readonly inputs: readonly string[]; readonly outputs: readonly string[] };
  /** The model runs the program several times (`series-model.ts`). */
  readonly inLoop: boolean;
  readonly counter: TrafficCounter | null;
}

export function executableOf({ name, target, signature, session, names, inLoop, counter }: OpenProgram): Executable {
  const stateNames = namesOf(STATE, names.inputs);
  const inputNames = namesOf(INPUT, names.inputs);
  const needsState = Object.keys(signature.state ?? {}).length > 0;
  let disposed = false;

  /** One call of the session. @returns its outputs; the state has been replaced */
  async function call(
    fed: TensorMap,
    state: EngineState | undefined,
    extra: Feeds = {},
  ): Promise<Record<string, HostTensor>> {
    const held = needsState ? ownState(name, state) : null;
    await held?.settle();
    const feeds: Feeds = {};
    for (const key of inputNames) {
      const value = fed[key];
      if (value !== undefined) feeds[INPUT + key] = toOrt(value);
    }
    for (const key of stateNames) {
      const value = held?.get(key);
      const spec = signature.state?.[key];
      if (value === undefined || `${spec?.shape}` !== `${value.dims}` || spec?.dtype !== value.type) {
        const has = `${value?.type}[${value?.dims}]`;
        throw new EngineError(`${name}: state "${key}" is ${has}, the program wants ${spec?.dtype}[${spec?.shape}]`);
      }
      feeds[STATE + key] = value;
    }
    counter?.fed(feeds);
    const results = await runSession(name, target, session, { ...feeds, ...extra });
    counter?.given(results);
    const read: Record<string, HostTensor> = {};
    for (const key of names.outputs) {
      const result = results[key];
      if (result === undefined) throw new EngineError(`${name}: output "${key}" did not come back`);
      if (key.startsWith(OUTPUT)) read[key.slice(OUTPUT.length)] = toHost(result);
      else held?.replace(key.slice(NEW_STATE.length), result);
    }
    return read;
  }

  const looped = async (series: readonly TensorMap[], state?: EngineState) => {
    if (series.length === 0) return [];
    const outputs = await call(stack(inputNames, series), state, { [TIMES]: times(series.length) });
    return unstack(outputs, series.length);
  };
  const check = (inputs: TensorMap): void => {
    if (disposed) throw new EngineError(`${name}: run after dispose`);
    checkInputs(name, signature, inputs);
  };

  return {
    async run(inputs, state) {
      check(inputs);
      if (!inLoop) return call(inputs, state);
      const [outputs = {}] = await looped([inputs], state);
      return outputs;
    },
    async runSeries(series, state) {
      for (const inputs of series) check(inputs);
      if (inLoop) return looped(series, state);
      const results: Record<string, HostTensor>[] = [];
      for (const inputs of series) results.push(await call(inputs, state));
      return results;
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      void session.release();
    },
  };
}

type Feeds = Record<string, ort.Tensor>;

function namesOf(prefix: string, keys: readonly string[]): string[] {
  return keys.flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []));
}

async function runSession(
  name: string,
  target: Target,
  session: ort.InferenceSession,
  feeds: Feeds,
): Promise<ort.InferenceSession.ReturnType> {
  try {
    return await session.run(feeds);
  } catch (error) {
    throw deviceError(name, target, error) ?? error;
  }
}

function ownState(name: string, state: EngineState | undefined): CompiledState {
  if (state === undefined) throw new EngineError(`${name}: needs a state`);
  if (!(state instanceof CompiledState)) throw new EngineError(`${name}: this state belongs to another engine`);
  return state;
}
