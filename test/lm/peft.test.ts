import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { float32, type HostTensor } from "../../src/engine/engine.js";
import { type Adapter, adapterShapes } from "../../src/lm/adapters.js";
import { loadModel } from "../../src/lm/huggingface.js";
import { ModelFileError } from "../../src/lm/model-file-error.js";
import { loadAdapter, saveAdapter } from "../../src/lm/peft.js";
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from "../../src/lm/safetensors.js";
import { sharedFolder } from "../skip.js";
import { editJson, randomTensor, readJson, SMALL } from "./model-folder.js";
import { temporaryFolder } from "./temporary-folder.js";

function adapter(targets: readonly string[], rank = 3, alpha = 5): Adapter {
  const config = { rank, alpha, targets };
  let seed = 1;
  const tensors: Record<string, HostTensor> = {};
  for (const [name, shape] of Object.entries(adapterShapes(SMALL, config))) tensors[name] = randomTensor(seed++, shape);
  return { config, tensors };
}

function saved(): string {
  const dir = temporaryFolder();
  saveAdapter(dir, adapter(["q_proj", "down_proj"]));
  return dir;
}

const sorted = (tensors: Readonly<Record<string, HostTensor>>) =>
  Object.fromEntries(Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1)));

test("an adapter that is saved is the adapter that is loaded", () => {
  const dir = join(temporaryFolder(), "adapters", "1");
  const original = adapter(["q_proj", "v_proj", "down_proj"]);
  saveAdapter(dir, original, { baseModel: "stories" });
  const back = loadAdapter(dir, SMALL);
  expect(back.config).toEqual(original.config);
  expect(sorted(back.tensors)).toEqual(sorted(original.tensors));
  expect(readJson(join(dir, "adapter_config.json"))).toMatchObject({
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: "stories",
    r: 3,
    lora_alpha: 5,
    target_modules: ["q_proj", "v_proj", "down_proj"],
  });
});

describe("an adapter that PEFT wrote", () => {
  for (const name of ["tiny-llama3", "tiny-qwen2"]) {
    test(`${name}: loads, fits its model, and is written under the same names`, (ctx) => {
      const dir = sharedFolder(ctx, `models/${name}`);
      const loaded = loadAdapter(join(dir, "adapter"), loadModel(dir).config);
      expect(loaded.config).toMatchObject({ rank: 4, alpha: 8 });
      const out = temporaryFolder();
      saveAdapter(out, loaded);
      expect(readSafetensors(join(out, "adapter_model.safetensors"))).toEqual(
        readSafetensors(join(dir, "adapter", "adapter_model.safetensors")),
      );
      expect([...readSafetensorsHeader(join(out, "adapter_model.safetensors")).entries.keys()]).toContain(
        "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight",
      );
      const written = readJson(join(out, "adapter_config.json"));
      const peft = readJson(join(dir, "adapter", "adapter_config.json"));
      for (const [key, value] of Object.entries(written)) {
        if (key === "target_modules") expect(new Set(value as string[])).toEqual(new Set(peft[key] as string[]));
        else expect({ [key]: peft[key] }).toEqual({ [key]: value });
      }
    });
  }

  test("GPT-2's is refused: its layers are transposed and are none of a Llama block", (ctx) => {
    const dir = sharedFolder(ctx, "models/tiny-gpt2/adapter");
    expect(() => loadAdapter(dir)).toThrow(ModelFileError);
  });
});

test("rank-stabilised adapters keep their scale alpha / √r", () => {
  const dir = saved();
  editJson(dir, "adapter_config.json", { use_rslora: true });
  const { alpha, rank } = loadAdapter(dir).config;
  expect(alpha / rank).toBeCloseTo(5 / Math.sqrt(3), 12);
});

test("a pattern for target_modules is settled by the tensors", () => {
  const dir = saved();
  editJson(dir, "adapter_config.json", { target_modules: ".*(q|down)_proj" });
  expect(loadAdapter(dir).config.targets).toEqual(["q_proj", "down_proj"]);
});

describe("an adapter that is wrong is refused in one line that says where", () => {
  const first = "model.layers.0.self_attn.q_proj.lora_A";
  const key = `base_model.model.${first}.weight`;
  const config = (changes: Record<string, unknown>) => (dir: string) => editJson(dir, "adapter_config.json", changes);
  const tensors = (change: (tensors: Record<string, HostTensor>) => unknown) => (dir: string) => {
    const path = join(dir, "adapter_model.safetensors");
    const all = readSafetensors(path);
    change(all);
    writeSafetensors(path, all);
  };
  const cases: [string, (dir: string) => void, RegExp][] = [
    ["another kind of adapter", config({ peft_type: "IA3" }), /adapter_config\.json: "peft_type": is "IA3"/],
    ["DoRA", config({ use_dora: true }), /"use_dora"/],
    ["trained biases", config({ bias: "all" }), /"bias": is "all"/],
    ["transposed layers", config({ fan_in_fan_out: true }), /"fan_in_fan_out"/],
    ["ranks by module", config({ rank_pattern: { q_proj: 8 } }), /"rank_pattern"/],
    ["whole modules", config({ modules_to_save: ["lm_head"] }), /"modules_to_save"/],
    ["no rank", config({ r: undefined }), /"r": is undefined/],
    ["no alpha", config({ lora_alpha: "8" }), /"lora_alpha": is "8"/],
    [
      "a rank that is not the tensors'",
      config({ r: 4 }),
      /"model\.layers\.0\.\S+": has shape \S+, but adapter_config\.json says rank 4/,
    ],
    [
      "targets that are not the tensors'",
      config({ target_modules: ["q_proj"] }),
      /"target_modules": is \["q_proj"\], but .*\["q_proj","down_proj"\]/,
    ],
    [
      "an A without its B",
      tensors((all) => delete all[key]),
      /lora_B": has no "model\.layers\.0\.self_attn\.q_proj\.lora_A" beside it/,
    ],
    [
      "a tensor that is no LoRA",
      tensors((all) => (all["base_model.model.lm_head.weight"] = float32([1]))),
      /"base_model\.model\.lm_head\.weight": is no LoRA tensor/,
    ],
    [
      "a value that is not finite",
      tensors((all) => ((all[key] as HostTensor).data[0] = Number.POSITIVE_INFINITY)),
      /lora_A\.weight": holds Infinity/,
    ],
    [
      "fewer layers than the model",
      tensors((all) => {
        for (const name of Object.keys(all)) if (name.includes("layers.1")) delete all[name];
      }),
      /"model\.layers\.1\.self_attn\.q_proj\.lora_A": is missing: the adapter is not of this model/,
    ],
  ];
  for (const [what, damage, message] of cases) {
    test(what, () => {
      const dir = saved();
      damage(dir);
      expect(() => loadAdapter(dir, SMALL)).toThrow(ModelFileError);
      expect(() => loadAdapter(dir, SMALL)).toThrow(message);
    });
  }

  test("another model's", () => {
    expect(() => loadAdapter(saved(), { ...SMALL, hiddenSize: 16 })).toThrow(
      /has shape \[3,8\], the model needs \[3,16\]/,
    );
    expect(() => loadAdapter(saved(), { ...SMALL, layers: 1 })).toThrow(/has no place in the model/);
  });
});
