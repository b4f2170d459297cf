"""Loads what `mva-bench export` wrote with transformers and peft, and says whether both forms are one model.

    mva-bench export RUN --method mva --mix 1,0.5,0.25 --out adapter
    mva-bench export RUN --method mva --mix 1,0.5,0.25 --as merged --out merged
    python benchmarks/peers/load_export.py RUN/base adapter merged
"""

import sys

import peft
import torch
import transformers

base_folder, adapter_folder, merged_folder = sys.argv[1:4]
PROMPT = "List all steps to sell the grill for my aunt.\n"


def load(folder):
    model, info = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True
    )
    odd = {key: list(names) for key, names in info.items() if names}
    if odd:
        sys.exit(f"{folder}: {odd}")
    return model


merged = load(merged_folder)
mixed = peft.PeftModel.from_pretrained(load(base_folder), adapter_folder)
tokens = transformers.AutoTokenizer.from_pretrained(merged_folder)(PROMPT, return_tensors="pt").input_ids
with torch.no_grad():
    of_merged = merged(tokens).logits
    of_mixed = mixed(tokens).logits
    with mixed.disable_adapter():
        of_base = mixed(tokens).logits

print(f"transformers {transformers.__version__}, peft {peft.__version__}, torch {torch.__version__}")
print(f"largest difference of logits: adapter to merged {(of_mixed - of_merged).abs().max():.2g}", end="")
print(f", adapter to base {(of_mixed - of_base).abs().max():.2g}; largest logit {of_merged.abs().max():.2g}")
