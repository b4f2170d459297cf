/**
 * Eager engines: the program itself, run op by op on a TensorFlow.js backend. The plain JavaScript backend
 * (`tfjs-cpu`) is the oracle that compiled engines are held against.
 */
import * as tf from "@tensorflow/tfjs";
import { deviceError } from "./device-error.js";
import type {
  Engine,
  EngineId,
  EngineState,
  Executable,
  HostTensor,
  Program,
  Signature,
  TensorMap,
  TfTensors,
  Traffic,
} from "./engine.js";
import { EngineError } from "./engine.js";

/** Tensors that stay with the backend from run to run: on a card, nothing of the state crosses in a step. */
class EagerState implements EngineState {
  readonly #values = new Map<string, tf.Tensor>();

  constructor(
    values: TensorMap,
    private readonly backend: string,
  ) {
    chooseBackend(backend);
    for (const [name, value] of Object.entries(values)) this.#values.set(name, kept(value));
  }

  async read(names: readonly string[] = [...this.#values.keys()]): Promise<Record<string, HostTensor>> {
    return Object.fromEntries(names.map((name) => [name, toHost(this.get(name))]));
  }

  write(values: TensorMap): void {
    chooseBackend(this.backend);
    for (const [name, value] of Object.entries(values)) {
      const old = this.get(name);
      if (`${old.shape}` !== `${value.shape}`) {
        throw new EngineError(`state "${name}" has shape [${old.shape}], not [${value.shape}]`);
      }
      this.replace(name, kept(value));
    }
  }

  get(name: string): tf.Tensor {
    const value = this.#values.get(name);
    if (value === undefined) throw new EngineError(`state has no entry "${name}"`);
    return value;
  }

  /** @param value kept, and of the entry's shape */
  replace(name: string, value: tf.Tensor): void {
    this.#values.get(name)?.dispose();
    this.#values.set(name, value);
  }

  dispose(): void {
    for (const value of this.#values.values()) value.dispose();
    this.#values.clear();
  }
}

/** A tensor of its own: the plain JavaScript backend would else work on the caller's array. */
function kept({ data, shape, dtype }: HostTensor): tf.Tensor {
  return tf.keep(tf.tensor(data.slice(), [...shape], dtype));
}

function toTf(value: HostTensor): tf.Tensor {
  return tf.tensor(value.data, [...value.shape], value.dtype);
}

function toHost(tensor: tf.Tensor): HostTensor {
  const data = tensor.dataSync();
  if (tensor.dtype === "int32") return { dtype: "int32", shape: [...tensor.shape], data: Int32Array.from(data) };
  return { dtype: "float32", shape: [...tensor.shape], data: Float32Array.from(data) };
}

/**
 * An eager engine over a registered TensorFlow.js backend. Programs run synchronously and exclusively.
 * @param traffic what has crossed to a card and back, where there is one
 */
export function createEagerEngine(id: EngineId, backend: string, threads: number, traffic?: () => Traffic): Engine {
  return {
    ...(traffic === undefined ? {} : { traffic }),
    id,
    kind: "eager",
    threads,
    async compile(name: string, program: Program, signature: Signature): Promise<Executable> {
      chooseBackend(backend);
      const constants: TfTensors = {};
      for (const [key, value] of Object.entries(signature.constants ?? {})) constants[key] = toTf(value);
      const runOnce = (inputs: TensorMap, state?: EngineState): Record<string, HostTensor> => {
        chooseBackend(backend);
        if (state !== undefined && !(state instanceof EagerState)) {
          throw new EngineError(`${name}: this state belongs to another engine`);
        }
        const entries: [string, HostTensor][] = [];
        const updates = new Map<string, tf.Tensor>();
        const compute = (): void => {
          const fed = Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, toTf(value)]));
          const held: TfTensors = {};
          for (const key of Object.keys(signature.state ?? {})) {
            if (state === undefined) throw new EngineError(`${name}: needs a state`);
            held[key] = state.get(key);
          }
          const result = program({ inputs: fed, constants, state: held });
          for (const [key, tensor] of Object.entries(result.outputs)) entries.push([key, toHost(tensor)]);
          // A clone shares the values; what comes back may be an input, a constant, or the entry itself.
          for (const [key, tensor] of Object.entries(result.state ?? {})) {
            if (`${state?.get(key).shape}` !== `${tensor.shape}`) {
              throw new EngineError(
                `${name}: returned state "${key}" is [${tensor.shape}], not [${state?.get(key).shape}]`,
              );
            }
            updates.set(key, tf.clone(tensor));
          }
          for (const tensor of updates.values()) tf.keep(tensor);
        };
        try {
          tf.tidy(compute);
        } catch (error) {
          throw deviceError(name, id, error) ?? missingKernel(name, id, error) ?? error;
        }
        for (const [key, tensor] of updates) state?.replace(key, tensor);
        return Object.fromEntries(entries);
      };
      return {
        async run(inputs: TensorMap, state?: EngineState) {
          checkInputs(name, signature, inputs);
          return runOnce(inputs, state);
        },
        async runSeries(series: readonly TensorMap[], state?: EngineState) {
          for (const inputs of series) checkInputs(name, signature, inputs);
          return series.map((inputs) => runOnce(inputs, state));
        },
        dispose() {
          tf.dispose(constants);
        },
      };
    },
    createState: (values) => new EagerState(values, backend),
    dispose() {},
  };
}

/** Choosing a backend sets up all its kernels, even where it is the one in use. */
function chooseBackend(backend: string): void {
  if (tf.getBackend() !== backend) void tf.setBackend(backend);
}

/** One line where TensorFlow lists all the kernels that it does have. */
function missingKernel(program: string, id: EngineId, error: unknown): EngineError | undefined {
  const [line = ""] = String(error instanceof Error ? error.message : error).split("\n");
  if (!/Could not find device for node|No OpKernel was registered/.test(line)) return undefined;
  return new EngineError(`${program}: the engine "${id}" has no kernel for an op (${line.trim().slice(0, 200)})`);
}

/** @throws EngineError that names the first input that is missing, surplus or of the wrong shape or type. */
export function checkInputs(name: string, signature: Signature, inputs: TensorMap): void {
  for (const [key, spec] of Object.entries(signature.inputs)) {
    const value = inputs[key];
    if (value === undefined) throw new EngineError(`${name}: input "${key}" is missing`);
    if (value.dtype !== spec.dtype || `${value.shape}` !== `${spec.shape}`) {
      throw new EngineError(
        `${name}: input "${key}" is ${value.dtype}[${value.shape}], the program wants ${spec.dtype}[${spec.shape}]`,
      );
    }
  }
  for (const key of Object.keys(inputs)) {
    if (!(key in signature.inputs)) throw new EngineError(`${name}: the program has no input "${key}"`);
  }
}
