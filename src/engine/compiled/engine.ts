/** The compiled engine: programs recorded as ONNX graphs and run by ONNX Runtime. */
import * as ort from "onnxruntime-node";
import { checkInputs } from "../eager.js";
import type { Engine, EngineState, Executable, HostTensor, Program, Signature, TensorMap } from "../engine.js";
import { EngineError } from "../engine.js";
import type { Target } from "./graph.js";
import { writeModel } from "./model.js";
import { INPUT, NEW_STATE, OUTPUT, STATE, trace } from "./trace.js";

/** State in host memory: it is fed without a copy, and its new values come back in fresh buffers. */
class HostState implements EngineState {
  private readonly values = new Map<string, ort.Tensor>();

  constructor(values: TensorMap) {
    for (const [name, value] of Object.entries(values)) this.values.set(name, toOrt(value, true));
  }

  async read(names?: readonly string[]): Promise<Record<string, HostTensor>> {
    const wanted = names ?? [...this.values.keys()];
    return Object.fromEntries(wanted.map((name) => [name, toHost(this.get(name), true)]));
  }

  write(values: TensorMap): void {
    for (const [name, value] of Object.entries(values)) {
      const old = this.get(name);
      if (`${old.dims}` !== `${value.shape}`) {
        throw new EngineError(`state "${name}" has shape [${old.dims}], not [${value.shape}]`);
      }
      this.values.set(name, toOrt(value, true));
    }
  }

  get(name: string): ort.Tensor {
    const value = this.values.get(name);
    if (value === undefined) throw new EngineError(`state has no entry "${name}"`);
    return value;
  }

  replace(name: string, value: ort.Tensor): void {
    this.values.set(name, value);
  }

  dispose(): void {
    this.values.clear();
  }
}

function toOrt(value: HostTensor, copy = false): ort.Tensor {
  const data = copy ? value.data.slice() : value.data;
  return data instanceof Int32Array
    ? new ort.Tensor("int32", data, [...value.shape])
    : new ort.Tensor("float32", data, [...value.shape]);
}

function toHost(tensor: ort.Tensor, copy = false): HostTensor {
  const { data } = tensor;
  if (!(data instanceof Float32Array) && !(data instanceof Int32Array)) {
    throw new EngineError(`an output of type ${tensor.type} cannot be read`);
  }
  const dtype = data instanceof Int32Array ? "int32" : "float32";
  return { dtype, shape: [...tensor.dims], data: copy ? data.slice() : data };
}

export interface CompiledEngineOptions {
  readonly threads: number;
}

export function createCompiledEngine(id: Target, { threads }: CompiledEngineOptions): Engine {
  return {
    id,
    kind: "compiled",
    threads,
    async compile(name: string, program: Program, signature: Signature): Promise<Executable> {
      const { graph, outputs } = trace(name, program, signature, id);
      const model = writeModel(name, graph, outputs);
      const session = await ort.InferenceSession.create(model.bytes, sessionOptions(id, threads));
      const feedInputs = model.inputs.filter((key) => key.startsWith(INPUT));
      const feedStates = model.inputs.filter((key) => key.startsWith(STATE));
      let disposed = false;
      return {
        async run(inputs: TensorMap, state?: EngineState) {
          if (disposed) throw new EngineError(`${name}: run after dispose`);
          checkInputs(name, signature, inputs);
          if (state !== undefined && !(state instanceof HostState)) {
            throw new EngineError(`${name}: this state belongs to another engine`);
          }
          const feeds: Record<string, ort.Tensor> = {};
          for (const key of feedInputs) {
            const value = inputs[key.slice(INPUT.length)];
            if (value !== undefined) feeds[key] = toOrt(value);
          }
          for (const key of feedStates) {
            if (state === undefined) throw new EngineError(`${name}: needs a state`);
            const entry = key.slice(STATE.length);
            const value = state.get(entry);
            const spec = signature.state?.[entry];
            if (`${spec?.shape}` !== `${value.dims}`) {
              throw new EngineError(
                `${name}: state "${entry}" has shape [${value.dims}], the program wants [${spec?.shape}]`,
              );
            }
            feeds[key] = value;
          }
          const results = await session.run(feeds);
          const read: Record<string, HostTensor> = {};
          for (const { name: key } of outputs) {
            const result = results[key];
            if (result === undefined) throw new EngineError(`${name}: output "${key}" did not come back`);
            if (key.startsWith(OUTPUT)) read[key.slice(OUTPUT.length)] = toHost(result);
            else state?.replace(key.slice(NEW_STATE.length), result);
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
    createState: (values) => new HostState(values),
    dispose() {},
  };
}

function sessionOptions(id: Target, threads: number): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [id],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
  };
}
