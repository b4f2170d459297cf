/**
 * Sine and cosine. WGSL promises them to an absolute error of 2^-11 only, so on WebGPU they are computed from ops that it
 * promises more of: reduction to [-pi/2, pi/2] in two parts of pi (Cody & Waite 1980), then the odd Taylor polynomial.
 */
import type { Graph, Value } from "../graph.js";
import type { Kernel } from "../recorder.js";
import { input } from "./arguments.js";
import { binary, unary } from "./elementwise.js";

const PI_HIGH = 3.140625;
const PI_LOW = Math.PI - PI_HIGH;
const COEFFICIENTS = [-1 / 39916800, 1 / 362880, -1 / 5040, 1 / 120, -1 / 6];

function sin(graph: Graph, x: Value): Value {
  return graph.target === "webgpu" ? reduced(graph, x, 0) : unary(graph, "Sin", x);
}

function cos(graph: Graph, x: Value): Value {
  return graph.target === "webgpu" ? reduced(graph, x, 0.5) : unary(graph, "Cos", x);
}

function tan(graph: Graph, x: Value): Value {
  return graph.target === "webgpu" ? binary(graph, "Div", sin(graph, x), cos(graph, x)) : unary(graph, "Tan", x);
}

/** sin(x + shift·pi), with n the nearest whole number of half turns and r = x − (n − shift)·pi: (−1)^n · sin r. */
function reduced(graph: Graph, x: Value, shift: number): Value {
  const of = (value: number) => graph.scalar(x.dtype, value);
  const mul = (a: Value, b: Value) => binary(graph, "Mul", a, b);
  const turns = unary(graph, "Floor", binary(graph, "Add", mul(x, of(1 / Math.PI)), of(shift + 0.5)));
  const whole = binary(graph, "Sub", turns, of(shift));
  const r = binary(graph, "Sub", binary(graph, "Sub", x, mul(whole, of(PI_HIGH))), mul(whole, of(PI_LOW)));
  const square = mul(r, r);
  const [first = 0, ...rest] = COEFFICIENTS;
  const series = rest.reduce<Value>((sum, c) => binary(graph, "Add", mul(sum, square), of(c)), of(first));
  const sine = binary(graph, "Add", r, mul(mul(r, square), series));
  const odd = binary(graph, "Sub", turns, mul(unary(graph, "Floor", mul(turns, of(0.5))), of(2)));
  return mul(sine, binary(graph, "Sub", of(1), mul(odd, of(2))));
}

const of =
  (f: (graph: Graph, x: Value) => Value): Kernel =>
  (graph, inputs) =>
    f(graph, input(inputs, "x"));

export const trigonometryKernels: Readonly<Record<string, Kernel>> = { Sin: of(sin), Cos: of(cos), Tan: of(tan) };
