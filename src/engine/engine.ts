/**
 * What an engine is: the one place where tensors are computed. A program is written once in TensorFlow.js ops; an
 * engine turns it into an executable, either by compiling it (ONNX Runtime) or by running it as it stands (eager).
 *
 * Not here: models, losses or optimizers. They are programs, and live in `lm`, `rewards` and `methods`.
 */
import type * as tf from "@tensorflow/tfjs";

export type DType = "float32" | "int32";

/** A tensor in host memory, row-major. `data.length` is the product of `shape`. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

export type TensorMap = Readonly<Record<string, HostTensor>>;

export interface TensorSpec {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export function specsOf(tensors: TensorMap): Record<string, TensorSpec> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { dtype, shape }]) => [name, { dtype, shape }]));
}

export type TfTensors = Record<string, tf.Tensor>;

/** The symbolic (compiled) or real (eager) tensors that a program is called with, by name. */
export interface ProgramValues {
  /** Fed anew at each run. */
  readonly inputs: TfTensors;
  /** Frozen for the life of the executable (a base policy's weights). */
  readonly constants: TfTensors;
  /** Kept by the engine from run to run (adapters, optimizer moments). */
  readonly state: TfTensors;
}

export interface ProgramResult {
  /** Read back to the host after every run: keep it small. */
  readonly outputs: TfTensors;
  /** New values of (some) state entries; entries not returned stay as they are. */
  readonly state?: TfTensors;
}

/**
 * A pure, synchronous function over TensorFlow.js ops. It must not read a tensor's value (`dataSync` and the like):
 * under a compiled engine that throws an `EngineError` that names the op.
 */
export type Program = (values: ProgramValues) => ProgramResult;

export interface Signature {
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  readonly constants?: TensorMap;
  readonly state?: Readonly<Record<string, TensorSpec>>;
}

/** Mutable tensors that live where the engine computes; several executables may share one state. */
export interface EngineState {
  /** Copies of the current values. */
  read(names?: readonly string[]): Promise<Record<string, HostTensor>>;
  /** Replaces the named entries; shapes must not change. */
  write(values: TensorMap): void;
  dispose(): void;
}

export interface Executable {
  /**
   * Runs the program once. `inputs` must match the signature exactly. With `state`, its entries named in the signature
   * are passed in and the returned ones replaced.
   * @throws EngineError on a missing, surplus or wrongly shaped input.
   */
  run(inputs: TensorMap, state?: EngineState): Promise<Record<string, HostTensor>>;
  /**
   * Runs the program once for each element of `inputs`, in order; the results are those of as many calls of `run`. All
   * inputs are checked before the first runs. Where programs are compiled for it (`CompileHints.series`) it is one call of the
   * library, in which the state stays where it is computed; a call that fails has then changed nothing.
   */
  runSeries(inputs: readonly TensorMap[], state?: EngineState): Promise<Record<string, HostTensor>[]>;
  dispose(): void;
}

export const ENGINE_IDS = ["cpu", "webgpu", "cuda", "tfjs-cpu", "tfjs-node", "tfjs-node-gpu"] as const;

export type EngineId = (typeof ENGINE_IDS)[number];

/** Engines whose memory is a card's, not the host's. */
const DEVICE_ENGINES: ReadonlySet<EngineId> = new Set(["webgpu", "cuda", "tfjs-node-gpu"]);

export function hasOwnMemory(engine: EngineId): boolean {
  return DEVICE_ENGINES.has(engine);
}

/** Advice for compiling; what an executable computes does not depend on it. */
export interface CompileHints {
  /** Fewer threads than the engine's, for programs whose operators are too small to be shared out. */
  readonly threads?: number;
  /**
   * What the other threads do while they have nothing to do: "spin" (the default) takes up work at once, "sleep" leaves
   * the processor to others, which is faster where runs are short and the caller works between them.
   */
  readonly idle?: "spin" | "sleep";
  /** Runs will mostly come in series (`Executable.runSeries`). */
  readonly series?: boolean;
}

export interface Engine {
  readonly id: EngineId;
  readonly kind: "compiled" | "eager";
  /** Threads one executable may use. */
  readonly threads: number;
  /** Rows that a caller should put in one call at most; absent: as many as it finds best. */
  readonly maxRows?: number;
  /**
   * Steps that a caller should take in one call (`Executable.runSeries`, `CompileHints.series`), where state would else cross
   * to the host at each; absent: one.
   */
  readonly stepsPerCall?: number;
  /** Tells a user one line; absent: nobody listens. */
  readonly say?: (line: string) => void;
  /** `name` appears in error messages and profiles. */
  compile(name: string, program: Program, signature: Signature, hints?: CompileHints): Promise<Executable>;
  createState(values: TensorMap): EngineState;
  /** What has crossed between the host's memory and the device's; absent where they are one. */
  traffic?(): Traffic;
  dispose(): void;
}

/** Bytes since the engine was opened. */
export interface Traffic {
  readonly toDevice: number;
  readonly fromDevice: number;
}

export class EngineError extends Error {
  override readonly name = "EngineError";
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

export function float32(shape: readonly number[], data?: Float32Array | readonly number[]): HostTensor {
  const size = sizeOf(shape);
  const values =
    data === undefined ? new Float32Array(size) : data instanceof Float32Array ? data : Float32Array.from(data);
  if (values.length !== size) throw new EngineError(`${values.length} values do not fill shape [${shape}] (${size})`);
  return { dtype: "float32", shape: [...shape], data: values };
}

export function int32(shape: readonly number[], data?: Int32Array | readonly number[]): HostTensor {
  const size = sizeOf(shape);
  const values = data === undefined ? new Int32Array(size) : data instanceof Int32Array ? data : Int32Array.from(data);
  if (values.length !== size) throw new EngineError(`${values.length} values do not fill shape [${shape}] (${size})`);
  return { dtype: "int32", shape: [...shape], data: values };
}
