/** Every op that a compiled program may use, on random shapes: what the engines must agree on. */
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import type { EngineId, HostTensor } from "../../src/engine/index.js";
import { float32, int32, sizeOf } from "../../src/engine/index.js";

/** Values drawn for a float operand. */
type Domain = "any" | "positive" | "unit";

export interface Operand {
  readonly shape: readonly number[];
  readonly domain: Domain | { readonly below: number };
}

export interface OpCase {
  readonly name: string;
  readonly operands: fc.Arbitrary<readonly Operand[]>;
  readonly f: (...xs: tf.Tensor[]) => tf.Tensor;
  /** Operands that have a gradient; none for comparisons and index ops. */
  readonly differentiable: boolean;
  /** Engines that cannot be held to it, and why. */
  readonly except?: Partial<Record<EngineId, string>>;
}

/** A mulberry32 stream: enough to fill tensors from fast-check's seed. */
export function stream(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function draw({ shape, domain }: Operand, random: () => number): HostTensor {
  const size = sizeOf(shape);
  if (typeof domain === "object") {
    return int32(
      shape,
      Int32Array.from({ length: size }, () => Math.floor(random() * domain.below)),
    );
  }
  const [low, high] = { any: [-2, 2], positive: [0.2, 3], unit: [-0.9, 0.9] }[domain] as [number, number];
  return float32(
    shape,
    Float32Array.from({ length: size }, () => low + (high - low) * random()),
  );
}

const dim = fc.integer({ min: 1, max: 5 });
const shape = (min = 1, max = 4) => fc.array(dim, { minLength: min, maxLength: max });

const one = (domain: Domain, min = 0): fc.Arbitrary<readonly Operand[]> =>
  shape(min).map((s) => [{ shape: s, domain }]);

/** Two operands that broadcast: either may have axes of length 1 or lack leading axes. */
const broadcasting = (a: Domain, b: Domain): fc.Arbitrary<readonly Operand[]> =>
  fc
    .tuple(
      shape(1, 4),
      fc.array(fc.constantFrom("full", "one"), { minLength: 4, maxLength: 4 }),
      fc.nat(3),
      fc.boolean(),
    )
    .map(([full, kinds, dropped, swap]) => {
      const other = full.map((n, i) => (kinds[i] === "one" ? 1 : n)).slice(Math.min(dropped, full.length));
      const [x, y] = swap ? [other, full] : [full, other];
      return [
        { shape: x, domain: a },
        { shape: y, domain: b },
      ];
    });

const unary = (name: string, f: (x: tf.Tensor) => tf.Tensor, domain: Domain = "any"): OpCase => ({
  name,
  operands: one(domain),
  f: (x) => f(x as tf.Tensor),
  differentiable: true,
});
const binary = (name: string, f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, a: Domain = "any", b = a): OpCase => ({
  name,
  operands: broadcasting(a, b),
  f: (x, y) => f(x as tf.Tensor, y as tf.Tensor),
  differentiable: true,
});
/** TensorFlow.js' gradient of these does not undo broadcasting, so it is taken on equal shapes only. */
const sameShapeGradient = (name: string, f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): OpCase[] => [
  { ...binary(`${name}, broadcast`, f), differentiable: false },
  {
    ...binary(name, f),
    operands: shape().map((s) => [
      { shape: s, domain: "any" },
      { shape: s, domain: "any" },
    ]),
  },
];
const comparison = (name: string, f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): OpCase => ({
  name,
  // Integers, so that equality happens.
  operands: broadcasting("any", "any").map((operands) =>
    operands.map(({ shape }) => ({ shape, domain: { below: 3 } })),
  ),
  f: (x, y) => tf.cast(f(x as tf.Tensor, y as tf.Tensor), "float32"),
  differentiable: false,
});

/** A last-axis reduction and one over all axes and one over the first, added up so that one case covers the three. */
const reduction = (
  name: string,
  f: (x: tf.Tensor, axis?: number, keep?: boolean) => tf.Tensor,
  domain: Domain,
): OpCase => ({
  name,
  operands: one(domain, 1),
  f: (x) => {
    const t = x as tf.Tensor;
    return tf.add(tf.add(f(t, -1, true), f(t, 0, true)), f(t));
  },
  differentiable: true,
});

const matrices = (transposeA: boolean, transposeB: boolean): fc.Arbitrary<readonly Operand[]> =>
  fc.tuple(fc.array(dim, { maxLength: 2 }), dim, dim, dim).map(([batch, n, k, m]) => [
    { shape: [...batch, ...(transposeA ? [k, n] : [n, k])], domain: "any" as const },
    { shape: [...batch, ...(transposeB ? [m, k] : [k, m])], domain: "any" as const },
  ]);

const fixed = (...operands: Operand[]): fc.Arbitrary<readonly Operand[]> => fc.constant(operands);
const reversed = (rank: number) => Array.from({ length: rank }, (_, i) => rank - 1 - i);

export const opCases: readonly OpCase[] = [
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
    operands: broadcasting("any", "any").map((operands) => [
      { shape: operands[0]?.shape ?? [], domain: { below: 2 } },
      ...operands,
    ]),
    f: (c, a, b) => tf.where(tf.cast(c as tf.Tensor, "bool"), a as tf.Tensor, b as tf.Tensor),
    differentiable: true,
  },
  reduction("sum", tf.sum, "positive"),
  reduction("mean", tf.mean, "positive"),
  reduction("max", tf.max, "any"),
  reduction("min", tf.min, "any"),
  reduction("logSumExp", tf.logSumExp, "any"),
  { ...reduction("prod", tf.prod, "positive"), differentiable: false },
  {
    name: "all and any",
    operands: shape(1, 3).map((s) => [{ shape: s, domain: { below: 2 } }]),
    f: (x) => {
      const mask = tf.cast(x as tf.Tensor, "bool");
      return tf.add(tf.cast(tf.all(mask, -1), "float32"), tf.cast(tf.any(mask, -1), "float32"));
    },
    differentiable: false,
  },
  {
    ...unary("argMax and argMin", (x) => tf.add(tf.argMax(x, -1), tf.argMin(x, 0).sum())),
    operands: one("any", 1),
    differentiable: false,
  },
  { ...unary("cumsum", (x) => tf.cumsum(x, x.rank - 1)), operands: one("positive", 1) },
  {
    ...unary("cumsum, exclusive and from the end", (x) => tf.cumsum(x, x.rank - 1, true, true)),
    operands: one("positive", 1),
  },
  { ...unary("softmax", (x) => tf.softmax(x)), operands: one("any", 1) },
  { ...unary("logSoftmax", (x) => tf.logSoftmax(x)), operands: one("any", 1) },
  { ...unary("logSoftmax along an inner axis", (x) => tf.logSoftmax(tf.transpose(x))), operands: one("any", 1) },
  {
    ...unary("moments, as layer norm takes them", (x) => {
      const { mean, variance } = tf.moments(x, -1, true);
      return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 0.1)));
    }),
    operands: one("any", 1),
  },
  { ...unary("euclidean norm", (x) => tf.norm(x)), operands: one("any", 1) },
  ...([false, true] as const).flatMap((transposeA) =>
    ([false, true] as const).map(
      (transposeB): OpCase => ({
        name: `matMul${transposeA ? ", left transposed" : ""}${transposeB ? ", right transposed" : ""}`,
        operands: matrices(transposeA, transposeB),
        f: (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor, transposeA, transposeB),
        differentiable: true,
      }),
    ),
  ),
  ...[3, 5].map(
    (rows): OpCase => ({
      name: `matMul, left transposed, a long sum to ${rows} rows`,
      operands: fixed({ shape: [1024, rows], domain: "any" }, { shape: [1024, 4], domain: "any" }),
      f: (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor, true, false),
      differentiable: true,
    }),
  ),
  {
    name: "attention with heads split and joined by transposes",
    operands: fc
      .tuple(dim, dim, dim, dim)
      .map(([batch, time, heads, size]) =>
        [0, 1, 2].map(() => ({ shape: [batch * time, heads * size], domain: "any" as const })),
      ),
    f: (...qkv) => {
      const [rows, width] = (qkv[0] as tf.Tensor).shape as [number, number];
      const [time, heads] = [[3, 2, 1].find((n) => rows % n === 0) ?? 1, [3, 2, 1].find((n) => width % n === 0) ?? 1];
      const [q, k, v] = qkv.map((x) =>
        tf.reshape(tf.transpose(tf.reshape(x, [rows / time, time, heads, width / heads]), [0, 2, 1, 3]), [
          (rows / time) * heads,
          time,
          width / heads,
        ]),
      ) as [tf.Tensor, tf.Tensor, tf.Tensor];
      const attended = tf.matMul(tf.softmax(tf.matMul(q, k, false, true)), v);
      const joined = tf.transpose(tf.reshape(attended, [rows / time, heads, time, width / heads]), [0, 2, 1, 3]);
      return tf.reshape(joined, [rows, width]);
    },
    differentiable: true,
  },
  {
    name: "fused matMul with bias and relu",
    operands: fixed({ shape: [3, 4], domain: "any" }, { shape: [4, 5], domain: "any" }, { shape: [5], domain: "any" }),
    f: (a, b, bias) =>
      tf.fused.matMul({
        a: a as tf.Tensor2D,
        b: b as tf.Tensor2D,
        transposeA: false,
        transposeB: false,
        bias: bias as tf.Tensor,
        activation: "relu",
      }),
    differentiable: true,
  },
  {
    name: "einsum",
    operands: fixed({ shape: [2, 3, 4], domain: "any" }, { shape: [2, 4, 5], domain: "any" }),
    f: (a, b) => tf.einsum("bij,bjk->bik", a as tf.Tensor, b as tf.Tensor),
    differentiable: false,
  },
  unary("reshape", (x) => tf.reshape(tf.mul(x, 2), [-1])),
  unary("expandDims and squeeze", (x) => tf.squeeze(tf.expandDims(tf.expandDims(x, 0), -1))),
  unary("transpose", (x) => tf.transpose(x, reversed(x.rank))),
  { ...unary("transpose twice", (x) => tf.transpose(tf.transpose(x))), operands: one("any", 1) },
  binary("concat after broadcasting", (a, b) => tf.concat([tf.add(a, tf.mul(b, 0)), tf.add(b, tf.mul(a, 0))], 0)),
  binary("stack after broadcasting", (a, b) => tf.stack([tf.add(a, tf.mul(b, 0)), tf.add(b, tf.mul(a, 0))], 1)),
  {
    ...unary("unstack", (x) => tf.unstack(x, 0).reduce((sum, row, i) => tf.add(sum, tf.mul(row, i + 1)))),
    operands: shape(1, 3).map((s) => [{ shape: [3, ...s], domain: "any" }]),
  },
  {
    name: "split",
    operands: fixed({ shape: [3, 6, 2], domain: "any" }),
    f: (x) => {
      const [a, b] = tf.split(x as tf.Tensor, [2, 4], 1) as [tf.Tensor, tf.Tensor];
      const [c, d] = tf.split(b, 2, 1) as [tf.Tensor, tf.Tensor];
      return tf.add(tf.mul(a, 2), tf.mul(c, d));
    },
    differentiable: true,
  },
  {
    ...unary("slice", (x) =>
      tf.slice(
        x,
        x.shape.map((n) => Math.floor(n / 2)),
        x.shape.map(() => -1),
      ),
    ),
    operands: one("any", 1),
  },
  {
    ...unary("stridedSlice", (x) =>
      tf.stridedSlice(
        x,
        x.shape.map(() => 0),
        [...x.shape],
        x.shape.map(() => 2),
      ),
    ),
    operands: one("any", 1),
    differentiable: false,
  },
  { ...unary("reverse", (x) => tf.reverse(x, 0)), operands: one("any", 1) },
  {
    ...unary("pad", (x) =>
      tf.pad(
        x,
        x.shape.map((_, i) => [i % 2, 1] as [number, number]),
        0.5,
      ),
    ),
    operands: one("any", 1),
  },
  {
    ...unary("tile", (x) =>
      tf.tile(
        x,
        x.shape.map((_, i) => 1 + (i % 2)),
      ),
    ),
    operands: one("any", 1),
  },
  {
    name: "tile of axes of length 1",
    operands: fixed({ shape: [2, 1, 3], domain: "any" }),
    f: (x) => tf.square(tf.tile(x as tf.Tensor, [1, 4, 1])),
    differentiable: true,
  },
  {
    name: "broadcastTo",
    operands: fixed({ shape: [2, 1, 3], domain: "any" }),
    f: (x) => tf.tanh(tf.broadcastTo(x as tf.Tensor, [4, 2, 5, 3])),
    differentiable: true,
  },
  ...[0, 1].map(
    (axis): OpCase => ({
      name: `gather along axis ${axis}, with repeats`,
      operands: fc.tuple(dim, dim, fc.array(dim, { minLength: 1, maxLength: 2 })).map(([n, m, picks]) => [
        { shape: [n, m], domain: "any" as const },
        { shape: picks, domain: { below: axis === 0 ? n : m } },
      ]),
      f: (x, i) => tf.gather(x as tf.Tensor, i as tf.Tensor1D, axis),
      differentiable: true,
    }),
  ),
  {
    name: "gather with one batch axis",
    operands: fixed({ shape: [3, 5], domain: "any" }, { shape: [3, 2], domain: { below: 5 } }),
    f: (x, i) => tf.gather(x as tf.Tensor, i as tf.Tensor2D, 1, 1),
    differentiable: false,
  },
  {
    name: "gatherND",
    operands: fixed({ shape: [3, 3, 2], domain: "any" }, { shape: [4, 2], domain: { below: 3 } }),
    f: (x, i) => tf.gatherND(x as tf.Tensor, i as tf.Tensor),
    differentiable: false,
  },
  {
    name: "scatterND",
    operands: fixed({ shape: [4, 2], domain: "any" }, { shape: [4, 1], domain: { below: 3 } }),
    f: (x, i) => tf.scatterND(i as tf.Tensor, x as tf.Tensor, [3, 2]),
    differentiable: false,
  },
  {
    name: "unsortedSegmentSum, rows out of range dropped",
    operands: fc.tuple(fc.integer({ min: 1, max: 9 }), dim).map(([n, m]) => [
      { shape: [n, m], domain: "positive" as const },
      { shape: [n], domain: { below: 6 } },
    ]),
    f: (x, i) =>
      tf.unsortedSegmentSum(x as tf.Tensor, tf.sub(i as tf.Tensor1D, tf.scalar(1, "int32")) as tf.Tensor1D, 4),
    differentiable: false,
    except: {
      "tfjs-node": "TensorFlow refuses segments beyond the last",
      "tfjs-node-gpu": "TensorFlow refuses segments beyond the last",
    },
  },
  {
    name: "unsortedSegmentSum and its gradient",
    operands: fc.tuple(fc.integer({ min: 1, max: 9 }), dim).map(([n, m]) => [
      { shape: [n, m], domain: "positive" as const },
      { shape: [n], domain: { below: 4 } },
    ]),
    f: (x, i) => tf.unsortedSegmentSum(x as tf.Tensor, i as tf.Tensor1D, 4),
    differentiable: true,
  },
  {
    name: "oneHot",
    operands: shape(1, 2).map((s) => [{ shape: s, domain: { below: 4 } }]),
    f: (x) => tf.oneHot(x as tf.Tensor, 4),
    differentiable: false,
  },
  {
    name: "topk",
    operands: fixed({ shape: [3, 7], domain: "any" }),
    f: (x) => {
      const { values, indices } = tf.topk(x as tf.Tensor, 3);
      return tf.add(values, indices);
    },
    differentiable: false,
  },
  {
    name: "diag and eye",
    operands: fixed({ shape: [4], domain: "any" }),
    f: (x) => tf.add(tf.diag(x as tf.Tensor), tf.eye(4)),
    differentiable: false,
  },
  {
    name: "range, linspace, fill, zeros and ones",
    operands: fixed({ shape: [4], domain: "any" }),
    f: (x) =>
      tf.mul(
        tf.add(tf.range(0, 8, 2), tf.linspace(1, 2, 4)),
        tf.add(tf.fill([4], 3), tf.add(tf.zeros([4]), tf.mul(tf.ones([4]), x as tf.Tensor))),
      ),
    differentiable: true,
  },
  {
    name: "HSIC of row Grams",
    operands: fixed({ shape: [5, 3], domain: "any" }, { shape: [5, 4], domain: "any" }),
    f: (a, b) => {
      const gram = (x: tf.Tensor) => {
        const norms = tf.sum(tf.square(x), 1, true);
        const distance = tf.sub(tf.add(norms, tf.transpose(norms)), tf.mul(tf.matMul(x, x, false, true), 2));
        const k = tf.exp(tf.mul(distance, -0.2));
        return tf.add(tf.sub(tf.sub(k, tf.mean(k, 0, true)), tf.mean(k, 1, true)), tf.mean(k));
      };
      return tf.mean(tf.mul(gram(a as tf.Tensor), gram(b as tf.Tensor)));
    },
    differentiable: true,
  },
];
