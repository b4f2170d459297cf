/** Ops that go element by element: arithmetic, comparisons, choices. */
import * as tf from "@tensorflow/tfjs";
import type { OpCase } from "./op-case.js";
import { binary, comparison, sameShapeGradient, unary } from "./op-case.js";
import { broadcasting, from } from "./operands.js";

export const elementwiseCases: readonly OpCase[] = [
  unary("abs", tf.abs),
  unary("ceil", tf.ceil),
  unary("cos", tf.cos),
  unary("elu", tf.elu),
  unary("erf", tf.erf),
  unary("exp", tf.exp),
  unary("expm1", tf.expm1),
  unary("floor", tf.floor),
  unary("leakyRelu", (x) => tf.leakyRelu(x, 0.1)),
  unary("log", tf.log, "positive"),
  unary("log1p", tf.log1p, "positive"),
  unary("logSigmoid", tf.logSigmoid),
  unary("neg", tf.neg),
  unary("reciprocal", tf.reciprocal, "positive"),
  unary("relu", tf.relu),
  unary("relu6", tf.relu6),
  unary("round", tf.round),
  unary("rsqrt", tf.rsqrt, "positive"),
  unary("sigmoid", tf.sigmoid),
  unary("sign", tf.sign),
  unary("sin", tf.sin),
  unary("softplus", tf.softplus),
  unary("sqrt", tf.sqrt, "positive"),
  unary("square", tf.square),
  unary("step", (x) => tf.step(x, 0.3)),
  unary("tanh", tf.tanh),
  unary("tan", tf.tan, "unit"),
  unary("clipByValue", (x) => tf.clipByValue(x, -0.5, 0.7)),
  unary("clone", tf.clone),
  unary("gelu by tanh", (x) =>
    tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(tf.mul(tf.add(x, tf.mul(tf.pow(x, 3), 0.044715)), 0.7978845608)), 1)),
  ),
  unary("x * 1 + 0 broadcast against ones", (x) => tf.add(tf.mul(x, tf.onesLike(x)), tf.zerosLike(x))),
  unary("cast to integers and back", (x) => tf.add(tf.cast(tf.cast(tf.mul(x, 3), "int32"), "float32"), x)),
  {
    ...unary("isNaN", (x) => tf.add(tf.cast(tf.isNaN(tf.log(x)), "float32"), tf.mul(x, 0))),
    except: { webgpu: "WGSL lets a device assume that there is no NaN" },
  },
  unary("isInf and isFinite", (x) => {
    const y = tf.div(1, tf.relu(x));
    return tf.add(tf.add(tf.cast(tf.isInf(y), "float32"), tf.cast(tf.isFinite(y), "float32")), tf.mul(x, 0));
  }),
  binary("add", tf.add),
  binary("sub", tf.sub),
  binary("mul", tf.mul),
  binary("div", tf.div, "any", "positive"),
  ...sameShapeGradient("maximum", tf.maximum),
  ...sameShapeGradient("minimum", tf.minimum),
  binary("mod", tf.mod, "any", "positive"),
  binary("pow", tf.pow, "positive"),
  ...sameShapeGradient("squaredDifference", tf.squaredDifference),
  // The backends of TensorFlow.js disagree on the result's type.
  {
    ...binary("floorDiv", (a, b) => tf.cast(tf.floorDiv(a, b), "float32"), "any", "positive"),
    differentiable: false,
  },
  comparison("integer floorDiv and mod", (a, b) =>
    tf.add(
      tf.floorDiv(tf.sub(a, tf.scalar(1, "int32")), tf.add(b, tf.scalar(2, "int32"))),
      tf.mod(tf.sub(a, tf.scalar(2, "int32")), tf.add(b, tf.scalar(2, "int32"))),
    ),
  ),
  comparison("equal", tf.equal),
  comparison("notEqual", tf.notEqual),
  comparison("greater", tf.greater),
  comparison("greaterEqual", tf.greaterEqual),
  comparison("less", tf.less),
  comparison("lessEqual", tf.lessEqual),
  comparison("logicalAnd", (a, b) => tf.logicalAnd(tf.cast(a, "bool"), tf.cast(b, "bool"))),
  comparison("logicalOr", (a, b) => tf.logicalOr(tf.cast(a, "bool"), tf.cast(b, "bool"))),
  comparison("logicalXor", (a, b) => tf.logicalXor(tf.cast(a, "bool"), tf.cast(b, "bool"))),
  comparison("logicalNot", (a, b) => tf.add(tf.logicalNot(tf.cast(a, "bool")), b)),
  comparison("integer add, mul, sub, maximum, minimum", (a, b) =>
    tf.sub(tf.mul(tf.add(a, b), tf.maximum(a, b)), tf.minimum(a, b)),
  ),
  {
    name: "where",
    operands: from(broadcasting("any", "any"), (operands) => [
      { shape: operands[0]?.shape ?? [], domain: { below: 2 } },
      ...operands,
    ]),
    f: (c, a, b) => tf.where(tf.cast(c as tf.Tensor, "bool"), a as tf.Tensor, b as tf.Tensor),
    differentiable: true,
  },
];
