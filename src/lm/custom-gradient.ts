/** `tf.customGrad` in the shape that the decoder's operations need it. */
import * as tf from "@tensorflow/tfjs";

/**
 * An operation with a hand-written gradient. `forward` returns the value and what `backward` needs (kept alive until
 * then; a tensor that is merely closed over is not). `backward` returns one gradient per input.
 */
export function withGradient(
  inputs: readonly tf.Tensor[],
  forward: () => { value: tf.Tensor; keep: tf.Tensor[] },
  backward: (dy: tf.Tensor, kept: tf.Tensor[]) => tf.Tensor[],
): tf.Tensor {
  return tf.customGrad((...args) => {
    const { value, keep } = forward();
    const save = args[inputs.length] as (tensors: tf.Tensor[]) => void;
    save(keep);
    return { value, gradFunc: (dy: tf.Tensor, kept: tf.Tensor[]) => backward(dy, kept) };
  })(...inputs);
}
