/** Runs a program once on the recorder and returns it as a graph. Synchronous and exclusive: tfjs has one global engine. */
import * as tf from "@tensorflow/tfjs";
import type { Program, Signature, TfTensors } from "../engine.js";
import { EngineError } from "../engine.js";
import type { Target, Value } from "./graph.js";
import { Graph } from "./graph.js";
import type { NamedValue } from "./graph-proto.js";
import { kernels } from "./kernels/index.js";
import { RECORDER, recorder } from "./recorder.js";

/** Prefixes of graph value names, so that an input and a state entry may share a name. */
export const INPUT = "in:";
export const STATE = "state:";
const CONSTANT = "const:";
export const OUTPUT = "out:";
export const NEW_STATE = "new:";

export interface Trace {
  readonly graph: Graph;
  /** Named with `OUTPUT` and `NEW_STATE`; a state entry that comes back unchanged is left out. */
  readonly outputs: readonly NamedValue[];
}

/** @throws EngineError when the program reads a value, uses an op without a kernel, or is already being traced. */
export function trace(name: string, program: Program, signature: Signature, target: Target): Trace {
  const backend = recorder(kernels);
  if (backend.recording !== null) {
    throw new EngineError(`${name}: compile() was called while "${backend.recording.program}" is being recorded`);
  }
  const previous = tf.getBackend() ?? "cpu";
  const graph = new Graph(target);
  const outputs: NamedValue[] = [];
  const asTensor = (value: Value): tf.Tensor => tf.engine().makeTensorFromTensorInfo(backend.tensorOf(value));
  backend.recording = { program: name, graph };
  try {
    switchBackend(RECORDER);
    tf.tidy(() => {
      const inputs: TfTensors = {};
      for (const [key, spec] of Object.entries(signature.inputs)) {
        inputs[key] = asTensor(graph.input(INPUT + key, spec.dtype, spec.shape));
      }
      const constants: TfTensors = {};
      for (const [key, { dtype, shape, data }] of Object.entries(signature.constants ?? {})) {
        constants[key] = asTensor(graph.constant(CONSTANT + key, dtype, shape, data));
      }
      const state: TfTensors = {};
      const before = new Map<string, Value>();
      for (const [key, spec] of Object.entries(signature.state ?? {})) {
        const value = graph.input(STATE + key, spec.dtype, spec.shape);
        before.set(key, value);
        state[key] = asTensor(value);
      }
      const result = program({ inputs, constants, state });
      graph.recording = "output";
      for (const [key, tensor] of Object.entries(result.outputs)) {
        outputs.push({ name: OUTPUT + key, value: hostType(graph, backend.recorded(tensor)) });
      }
      for (const [key, tensor] of Object.entries(result.state ?? {})) {
        const old = before.get(key);
        const value = backend.recorded(tensor);
        if (old === undefined) throw new EngineError(`${name}: returned state "${key}" is not in the signature`);
        if (`${old.shape}` !== `${value.shape}` || old.dtype !== value.dtype) {
          throw new EngineError(
            `${name}: returned state "${key}" is ${value.dtype}[${value.shape}], not ${old.dtype}[${old.shape}]`,
          );
        }
        if (value !== old) outputs.push({ name: NEW_STATE + key, value });
      }
    });
  } finally {
    switchBackend(previous);
    backend.forget();
  }
  return { graph, outputs };
}

/** Hosts know float32 and int32: booleans leave as 0 and 1 in float32, as they do from an eager engine. */
function hostType(graph: Graph, value: Value): Value {
  if (value.dtype !== "bool") return value;
  return graph.emit("Cast", [value], { dtype: "float32", shape: value.shape }, { to: 1 });
}

function switchBackend(name: string): void {
  // A backend whose factory is synchronous is active when the call returns.
  void tf.setBackend(name);
}
