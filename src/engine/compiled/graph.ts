/**
 * A graph of ONNX nodes in static single assignment form, as a trace records it. Equal nodes over equal inputs are one
 * node (every op recorded here is a pure function), which removes what a gradient recomputes of its forward pass.
 *
 * Not here: what the nodes mean (`kernels/`), nor the file they are written to (`model.ts`).
 */
import { sizeOf } from "../engine.js";

export type ElementType = "float32" | "int32" | "bool" | "int64";
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** What a node or an input yields; `shape` is static. */
export interface Value {
  readonly id: number;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  readonly source:
    | { readonly kind: "node"; readonly node: Node; readonly index: number }
    | { readonly kind: "input"; readonly name: string }
    | { readonly kind: "constant"; readonly name: string; readonly data: Float32Array | Int32Array }
    | { readonly kind: "literal"; readonly data: ArrayLike<number> }
    /** Every element is `value`. */
    | { readonly kind: "uniform"; readonly value: number };
}

export interface Node {
  readonly op: string;
  /** "" is ONNX itself. */
  readonly domain: string;
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly outputs: Value[];
  /** The TensorFlow.js kernel that recorded it. */
  readonly recordedBy: string;
}

export interface OutputSpec {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
}

/** The device a graph is recorded for: some ops are spelt differently where a kernel is missing. */
export type Target = "cpu" | "webgpu" | "cuda";

export class Graph {
  readonly nodes: Node[] = [];
  /** The kernel now recording, for error messages. */
  recording = "";
  private nextId = 0;
  private readonly known = new Map<string, Value[]>();
  private readonly literals = new Map<string, Value>();

  constructor(readonly target: Target) {}

  input(name: string, dtype: ElementType, shape: readonly number[]): Value {
    return this.value(dtype, shape, { kind: "input", name });
  }

  constant(name: string, dtype: ElementType, shape: readonly number[], data: Float32Array | Int32Array): Value {
    return this.value(dtype, shape, { kind: "constant", name, data });
  }

  literal(dtype: ElementType, shape: readonly number[], data: ArrayLike<number>): Value {
    const first = data[0];
    if (first !== undefined && data.length === sizeOf(shape)) {
      let same = true;
      for (let i = 1; i < data.length && same; i++) same = Object.is(data[i], first);
      if (same) return this.uniform(dtype, shape, first);
    }
    if (data.length > 256) return this.value(dtype, shape, { kind: "literal", data });
    const key = `${dtype}[${shape}]${Array.from(data, show)}`;
    return this.once(key, () => this.value(dtype, shape, { kind: "literal", data }));
  }

  uniform(dtype: ElementType, shape: readonly number[], value: number): Value {
    return this.once(`${dtype}[${shape}]=${show(value)}`, () => this.value(dtype, shape, { kind: "uniform", value }));
  }

  scalar(dtype: ElementType, value: number): Value {
    return this.uniform(dtype, [], value);
  }

  /** A 1-D int64 literal: how ONNX takes shapes, axes and offsets. */
  int64s(values: readonly number[]): Value {
    return this.literal("int64", [values.length], values);
  }

  /** Adds a node with one output. */
  emit(
    op: string,
    inputs: readonly (Value | null)[],
    output: OutputSpec,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = "",
  ): Value {
    const [value] = this.emitAll(op, inputs, [output], attributes, domain);
    if (value === undefined) throw new Error(`${op} has no output`);
    return value;
  }

  emitAll(
    op: string,
    inputs: readonly (Value | null)[],
    outputs: readonly OutputSpec[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = "",
  ): readonly Value[] {
    const key = `${domain}:${op}(${inputs.map((input) => input?.id ?? "")})${JSON.stringify(attributes)}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const node: Node = { op, domain, inputs: [...inputs], attributes, outputs: [], recordedBy: this.recording };
    outputs.forEach(({ dtype, shape }, index) => {
      node.outputs.push(this.value(dtype, shape, { kind: "node", node, index }));
    });
    this.nodes.push(node);
    this.known.set(key, node.outputs);
    return node.outputs;
  }

  private value(dtype: ElementType, shape: readonly number[], source: Value["source"]): Value {
    return { id: this.nextId++, dtype, shape: [...shape], source };
  }

  private once(key: string, make: () => Value): Value {
    const known = this.literals.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.literals.set(key, made);
    return made;
  }
}

/** Distinguishes -0 from 0, which text does not. */
function show(value: number): string {
  return Object.is(value, -0) ? "-0" : `${value}`;
}

/** The node that yields a value, if it is of this op. */
export function producer(value: Value, op: string): Node | undefined {
  return value.source.kind === "node" && value.source.node.op === op ? value.source.node : undefined;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}
