/**
 * A TensorFlow.js backend that computes nothing: its kernels add nodes to a graph, and a data id stands for a graph
 * value. Running a program on it once yields the program as a graph, gradients and all.
 *
 * Not here: what each kernel records (`kernels/`).
 */
import * as tf from "@tensorflow/tfjs";
import { EngineError } from "../engine.js";
import type { ElementType, Graph, Target, Value } from "./graph.js";
import { sameShape } from "./graph.js";

export const RECORDER = "mva-bench-recorder";

/** What a kernel is given: the inputs by their TensorFlow.js names, or by position for ops over a list. */
export type KernelInputs = Readonly<Record<string, Value>>;
export type Kernel = (graph: Graph, inputs: KernelInputs, attributes: tf.NamedAttrMap) => Value | readonly Value[];

interface Recording {
  readonly program: string;
  readonly graph: Graph;
}

class RecorderBackend extends tf.KernelBackend {
  recording: Recording | null = null;
  private readonly values = new Map<object, Value>();

  /** @throws EngineError when no trace is under way. */
  graph(): Graph {
    if (this.recording === null) {
      throw new EngineError("a tensor of a compiled program was used outside of it: return it as an output instead");
    }
    return this.recording.graph;
  }

  recorded(tensor: tf.TensorInfo): Value {
    const known = this.values.get(tensor.dataId);
    if (known !== undefined) return known;
    // A tensor made outside the program (on another backend): its values become part of the program.
    const outside = tf.engine().readSync(tensor.dataId);
    return this.graph().literal(elementType(tensor.dtype), tensor.shape, outside as Float32Array);
  }

  tensorOf(value: Value): tf.TensorInfo {
    const dataId = {};
    this.values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: value.dtype === "int64" ? "int32" : value.dtype };
  }

  forget(): void {
    this.values.clear();
    this.recording = null;
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.values.set(dataId, this.graph().literal(elementType(dtype), shape, values as Float32Array));
    return dataId;
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const value = this.values.get(dataId);
    const where = this.recording?.program ?? "a compiled program";
    const source = value?.source;
    const what = source?.kind === "node" ? `the result of op "${source.node.recordedBy}"` : "a tensor";
    throw new EngineError(`${where}: ${what} was read: values are not known yet, so not inside compile()`);
  }

  override async read(dataId: object): Promise<tf.backend_util.BackendValues> {
    return this.readSync(dataId);
  }

  override disposeData(dataId: object): boolean {
    this.values.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return this.values.size;
  }

  override refCount(): number {
    return 1;
  }

  override incRef(): void {}

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override dispose(): void {
    this.forget();
  }
}

let backend: RecorderBackend | null = null;

/** What the program that runs now is being recorded for; `null` when none is recorded. */
export function recordingTarget(): Target | null {
  return backend?.recording?.graph.target ?? null;
}

/** The one recorder of this process, with its kernels registered. */
export function recorder(kernels: Readonly<Record<string, Kernel>>): RecorderBackend {
  if (backend !== null) return backend;
  const made = new RecorderBackend();
  // Priority 0: never chosen unless asked for by name.
  tf.registerBackend(RECORDER, () => made, 0);
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    tf.registerKernel({
      kernelName,
      backendName: RECORDER,
      kernelFunc: ({ inputs, attrs }) => record(made, kernelName, kernel, inputs, attrs ?? {}),
    });
  }
  for (const { kernelName } of tf.getKernelsForBackend("cpu")) {
    if (kernelName in kernels) continue;
    tf.registerKernel({
      kernelName,
      backendName: RECORDER,
      kernelFunc: () => {
        const where = made.recording?.program ?? "a compiled program";
        throw new EngineError(`${where}: op "${kernelName}" has no kernel: not inside compile()`);
      },
    });
  }
  backend = made;
  return made;
}

function record(
  recorder: RecorderBackend,
  name: string,
  kernel: Kernel,
  tensors: tf.NamedTensorInfoMap,
  attributes: tf.NamedAttrMap,
): tf.TensorInfo | tf.TensorInfo[] {
  const graph = recorder.graph();
  const inputs: Record<string, Value> = {};
  for (const [key, tensor] of Object.entries(tensors)) {
    if (tensor === undefined || tensor === null) continue;
    const value = recorder.recorded(tensor);
    if (!sameShape(value.shape, tensor.shape)) {
      throw new Error(`${name}: recorded shape [${value.shape}] is not [${tensor.shape}]`);
    }
    inputs[key] = value;
  }
  graph.recording = name;
  const result = kernel(graph, inputs, attributes);
  return Array.isArray(result)
    ? (result as readonly Value[]).map((value) => recorder.tensorOf(value))
    : recorder.tensorOf(result as Value);
}

/** @throws EngineError for types that a compiled program cannot hold (strings, complex numbers). */
export function elementType(dtype: tf.DataType): ElementType {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") return dtype;
  throw new EngineError(`a tensor of type ${dtype} cannot be part of a compiled program: not inside compile()`);
}
