/** Weights of a decoder from scratch. */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { HostTensor } from "../engine/engine.js";
import { float32 } from "../engine/engine.js";
import type { DecoderConfig } from "./config.js";
import { checkConfig, weightShapes } from "./config.js";

/**
 * Seeded weights: norms 1, embeddings N(0, 0.02²), matrices N(0, 1/in), those that write to the residual stream
 * divided by √(2·layers) (GPT-2), so that its variance does not grow with depth.
 */
export function initWeights(config: DecoderConfig, seed: number): Record<string, HostTensor> {
  checkConfig(config);
  const random = xoroshiro128plus(seed);
  // Box–Muller; 1 − u keeps the logarithm's argument above 0.
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - uniformFloat64(random))) * Math.cos(2 * Math.PI * uniformFloat64(random));
  const weights: Record<string, HostTensor> = {};
  for (const [name, shape] of Object.entries(weightShapes(config))) {
    const tensor = float32(shape);
    if (shape.length === 1) tensor.data.fill(1);
    else {
      const deviation = deviationOf(name, shape[1] ?? 1, config.layers);
      for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = deviation * normal();
    }
    weights[name] = tensor;
  }
  return weights;
}

function deviationOf(name: string, inner: number, layers: number): number {
  if (name === "model.embed_tokens.weight") return 0.02;
  const residual = name.endsWith(".o_proj.weight") || name.endsWith(".down_proj.weight");
  return 1 / Math.sqrt(inner) / (residual ? Math.sqrt(2 * layers) : 1);
}
