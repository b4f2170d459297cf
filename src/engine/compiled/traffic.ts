/** Counts the bytes that cross between host and device. */
import type * as ort from "onnxruntime-node";
import type { Traffic } from "../engine.js";

export class TrafficCounter {
  #toDevice = 0;
  #fromDevice = 0;

  /** Tensors that were fed to a session on the device: those in host memory had to cross. */
  fed(tensors: Readonly<Record<string, ort.Tensor>>): void {
    this.#toDevice += hostBytes(tensors);
  }

  /** What a session on the device gave: what is in host memory has crossed. */
  given(tensors: Readonly<Record<string, ort.Tensor | ort.OnnxValue>>): void {
    this.#fromDevice += hostBytes(tensors);
  }

  total(): Traffic {
    return { toDevice: this.#toDevice, fromDevice: this.#fromDevice };
  }
}

/** Every type that crosses has four bytes an element. */
function hostBytes(tensors: Readonly<Record<string, ort.Tensor | ort.OnnxValue>>): number {
  return Object.values(tensors).reduce((sum, { location, size }) => sum + (location === "cpu" ? 4 * size : 0), 0);
}
