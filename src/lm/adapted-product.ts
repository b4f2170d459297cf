/**
 * A linear layer with adapters: y = xWᵀ + Σ_k c·s_k·(x A_kᵀ) B_kᵀ, in the order of products that is cheapest.
 *
 * One adapter at one coefficient for all rows (what training needs) is merged into the weight where there are more rows
 * than a merge is worth: y = x(W + s·BA)ᵀ and dx = dy(W + s·BA) have no low-rank products. The adapter's own gradients,
 * dB = s·dyᵀ(xAᵀ) and dA = s·(dyB)ᵀx, come from dW = dyᵀx where that takes no more arithmetic: dB = s·dW Aᵀ, dA = s·Bᵀ dW.
 */
import * as tf from "@tensorflow/tfjs";
import type { BankModule } from "./adapters.js";
import { withGradient } from "./custom-gradient.js";

/** `x` [n, in], `weight` [out, in] → [n, out]. */
export function adaptedProduct(x: tf.Tensor, weight: tf.Tensor, module: BankModule): tf.Tensor {
  const [rows, inner] = x.shape as [number, number];
  const [out] = weight.shape as [number, number];
  const { a, b, scale } = module;
  // A merge takes ranks · in · out multiply-adds, the low-rank products rows · ranks · (in + out).
  if (typeof scale === "number" && inner * out < rows * (inner + out)) return merged(x, weight, a, b, scale);
  return tf.add(tf.matMul(x, weight, false, true), lowRank(x, module));
}

/** The low-rank term Σ_k c·s_k·(x A_kᵀ) B_kᵀ: `x` [batch · time, in] → [batch · time, out]. */
function lowRank(x: tf.Tensor, module: BankModule): tf.Tensor {
  const inner = tf.matMul(x, module.a, false, true);
  if (typeof module.scale === "number") {
    return tf.matMul(module.scale === 1 ? inner : tf.mul(inner, module.scale), module.b, false, true);
  }
  const [rows, ranks] = inner.shape as [number, number];
  const batch = module.scale.shape[0] ?? 1;
  const scaled = tf.mul(tf.reshape(inner, [batch, rows / batch, ranks]), module.scale);
  return tf.matMul(tf.reshape(scaled, [rows, ranks]), module.b, false, true);
}

function merged(x: tf.Tensor, weight: tf.Tensor, a: tf.Tensor, b: tf.Tensor, scale: number): tf.Tensor {
  const [ranks, inner] = a.shape as [number, number];
  const [out] = b.shape as [number, number];
  return withGradient(
    [x, weight, a, b],
    () => {
      const sum = tf.add(weight, tf.matMul(tf.mul(b, scale), a));
      return { value: tf.matMul(x, sum, false, true), keep: [x, a, b, sum] };
    },
    (dy, kept) => {
      const [x, a, b, sum] = kept as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const dx = tf.matMul(dy, sum);
      // Compiled programs leave it out where the weight is frozen and nothing else reads it.
      const dWeight = tf.matMul(dy, x, true, false);
      const [scaledA, scaledB] = [tf.mul(a, scale), tf.mul(b, scale)];
      if (inner * out <= 2 * ranks * (inner + out)) {
        return [dx, dWeight, tf.matMul(scaledB, dWeight, true, false), tf.matMul(dWeight, scaledA, false, true)];
      }
      const dA = tf.matMul(tf.matMul(dy, scaledB), x, true, false);
      const dB = tf.matMul(dy, tf.matMul(x, scaledA, false, true), true, false);
      return [dx, dWeight, dA, dB];
    },
  );
}
