/**
 * LoRA adapters as PEFT stores them: a folder with `adapter_config.json` and `adapter_model.safetensors`, whose tensors
 * are named `base_model.model.<module>.lora_A.weight`. Settings of PEFT that would change what the adapter computes and
 * that the adapter bank does not have (DoRA, biases, ranks by module …) are refused, never ignored.
 */
import { join } from "node:path";
import type { HostTensor, TensorMap } from "../engine/engine.js";
import { type Adapter, adapterShapes } from "./adapters.js";
import { writeFileAtomic } from "./atomic-file.js";
import { BLOCK_MODULES, type DecoderConfig } from "./config.js";
import { assertFinite, makeFolder } from "./huggingface.js";
import { ModelFileError } from "./model-file-error.js";
import { readSafetensors, writeSafetensors } from "./safetensors.js";
import { isObject, type Json, readJsonObject } from "./tokenizer-files.js";

const PREFIX = "base_model.model.";
const TENSOR = /^base_model\.model\.(model\.layers\.\d+\.(?:self_attn|mlp)\.(\w+)\.lora_[AB])\.weight$/;

export interface SaveAdapterOptions {
  /** Name or path of the base policy, for those who load the adapter elsewhere. */
  readonly baseModel?: string;
}

/** Writes the folder; `adapter_config.json` comes last. @throws WriteError from the file system. */
export function saveAdapter(dir: string, adapter: Adapter, options: SaveAdapterOptions = {}): void {
  makeFolder(dir);
  const tensors: Record<string, HostTensor> = {};
  for (const [name, tensor] of Object.entries(adapter.tensors)) tensors[`${PREFIX}${name}.weight`] = tensor;
  writeSafetensors(join(dir, "adapter_model.safetensors"), tensors);
  const config = {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: options.baseModel ?? null,
    r: adapter.config.rank,
    lora_alpha: adapter.config.alpha,
    target_modules: adapter.config.targets,
    lora_dropout: 0,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    use_rslora: false,
    use_dora: false,
    modules_to_save: null,
    rank_pattern: {},
    alpha_pattern: {},
  };
  writeFileAtomic(join(dir, "adapter_config.json"), `${JSON.stringify(config, null, 2)}\n`);
}

/**
 * @param model the base policy, when the adapter must fit it
 * @throws ModelFileError when a file is missing or corrupt, the adapter is of an unsupported kind, or does not fit.
 */
export function loadAdapter(dir: string, model?: DecoderConfig): Adapter {
  const configPath = join(dir, "adapter_config.json");
  const json = readJsonObject(configPath);
  const { rank, alpha } = supportedSettings(json, configPath);

  const path = join(dir, "adapter_model.safetensors");
  const tensors: Record<string, HostTensor> = {};
  const seen = new Set<string>();
  for (const [name, tensor] of Object.entries(readSafetensors(path))) {
    const [, own, target] = TENSOR.exec(name) ?? [];
    if (own === undefined || target === undefined || !(target in BLOCK_MODULES)) {
      throw new ModelFileError(path, "is no LoRA tensor of a decoder block's linear layer", name);
    }
    assertFinite(tensor, path, name);
    tensors[own] = tensor;
    seen.add(target);
  }
  const targets = targetsOf(json, configPath, seen);
  checkShapes(tensors, rank, path);
  if (model !== undefined) checkFit(tensors, adapterShapes(model, { rank, alpha, targets }), path);
  return { config: { rank, alpha, targets }, tensors };
}

function supportedSettings(json: Json, path: string): { rank: number; alpha: number } {
  const refuse = (key: string, detail: string): never => {
    throw new ModelFileError(path, detail, key);
  };
  if (json.peft_type !== "LORA") refuse("peft_type", `is ${JSON.stringify(json.peft_type)}; only LORA is supported`);
  if ((json.bias ?? "none") !== "none") refuse("bias", `is ${JSON.stringify(json.bias)}; only "none" is supported`);
  for (const key of ["use_dora", "lora_bias", "fan_in_fan_out", "use_qalora", "use_bdlora"]) {
    if (json[key] === true) refuse(key, "is true; only plain LoRA is supported");
  }
  for (const key of [
    "rank_pattern",
    "alpha_pattern",
    "modules_to_save",
    "layer_replication",
    "target_parameters",
    "trainable_token_indices",
  ]) {
    const value = json[key] ?? null;
    const empty =
      value === null ||
      (Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0);
    if (!empty) refuse(key, `is ${JSON.stringify(value)}; only plain LoRA with one rank is supported`);
  }
  const rank = json.r;
  const alpha = json.lora_alpha;
  if (typeof rank !== "number" || !Number.isInteger(rank) || rank < 1) {
    return refuse("r", `is ${JSON.stringify(rank)}, not a whole number from 1`);
  }
  if (typeof alpha !== "number" || !Number.isFinite(alpha)) {
    return refuse("lora_alpha", `is ${JSON.stringify(alpha)}, not a number`);
  }
  // Rank-stabilised LoRA scales by alpha / √r.
  return { rank, alpha: json.use_rslora === true ? alpha * Math.sqrt(rank) : alpha };
}

/** The modules listed in the configuration; PEFT also allows a pattern, for which the tensors themselves decide. */
function targetsOf(json: Json, path: string, seen: ReadonlySet<string>): string[] {
  const inOrder = Object.keys(BLOCK_MODULES).filter((module) => seen.has(module));
  const listed = json.target_modules;
  if (!Array.isArray(listed)) return inOrder;
  if (listed.length !== seen.size || !listed.every((target) => seen.has(target))) {
    throw new ModelFileError(
      path,
      `is ${JSON.stringify(listed)}, but adapter_model.safetensors is for ${JSON.stringify(inOrder)}`,
      "target_modules",
    );
  }
  return inOrder;
}

/** Every A has its B, and both have the configuration's rank. */
function checkShapes(tensors: TensorMap, rank: number, path: string): void {
  if (Object.keys(tensors).length === 0) throw new ModelFileError(path, "holds no tensors");
  for (const [name, { shape }] of Object.entries(tensors)) {
    const isA = name.endsWith("lora_A");
    const twin = `${name.slice(0, -1)}${isA ? "B" : "A"}`;
    if (!(twin in tensors)) throw new ModelFileError(path, `has no "${twin}" beside it`, name);
    if (shape.length !== 2 || shape[isA ? 0 : 1] !== rank) {
      throw new ModelFileError(path, `has shape [${shape}], but adapter_config.json says rank ${rank}`, name);
    }
  }
}

function checkFit(tensors: TensorMap, shapes: Readonly<Record<string, readonly number[]>>, path: string): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = tensors[name];
    if (tensor === undefined) throw new ModelFileError(path, "is missing: the adapter is not of this model", name);
    if (tensor.shape[0] !== shape[0] || tensor.shape[1] !== shape[1]) {
      throw new ModelFileError(
        path,
        `has shape [${tensor.shape}], the model needs [${shape}]: the adapter is not of this model`,
        name,
      );
    }
  }
  for (const name of Object.keys(tensors)) {
    if (!(name in shapes))
      throw new ModelFileError(path, "has no place in the model: the adapter is not of this model", name);
  }
}
