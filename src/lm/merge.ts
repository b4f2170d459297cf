/**
 * A mixture pi(w) = pi_base + Σ_k w_k·θ_k made permanent: merged into the weights, or as one LoRA adapter. Both are
 * exact in delta-W (θ_k = s_k·B_k·A_k), unlike averaging the A's and B's separately.
 */
import { float32, type HostTensor, type TensorMap } from "../engine/engine.js";
import { type Adapter, adapterScale } from "./adapters.js";
import { type ModelFolder, makeFolder, saveModel } from "./huggingface.js";
import { saveAdapter } from "./peft.js";
import type { FloatFormat } from "./safetensors.js";

/**
 * W + Σ_k c_k·s_k·B_k·A_k for every module that an adapter sits on; sums in float64, rounded once. Other weights are
 * shared with the input, not copied.
 * @param coefficients one an adapter, any sign
 * @throws RangeError when there is not one finite coefficient an adapter, or an adapter's module is not in the weights.
 */
export function mergeIntoWeights(
  weights: TensorMap,
  adapters: readonly Adapter[],
  coefficients: readonly number[],
): Record<string, HostTensor> {
  const merged: Record<string, HostTensor> = { ...weights };
  const active = activeParts(adapters, coefficients);
  for (const module of modulesOf(active.map((part) => part.adapter))) {
    const weight = weights[`${module}.weight`];
    if (weight === undefined) throw new RangeError(`there is no weight for the adapter's module ${module}`);
    const [out, inner] = weight.shape as [number, number];
    const data = new Float32Array(out * inner);
    const row = new Float64Array(inner);
    const blocks = active.flatMap(({ adapter, factor }) => {
      const a = adapter.tensors[`${module}.lora_A`];
      const b = adapter.tensors[`${module}.lora_B`];
      if (a === undefined || b === undefined) return [];
      const rank = a.shape[0] as number;
      if (a.shape[1] !== inner || b.shape[0] !== out || b.shape[1] !== rank) {
        throw new RangeError(`the adapter's A [${a.shape}] and B [${b.shape}] do not fit ${module} [${weight.shape}]`);
      }
      return [{ a: a.data, b: b.data, rank, factor }];
    });
    for (let o = 0; o < out; o++) {
      for (let i = 0; i < inner; i++) row[i] = weight.data[o * inner + i] as number;
      for (const { a, b, rank, factor } of blocks) {
        for (let r = 0; r < rank; r++) {
          const scaled = factor * (b[o * rank + r] as number);
          if (scaled === 0) continue;
          const start = r * inner;
          for (let i = 0; i < inner; i++) row[i] = (row[i] as number) + scaled * (a[start + i] as number);
        }
      }
      data.set(row, o * inner);
    }
    merged[`${module}.weight`] = float32(weight.shape, data);
  }
  return merged;
}

/**
 * The mixture as one adapter: A's stacked, B's scaled by c_k·s_k side by side, alpha = rank so that its own scale is 1.
 * Its rank is the sum of the ranks of the adapters with a coefficient other than 0 (1 when there is none).
 * @throws RangeError when there is not one finite coefficient an adapter, or the adapters are of different models.
 */
export function mixtureAsAdapter(adapters: readonly Adapter[], coefficients: readonly number[]): Adapter {
  const active = activeParts(adapters, coefficients);
  const rank = Math.max(
    1,
    active.reduce((sum, { adapter }) => sum + adapter.config.rank, 0),
  );
  const tensors: Record<string, HostTensor> = {};
  for (const module of modulesOf(adapters)) {
    const [out, inner] = moduleSize(adapters, module);
    const a = new Float32Array(rank * inner);
    const b = new Float32Array(out * rank);
    let first = 0;
    for (const { adapter, factor } of active) {
      const width = adapter.config.rank;
      const partA = adapter.tensors[`${module}.lora_A`];
      const partB = adapter.tensors[`${module}.lora_B`];
      if (partA !== undefined && partB !== undefined) {
        if (partA.data.length !== width * inner || partB.data.length !== out * width) {
          throw new RangeError(`adapters of different models: A [${partA.shape}], B [${partB.shape}] of ${module}`);
        }
        a.set(partA.data, first * inner);
        for (let o = 0; o < out; o++) {
          for (let r = 0; r < width; r++) b[o * rank + first + r] = factor * (partB.data[o * width + r] as number);
        }
      }
      first += width;
    }
    tensors[`${module}.lora_A`] = float32([rank, inner], a);
    tensors[`${module}.lora_B`] = float32([out, rank], b);
  }
  const targets = [...new Set(adapters.flatMap((adapter) => adapter.config.targets))];
  return { config: { rank, alpha: rank, targets }, tensors };
}

export interface ExportOptions {
  /** The base policy. */
  readonly model: ModelFolder;
  readonly adapters: readonly Adapter[];
  /** One an adapter. */
  readonly coefficients: readonly number[];
  /** `"adapter"`: PEFT layout; `"merged"`: a whole model folder. */
  readonly form: "adapter" | "merged";
  /** How merged weights are stored; float32 by default. */
  readonly floats?: FloatFormat;
  /** Name or path of the base policy, recorded in the adapter. */
  readonly baseModel?: string;
}

/**
 * Writes a mixture to a folder that other programs can load.
 * @throws RangeError as above; WriteError from the file system; ModelFileError when a value does not fit `floats`.
 */
export function exportMixture(dir: string, options: ExportOptions): void {
  const { model, adapters, coefficients } = options;
  makeFolder(dir);
  if (options.form === "adapter") {
    const baseModel = options.baseModel === undefined ? {} : { baseModel: options.baseModel };
    saveAdapter(dir, mixtureAsAdapter(adapters, coefficients), baseModel);
  } else {
    const weights = mergeIntoWeights(model.weights, adapters, coefficients);
    saveModel(dir, { ...model, weights }, options.floats === undefined ? {} : { floats: options.floats });
  }
}

interface Part {
  readonly adapter: Adapter;
  /** c_k·s_k. */
  readonly factor: number;
}

function activeParts(adapters: readonly Adapter[], coefficients: readonly number[]): Part[] {
  if (adapters.length !== coefficients.length || !coefficients.every(Number.isFinite)) {
    throw new RangeError(`${adapters.length} adapters need as many finite coefficients, got [${coefficients}]`);
  }
  return adapters.flatMap((adapter, k) => {
    const coefficient = coefficients[k] as number;
    return coefficient === 0 ? [] : [{ adapter, factor: coefficient * adapterScale(adapter.config) }];
  });
}

/** Full module names that at least one of the adapters sits on. */
function modulesOf(adapters: readonly Adapter[]): string[] {
  const suffix = ".lora_A";
  const names = adapters.flatMap((adapter) => Object.keys(adapter.tensors).filter((name) => name.endsWith(suffix)));
  return [...new Set(names)].map((name) => name.slice(0, -suffix.length));
}

function moduleSize(adapters: readonly Adapter[], module: string): [out: number, inner: number] {
  for (const { tensors } of adapters) {
    const a = tensors[`${module}.lora_A`];
    const b = tensors[`${module}.lora_B`];
    if (a !== undefined && b !== undefined) return [b.shape[0] as number, a.shape[1] as number];
  }
  throw new RangeError(`no adapter has both A and B for ${module}`);
}
