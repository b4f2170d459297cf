"""Greedy generation by transformers' generate: the rival of perf/generation.mjs.

    generate.py FOLDER THREADS

FOLDER holds weights.bin and generation.json as the benchmark writes them. For each line of JSON on stdin, a list of
prompts (lists of ids, all of one length), generates NEW tokens for each in one batch and prints {"ms": ..., "tokens": [[...]]}.
"""

import json
import sys
import time

import numpy as np
import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM

folder, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
with open(f"{folder}/generation.json") as file:
    given = json.load(file)
ours = given["config"]
model = LlamaForCausalLM(
    LlamaConfig(
        vocab_size=ours["vocabSize"],
        hidden_size=ours["hiddenSize"],
        intermediate_size=ours["intermediateSize"],
        num_hidden_layers=ours["layers"],
        num_attention_heads=ours["heads"],
        num_key_value_heads=ours["kvHeads"],
        head_dim=ours["headDim"],
        rms_norm_eps=ours["rmsNormEps"],
        rope_parameters={"rope_type": "default", "rope_theta": ours["ropeTheta"]},
        max_position_embeddings=ours["maxPositions"],
        tie_word_embeddings=ours["tieWordEmbeddings"],
        attn_implementation="sdpa",
    )
)
flat = np.fromfile(f"{folder}/weights.bin", dtype=np.float32)
state, offset = {}, 0
for name, shape in given["shapes"].items():
    count = int(np.prod(shape))
    state[name] = torch.from_numpy(flat[offset : offset + count].reshape(shape).copy())
    offset += count
missing, unexpected = model.load_state_dict(state, strict=False)
if unexpected or set(missing) - {"lm_head.weight"}:
    sys.exit(f"weights do not fit: missing {missing}, unexpected {unexpected}")
model.tie_weights()
model.eval()

print(json.dumps({"name": f"transformers {transformers.__version__} on PyTorch {torch.__version__}"}), flush=True)
for line in sys.stdin:
    prompts = torch.tensor(json.loads(line))
    start = time.perf_counter()
    with torch.inference_mode():
        out = model.generate(
            input_ids=prompts,
            attention_mask=torch.ones_like(prompts),
            max_new_tokens=given["newTokens"],
            min_new_tokens=given["newTokens"],
            do_sample=False,
            pad_token_id=0,
            eos_token_id=None,
        )
    ms = (time.perf_counter() - start) * 1000
    print(json.dumps({"ms": ms, "tokens": out[:, prompts.shape[1] :].tolist()}), flush=True)
