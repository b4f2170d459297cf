/**
 * Ops that work element by element. Broadcasting is undone where it can be: an op over an expanded operand runs on the
 * small one, and the result is expanded only if somebody needs it at full size.
 */
import type { ElementType, Graph, Value } from "../graph.js";
import { producer, sameShape } from "../graph.js";
import type { Kernel } from "../recorder.js";
import { attributeNumber, attributeType, input } from "./arguments.js";
import { broadcastShape, expand } from "./shape.js";

/** The value before it was broadcast. */
function compact(graph: Graph, value: Value): Value {
  if (value.source.kind === "uniform") return graph.scalar(value.dtype, value.source.value);
  const [source] = producer(value, "Expand")?.inputs ?? [];
  return source ?? value;
}

/** An ONNX op over broadcast inputs, with the result at the broadcast shape. */
function elementwise(graph: Graph, op: string, operands: readonly Value[], dtype: ElementType): Value {
  const shape = operands.map((value) => value.shape).reduce(broadcastShape);
  const small = operands.map((value) => compact(graph, value));
  return expand(
    graph,
    graph.emit(op, small, { dtype, shape: small.map((v) => v.shape).reduce(broadcastShape) }),
    shape,
  );
}

export function unary(graph: Graph, op: string, x: Value, dtype: ElementType = x.dtype): Value {
  return elementwise(graph, op, [x], dtype);
}

export function binary(graph: Graph, op: string, a: Value, b: Value): Value {
  return neutral(graph, op, a, b) ?? elementwise(graph, op, [a, b], a.dtype);
}

export function compare(graph: Graph, op: string, a: Value, b: Value): Value {
  return elementwise(graph, op, [a, b], "bool");
}

export function select(graph: Graph, condition: Value, yes: Value, no: Value): Value {
  return elementwise(graph, "Where", [condition, yes, no], yes.dtype);
}

export function cast(graph: Graph, x: Value, dtype: ElementType): Value {
  if (x.dtype === dtype) return x;
  if (x.source.kind === "uniform") {
    const { value } = x.source;
    if (dtype === "float32") return graph.uniform(dtype, x.shape, Math.fround(value));
    if (dtype !== "bool" && Number.isFinite(value)) return graph.uniform(dtype, x.shape, Math.trunc(value));
  }
  const small = compact(graph, x);
  const to = { float32: 1, int32: 6, int64: 7, bool: 9 }[dtype];
  return expand(graph, graph.emit("Cast", [small], { dtype, shape: small.shape }, { to }), x.shape);
}

/** x*1, x/1, x+0 and x-0 are x. */
function neutral(graph: Graph, op: string, a: Value, b: Value): Value | undefined {
  const shape = broadcastShape(a.shape, b.shape);
  const is = (value: Value, n: number) => value.source.kind === "uniform" && value.source.value === n;
  if ((op === "Mul" || op === "Div") && is(b, 1)) return expand(graph, a, shape);
  if ((op === "Add" || op === "Sub") && is(b, 0)) return expand(graph, a, shape);
  if (op === "Mul" && is(a, 1)) return expand(graph, b, shape);
  if (op === "Add" && is(a, 0)) return expand(graph, b, shape);
  return undefined;
}

const like = (graph: Graph, x: Value, value: number) => graph.scalar(x.dtype, value);

function softplus(graph: Graph, x: Value): Value {
  if (graph.target === "cpu") return unary(graph, "Softplus", x);
  // max(x, 0) + log(1 + exp(-|x|)), from ops that every device has.
  const small = unary(graph, "Exp", unary(graph, "Neg", unary(graph, "Abs", x)));
  const tail = unary(graph, "Log", binary(graph, "Add", small, like(graph, x, 1)));
  return binary(graph, "Add", unary(graph, "Relu", x), tail);
}

/** Rounds the quotient towards minus infinity, for floats and integers. */
function floorDiv(graph: Graph, a: Value, b: Value): Value {
  if (a.dtype !== "int32") return unary(graph, "Floor", binary(graph, "Div", a, b));
  const quotient = binary(graph, "Div", a, b);
  const rest = binary(graph, "Sub", a, binary(graph, "Mul", quotient, b));
  const zero = like(graph, a, 0);
  const inexact = unary(graph, "Not", compare(graph, "Equal", rest, zero));
  const [restBelow, divisorBelow] = [compare(graph, "Less", rest, zero), compare(graph, "Less", b, zero)];
  const same = compare(graph, "Equal", cast(graph, restBelow, "int32"), cast(graph, divisorBelow, "int32"));
  const opposite = unary(graph, "Not", same);
  const down = cast(graph, compare(graph, "And", inexact, opposite), "int32");
  return binary(graph, "Sub", quotient, down);
}

/** WebGPU has And and Not only. */
export function either(graph: Graph, a: Value, b: Value): Value {
  if (graph.target !== "webgpu") return compare(graph, "Or", a, b);
  const neither = compare(graph, "And", unary(graph, "Not", a), unary(graph, "Not", b));
  return unary(graph, "Not", neither);
}

function clip(graph: Graph, x: Value, low: number, high: number): Value {
  return binary(graph, "Min", binary(graph, "Max", x, like(graph, x, low)), like(graph, x, high));
}

const map =
  (op: string): Kernel =>
  (graph, inputs) =>
    unary(graph, op, input(inputs, "x"));
const pair =
  (op: string): Kernel =>
  (graph, inputs) =>
    binary(graph, op, input(inputs, "a"), input(inputs, "b"));
const test =
  (op: string): Kernel =>
  (graph, inputs) =>
    compare(graph, op, input(inputs, "a"), input(inputs, "b"));
const of =
  (f: (graph: Graph, x: Value) => Value): Kernel =>
  (graph, inputs) =>
    f(graph, input(inputs, "x"));

export const elementwiseKernels: Readonly<Record<string, Kernel>> = {
  Abs: map("Abs"),
  Ceil: map("Ceil"),
  Cosh: map("Cosh"),
  Elu: map("Elu"),
  Erf: map("Erf"),
  Exp: map("Exp"),
  Floor: map("Floor"),
  Log: map("Log"),
  Neg: map("Neg"),
  Reciprocal: map("Reciprocal"),
  Relu: map("Relu"),
  Round: map("Round"),
  Sigmoid: map("Sigmoid"),
  Sign: map("Sign"),
  Sinh: map("Sinh"),
  Sqrt: map("Sqrt"),
  Tanh: map("Tanh"),
  Expm1: of((graph, x) => binary(graph, "Sub", unary(graph, "Exp", x), like(graph, x, 1))),
  Log1p: of((graph, x) => unary(graph, "Log", binary(graph, "Add", x, like(graph, x, 1)))),
  Relu6: of((graph, x) => clip(graph, x, 0, 6)),
  Rsqrt: of((graph, x) => binary(graph, "Div", like(graph, x, 1), unary(graph, "Sqrt", x))),
  Square: of((graph, x) => binary(graph, "Mul", x, x)),
  Softplus: of(softplus),
  IsNan: of((graph, x) => unary(graph, "IsNaN", x, "bool")),
  IsInf: of((graph, x) => unary(graph, "IsInf", x, "bool")),
  IsFinite: of((graph, x) => {
    const odd = either(graph, unary(graph, "IsNaN", x, "bool"), unary(graph, "IsInf", x, "bool"));
    return unary(graph, "Not", odd);
  }),
  LogicalNot: of((graph, x) => unary(graph, "Not", x)),
  Step: (graph, inputs, attributes) => {
    const x = input(inputs, "x");
    const positive = compare(graph, "Greater", x, like(graph, x, 0));
    const alpha = attributeNumber(attributes, "alpha", 0);
    if (alpha === 0) return cast(graph, positive, "float32");
    return select(graph, positive, graph.scalar("float32", 1), graph.scalar("float32", alpha));
  },
  LeakyRelu: (graph, inputs, attributes) => {
    const x = input(inputs, "x");
    const scaled = binary(graph, "Mul", x, like(graph, x, attributeNumber(attributes, "alpha", 0.2)));
    return select(graph, compare(graph, "Greater", x, like(graph, x, 0)), x, scaled);
  },
  EluGrad: (graph, inputs) => {
    const dy = input(inputs, "dy");
    const y = input(inputs, "y");
    const slope = binary(graph, "Add", y, like(graph, y, 1));
    return select(graph, compare(graph, "Less", y, like(graph, y, 0)), binary(graph, "Mul", dy, slope), dy);
  },
  ClipByValue: (graph, inputs, attributes) =>
    clip(
      graph,
      input(inputs, "x"),
      attributeNumber(attributes, "clipValueMin"),
      attributeNumber(attributes, "clipValueMax"),
    ),
  Cast: (graph, inputs, attributes) => cast(graph, input(inputs, "x"), attributeType(attributes)),
  Add: pair("Add"),
  Sub: pair("Sub"),
  Multiply: pair("Mul"),
  RealDiv: pair("Div"),
  Maximum: pair("Max"),
  Minimum: pair("Min"),
  Pow: pair("Pow"),
  // TensorFlow.js returns integers, whatever it is given.
  FloorDiv: (graph, inputs) => cast(graph, floorDiv(graph, input(inputs, "a"), input(inputs, "b")), "int32"),
  Mod: (graph, inputs) => {
    const a = input(inputs, "a");
    const b = input(inputs, "b");
    return binary(graph, "Sub", a, binary(graph, "Mul", floorDiv(graph, a, b), b));
  },
  SquaredDifference: (graph, inputs) => {
    const difference = binary(graph, "Sub", input(inputs, "a"), input(inputs, "b"));
    return binary(graph, "Mul", difference, difference);
  },
  AddN: (graph, inputs) => Object.values(inputs).reduce((sum, term) => binary(graph, "Add", sum, term)),
  Equal: test("Equal"),
  NotEqual: (graph, inputs) => unary(graph, "Not", compare(graph, "Equal", input(inputs, "a"), input(inputs, "b"))),
  Greater: test("Greater"),
  GreaterEqual: test("GreaterOrEqual"),
  Less: test("Less"),
  LessEqual: test("LessOrEqual"),
  LogicalAnd: test("And"),
  LogicalOr: (graph, inputs) => either(graph, input(inputs, "a"), input(inputs, "b")),
  Select: (graph, inputs) => {
    const condition = input(inputs, "condition");
    const yes = input(inputs, "t");
    // A condition of lower rank picks whole rows.
    const rows =
      condition.shape.length > 0 && !sameShape(condition.shape, yes.shape) && condition.shape.length < yes.shape.length
        ? [...condition.shape, ...yes.shape.slice(condition.shape.length).map(() => 1)]
        : condition.shape;
    const mask = sameShape(rows, condition.shape)
      ? condition
      : graph.emit("Reshape", [condition, graph.int64s(rows)], { dtype: "bool", shape: rows });
    return select(graph, mask, yes, input(inputs, "e"));
  },
};
