/**
 * A recorded graph in ONNX's own terms: nodes, initializers and the types of values as Protocol Buffers messages
 * (https://onnx.ai/onnx/repo-docs/IR.html). `model.ts` and `series-model.ts` put them into files.
 */
import { sizeOf } from "../engine.js";
import type { Attribute, ElementType, Graph, Node, Value } from "./graph.js";
import { halfBits } from "./half-constants.js";
import { ProtoWriter } from "./protobuf.js";

const ELEMENT_TYPE: Record<ElementType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };
const FLOAT16 = 10;
/** Gathered along their first axis: 16-bit rows are made 32-bit ones after they were taken. */
const GATHERS = new Set(["Gather"]);
/** Uniform tensors above this many elements are made by a node at load time, not spelt out in the file. */
const SPELT_OUT = 1024;

export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

/** How constants are stored: as they are, or as 16-bit floats where that loses nothing. */
export type ConstantStorage = "float32" | "float16";

/** What surrounds the nodes of a graph. */
export interface Surroundings {
  readonly storage: ConstantStorage;
  /** The graph that takes the constants' initializers: that of the nodes, or one around it. */
  readonly constants: ProtoWriter;
  /** What nodes call an input; asked once for each that some node reads, before the first that does. */
  inputName(name: string, value: Value): string;
}

export interface WrittenNodes {
  readonly nodeCount: number;
  /** Of the constants. */
  readonly bytes: number;
}

/**
 * Writes what `outputs` need into a GraphProto: nodes, literals and constants, and not the graph's own inputs and outputs.
 * Nodes that none of them needs are dropped.
 */
export function writeNodes(
  body: ProtoWriter,
  graph: Graph,
  outputs: readonly NamedValue[],
  { storage, constants, inputName }: Surroundings,
): WrittenNodes {
  const needed = neededNodes(graph, outputs);
  const names = new Map<Value, string>();
  /** Constants that are stored as 16-bit floats, by the name of their initializer. */
  const halves = new Map<Value, string>();
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
        valueName = inputName(source.name, value);
        break;
      case "constant":
        valueName = source.name;
        bytes += source.data.byteLength;
        constants.message(5, tensor(valueName, value, source.data));
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
    constants.message(5, proto.bytes(9, bytesOf(bits)));
    halves.set(value, source.name);
    return source.name;
  }

  function cast(from: string, to: string): void {
    body.message(
      1,
      nodeProto({ op: "Cast", name: `Cast_${to}`, attributes: { to: ELEMENT_TYPE.float32 } }, [from], [to]),
    );
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
    const { op, domain, attributes } = node;
    const name = `${op}_${index++}_${node.recordedBy}`;
    body.message(1, nodeProto({ op, name, domain, attributes }, inputNames, outputNames));
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

  return { nodeCount: needed.length, bytes };
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

export interface NodeKind {
  readonly op: string;
  readonly name: string;
  /** Default "": ONNX itself. */
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export function nodeProto(
  { op, name, domain = "", attributes = {} }: NodeKind,
  inputs: readonly string[],
  outputs: readonly string[],
): ProtoWriter {
  const proto = new ProtoWriter();
  for (const input of inputs) proto.string(1, input);
  for (const output of outputs) proto.string(2, output);
  proto.string(3, name).string(4, op);
  for (const [key, value] of Object.entries(attributes)) proto.message(5, attributeProto(key, value));
  if (domain !== "") proto.string(7, domain);
  return proto;
}

/** @param first name of a first axis of any length */
export function valueInfo(name: string, value: Pick<Value, "dtype" | "shape">, first?: string): ProtoWriter {
  const shape = new ProtoWriter();
  if (first !== undefined) shape.message(1, new ProtoWriter().string(2, first));
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
