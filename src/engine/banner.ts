/** TensorFlow.js' JavaScript backend advertises another package on first use; users of this program need not read it. */
import * as tf from "@tensorflow/tfjs";

export function silenceBanner(): void {
  const backend: unknown = tf.findBackend("cpu");
  if (typeof backend === "object" && backend !== null && "firstUse" in backend) backend.firstUse = false;
}
