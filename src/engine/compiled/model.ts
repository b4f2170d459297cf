/** Writes a recorded graph as an ONNX model (https://onnx.ai/onnx/repo-docs/IR.html, opset 21). */
import { EngineError, sizeOf } from "../engine.js";
import type { Attribute, ElementType, Graph, Node, Value } from "./graph.js";
import { halfBits } from "./half-constants.js";
import { ProtoWriter } from "./protobuf.js";

const IR_VERSION = 10;
const OPSET = 21;
const CONTRIB_DOMAIN = "com.microsoft";
const ELEMENT_TYPE: Record<ElementType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };
const FLOAT16 = 10;
/** Gathered along their first axis: 16-bit rows are made 32-bit ones after they were taken. */
const GATHERS = new Set(["Gather"]);
/** Uniform tensors above this many elements are made by a node at load time, not spelt out in the file. */
const SPELT_OUT = 1024;
const MAX_MODEL_BYTES = 2 ** 31 - 1;

export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

export interface OnnxModel {
  readonly bytes: Uint8Array;
  /** Graph inputs that some node reads; the others were dropped and must not be fed. */
  readonly inputs: readonly string[];
  readonly nodeCount: number;
}

/** How constants are stored: as they are, or as 16-bit floats where that loses nothing. */
export type ConstantStorage = "float32" | "float16";

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
  const needed = neededNodes(graph, outputs);
  const body = new ProtoWriter();
  const names = new Map<Value, string>();
  /** Constants that are stored as 16-bit floats, by the name of their initializer. */
  const halves = new Map<Value, string>();
  const inputs = new Map<string, Value>();
  let bytes = 0;
  let casts = 0;

  function declare(value: Value): string {
    const known = names.get(value);
    if (known !== undefined) return known;
    const { source } = value;
    let valueName = `v${value.id}`;
    switch (source.kind) {
      case "node":
        break;
      case "input":
        valueName = source.name;
        inputs.set(valueName, value);
        break;
      case "constant":
        valueName = source.name;
        bytes += source.data.byteLength;
        body.message(5, tensor(valueName, value, source.data));
        break;
      case "literal":
        body.message(5, tensor(valueName, value, source.data));
        break;
      case "uniform": {
        const size = sizeOf(value.shape);
        if (size <= SPELT_OUT) {
          body.message(5, tensor(valueName, value, new Array(size).fill(source.value)));
        } else {
          const shapeName = `${valueName}_shape`;
          const one: Value = { ...value, shape: [1] };
          const shape: Value = { ...value, dtype: "int64", shape: [value.shape.length] };
          body.message(5, tensor(shapeName, shape, value.shape));
          const attribute = new ProtoWriter()
            .string(1, "value")
            .message(5, tensor("", one, [source.value]))
            .int(20, 4);
          body.message(
            1,
            new ProtoWriter()
              .string(1, shapeName)
              .string(2, valueName)
              .string(4, "ConstantOfShape")
              .message(5, attribute),
          );
        }
        break;
      }
      default:
        source satisfies never;
    }
    names.set(value, valueName);
    return valueName;
  }

  /** The initializer of a constant that is stored in half the space; undefined where it is not. */
  function half(value: Value): string | undefined {
    const { source } = value;
    if (storage === "float32" || source.kind !== "constant") return undefined;
    const known = halves.get(value);
    if (known !== undefined) return known;
    const bits = halfBits(source.data);
    if (bits === null) return undefined;
    bytes += bits.byteLength;
    const proto = new ProtoWriter().packedInts(1, value.shape).int(2, FLOAT16).string(8, source.name);
    body.message(5, proto.bytes(9, bytesOf(bits)));
    halves.set(value, source.name);
    return source.name;
  }

  function cast(from: string, to: string): void {
    const proto = new ProtoWriter().string(1, from).string(2, to).string(3, `Cast_${to}`).string(4, "Cast");
    body.message(1, proto.message(5, attributeProto("to", ELEMENT_TYPE.float32)));
  }

  /** A 32-bit copy for one node alone, so that it lives no longer than that node needs it. */
  function read(value: Value): string {
    const stored = half(value);
    if (stored === undefined) return declare(value);
    const copy = `${stored}/32.${casts++}`;
    cast(stored, copy);
    return copy;
  }

  const write = (node: Node, outputNames: readonly string[]) => {
    const [data, ...others] = node.inputs;
    const [output] = outputNames;
    const taken = GATHERS.has(node.op) && data !== null && data !== undefined ? half(data) : undefined;
    if (taken !== undefined && output !== undefined) {
      const rows = `${taken}/16.${casts++}`;
      writeNode(node, [taken, ...others.map((input) => (input === null ? "" : read(input)))], [rows]);
      cast(rows, output);
      return;
    }
    const inputNames = node.inputs.map((input) => (input === null ? "" : read(input)));
    writeNode(node, inputNames, outputNames);
  };

  const writeNode = (node: Node, inputNames: readonly string[], outputNames: readonly string[]) => {
    const proto = new ProtoWriter();
    for (const input of inputNames) proto.string(1, input);
    for (const output of outputNames) proto.string(2, output);
    proto.string(3, `${node.op}_${index++}_${node.recordedBy}`).string(4, node.op);
    for (const [key, value] of Object.entries(node.attributes)) proto.message(5, attributeProto(key, value));
    if (node.domain !== "") proto.string(7, node.domain);
    body.message(1, proto);
  };

  let index = 0;
  // What a node yields takes the output's name, which spares a copy. What is an input, a literal or another output as
  // well needs an Identity to have a second name.
  const renamed = outputs.filter(({ name: outputName, value }) => {
    if (value.source.kind !== "node" || names.has(value)) return true;
    names.set(value, outputName);
    return false;
  });
  for (const node of needed) write(node, node.outputs.map(declare));
  for (const { name: outputName, value } of renamed) {
    write({ op: "Identity", domain: "", inputs: [value], attributes: {}, outputs: [], recordedBy: "" }, [outputName]);
  }

  body.string(2, name);
  for (const [inputName, value] of inputs) body.message(11, valueInfo(inputName, value));
  for (const { name: outputName, value } of outputs) body.message(12, valueInfo(outputName, value));
  if (bytes > MAX_MODEL_BYTES - 2 ** 26) {
    throw new EngineError(
      `${name}: ${bytes} bytes of constants do not fit one ONNX model (2 GiB); feed them as inputs`,
    );
  }
  const model = new ProtoWriter().int(1, IR_VERSION).string(2, "mva-bench").message(7, body);
  model.message(8, new ProtoWriter().string(1, "").int(2, OPSET));
  model.message(8, new ProtoWriter().string(1, CONTRIB_DOMAIN).int(2, 1));
  return { bytes: model.finish(), inputs: [...inputs.keys()], nodeCount: needed.length };
}

/** The nodes that some output depends on, in recorded (topological) order. */
function neededNodes(graph: Graph, outputs: readonly NamedValue[]): Node[] {
  const needed = new Set<Node>();
  const open = outputs.map(({ value }) => value);
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (value.source.kind !== "node" || needed.has(value.source.node)) continue;
    needed.add(value.source.node);
    for (const input of value.source.node.inputs) if (input !== null) open.push(input);
  }
  return graph.nodes.filter((node) => needed.has(node));
}

function tensor(name: string, value: Value, data: ArrayLike<number>): ProtoWriter {
  const proto = new ProtoWriter();
  if (value.shape.length > 0) proto.packedInts(1, value.shape);
  return proto.int(2, ELEMENT_TYPE[value.dtype]).string(8, name).bytes(9, rawData(value.dtype, data));
}

/** Little-endian, as ONNX has it and as every platform of Node.js does. */
function rawData(dtype: ElementType, data: ArrayLike<number>): Uint8Array {
  switch (dtype) {
    case "float32":
      return bytesOf(data instanceof Float32Array ? data : Float32Array.from(data));
    case "int32":
      return bytesOf(data instanceof Int32Array ? data : Int32Array.from(data));
    case "int64":
      return bytesOf(BigInt64Array.from(Array.from(data, BigInt)));
    case "bool":
      return Uint8Array.from(data, (x) => (x !== 0 ? 1 : 0));
  }
}

function bytesOf(array: Float32Array | Int32Array | BigInt64Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function valueInfo(name: string, value: Value): ProtoWriter {
  const shape = new ProtoWriter();
  for (const dim of value.shape) shape.message(1, new ProtoWriter().int(1, dim));
  const type = new ProtoWriter().int(1, ELEMENT_TYPE[value.dtype]).message(2, shape);
  return new ProtoWriter().string(1, name).message(2, new ProtoWriter().message(1, type));
}

function attributeProto(name: string, value: Attribute): ProtoWriter {
  const proto = new ProtoWriter().string(1, name);
  if (typeof value === "number") return proto.int(3, value).int(20, 2);
  if (typeof value === "string") return proto.string(4, value).int(20, 3);
  if ("float" in value) return proto.float(2, value.float).int(20, 1);
  return proto.packedInts(8, value).int(20, 7);
}
