/** The compiled engine: programs recorded as ONNX graphs and run by ONNX Runtime. */
import type * as ort from "onnxruntime-node";
import { deviceError } from "../device-error.js";
import { checkInputs } from "../eager.js";
import type {
  CompileHints,
  Engine,
  EngineState,
  Executable,
  HostTensor,
  Program,
  Signature,
  TensorMap,
} from "../engine.js";
import { EngineError } from "../engine.js";
import type { Target } from "./graph.js";
import { writeModel } from "./model.js";
import type { SessionSettings } from "./session.js";
import { createSession } from "./session.js";
import { CompiledState } from "./state.js";
import { toHost, toOrt } from "./tensors.js";
import { INPUT, NEW_STATE, OUTPUT, STATE, trace } from "./trace.js";
import { TrafficCounter } from "./traffic.js";
import { Transfer } from "./transfer.js";

export function createCompiledEngine(settings: SessionSettings): Engine {
  const { target, threads } = settings;
  const counter = target === "cpu" ? null : new TrafficCounter();
  const transfer = target === "webgpu" && counter !== null ? new Transfer(settings, counter) : null;
  return {
    id: target,
    kind: "compiled",
    threads,
    async compile(name: string, program: Program, signature: Signature, hints?: CompileHints): Promise<Executable> {
      const { graph, outputs } = trace(name, program, signature, target);
      const model = writeModel(name, graph, outputs, settings.constants);
      const onDevice = transfer === null ? [] : outputs.filter((output) => output.name.startsWith(NEW_STATE));
      const session = await openSession(
        name,
        model.bytes,
        { ...settings, threads: Math.min(threads, hints?.threads ?? threads), idle: hints?.idle ?? "spin" },
        onDevice.map((output) => output.name),
      );
      const stateNames = model.inputs.flatMap((key) => (key.startsWith(STATE) ? [key.slice(STATE.length)] : []));
      const inputNames = model.inputs.flatMap((key) => (key.startsWith(INPUT) ? [key.slice(INPUT.length)] : []));
      const needsState = Object.keys(signature.state ?? {}).length > 0;
      let disposed = false;
      return {
        async run(inputs: TensorMap, state?: EngineState) {
          if (disposed) throw new EngineError(`${name}: run after dispose`);
          checkInputs(name, signature, inputs);
          const held = needsState ? ownState(name, state) : null;
          await held?.settle();
          const feeds: Record<string, ort.Tensor> = {};
          for (const key of inputNames) {
            const value = inputs[key];
            if (value !== undefined) feeds[INPUT + key] = toOrt(value);
          }
          for (const key of stateNames) {
            const value = held?.get(key);
            const spec = signature.state?.[key];
            if (value === undefined || `${spec?.shape}` !== `${value.dims}` || spec?.dtype !== value.type) {
              const has = `${value?.type}[${value?.dims}]`;
              throw new EngineError(
                `${name}: state "${key}" is ${has}, the program wants ${spec?.dtype}[${spec?.shape}]`,
              );
            }
            feeds[STATE + key] = value;
          }
          counter?.fed(feeds);
          const results = await runSession(name, target, session, feeds);
          counter?.given(results);
          const read: Record<string, HostTensor> = {};
          for (const { name: key } of outputs) {
            const result = results[key];
            if (result === undefined) throw new EngineError(`${name}: output "${key}" did not come back`);
            if (key.startsWith(OUTPUT)) read[key.slice(OUTPUT.length)] = toHost(result);
            else held?.replace(key.slice(NEW_STATE.length), result);
          }
          return read;
        },
        dispose() {
          if (disposed) return;
          disposed = true;
          void session.release();
        },
      };
    },
    createState: (values) => new CompiledState(values, transfer),
    ...(counter === null ? {} : { traffic: () => counter.total() }),
    dispose() {
      void transfer?.dispose();
    },
  };
}

async function openSession(name: string, ...args: Parameters<typeof createSession>): Promise<ort.InferenceSession> {
  try {
    return await createSession(...args);
  } catch (error) {
    throw deviceError(name, args[1].target, error) ?? error;
  }
}

async function runSession(
  name: string,
  target: Target,
  session: ort.InferenceSession,
  feeds: Record<string, ort.Tensor>,
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
