/** Writes a recorded graph as an ONNX model that runs it once. */
import { EngineError } from "../engine.js";
import type { Graph, Value } from "./graph.js";
import type { ConstantStorage, NamedValue, WrittenNodes } from "./graph-proto.js";
import { valueInfo, writeNodes } from "./graph-proto.js";
import { ProtoWriter } from "./protobuf.js";

const IR_VERSION = 10;
const OPSET = 21;
const CONTRIB_DOMAIN = "com.microsoft";
const MAX_MODEL_BYTES = 2 ** 31 - 1;

export interface OnnxModel {
  readonly bytes: Uint8Array;
  /** Graph inputs that some node reads; the others were dropped and must not be fed. */
  readonly inputs: readonly string[];
  readonly nodeCount: number;
}

/**
 * @param outputs what the graph must yield; every node that none of them needs is dropped.
 * @throws EngineError when the model is larger than the two gigabytes that one ONNX file may hold.
 */
export function writeModel(
  name: string,
  graph: Graph,
  outputs: readonly NamedValue[],
  storage: ConstantStorage = "float32",
): OnnxModel {
  const body = new ProtoWriter();
  const inputs = new Map<string, Value>();
  const written = writeNodes(body, graph, outputs, {
    storage,
    constants: body,
    inputName(inputName, value) {
      inputs.set(inputName, value);
      return inputName;
    },
  });
  body.string(2, name);
  for (const [inputName, value] of inputs) body.message(11, valueInfo(inputName, value));
  for (const { name: outputName, value } of outputs) body.message(12, valueInfo(outputName, value));
  return modelOf(name, body, [...inputs.keys()], written);
}

/** The file of a whole graph. */
export function modelOf(
  name: string,
  graph: ProtoWriter,
  inputs: readonly string[],
  { bytes, nodeCount }: WrittenNodes,
): OnnxModel {
  if (bytes > MAX_MODEL_BYTES - 2 ** 26) {
    throw new EngineError(
      `${name}: ${bytes} bytes of constants do not fit one ONNX model (2 GiB); feed them as inputs`,
    );
  }
  const model = new ProtoWriter().int(1, IR_VERSION).string(2, "mva-bench").message(7, graph);
  model.message(8, new ProtoWriter().string(1, "").int(2, OPSET));
  model.message(8, new ProtoWriter().string(1, CONTRIB_DOMAIN).int(2, 1));
  return { bytes: model.finish(), inputs, nodeCount };
}
