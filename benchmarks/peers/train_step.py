"""One full train step of a Llama-family decoder in PyTorch under torch.compile: the rival of perf/train-step.mjs.

    train_step.py FOLDER THREADS

FOLDER holds weights.bin and step.json as the benchmark writes them. Prints a line of JSON with the losses of the first
three steps, then, for each line "N" on stdin, makes N steps and prints their mean time: {"ms": ...}.
"""

import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

folder, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
with open(f"{folder}/step.json") as file:
    step = json.load(file)
config, adam = step["config"], step["adam"]
batch, length = step["batch"], step["time"]
heads, kv_heads, size = config["heads"], config["kvHeads"], config["headDim"]

flat = np.fromfile(f"{folder}/weights.bin", dtype=np.float32)
weights, offset = {}, 0
for name, shape in step["shapes"].items():
    count = int(np.prod(shape))
    weights[name] = torch.nn.Parameter(torch.from_numpy(flat[offset : offset + count].reshape(shape).copy()))
    offset += count
head = "model.embed_tokens.weight" if config["tieWordEmbeddings"] else "lm_head.weight"

frequencies = config["ropeTheta"] ** (-torch.arange(size // 2, dtype=torch.float64) / (size // 2))
angles = torch.outer(torch.arange(length, dtype=torch.float64), frequencies)
cos, sin = angles.cos().float(), angles.sin().float()


def norm(x, weight):
    return F.rms_norm(x, (x.shape[-1],), weight, config["rmsNormEps"])


def rotate(x):
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


def loss_of(weights, tokens, targets):
    x = weights["model.embed_tokens.weight"][tokens]
    for layer in range(config["layers"]):
        block = f"model.layers.{layer}"
        y = norm(x, weights[f"{block}.input_layernorm.weight"])

        def split(name, count):
            projected = F.linear(y, weights[f"{block}.self_attn.{name}_proj.weight"])
            return projected.view(batch, length, count, size).transpose(1, 2)

        q, k, v = rotate(split("q", heads)), rotate(split("k", kv_heads)), split("v", kv_heads)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=heads != kv_heads)
        y = y.transpose(1, 2).reshape(batch, length, heads * size)
        x = x + F.linear(y, weights[f"{block}.self_attn.o_proj.weight"])
        y = norm(x, weights[f"{block}.post_attention_layernorm.weight"])
        gate = F.linear(y, weights[f"{block}.mlp.gate_proj.weight"])
        up = F.linear(y, weights[f"{block}.mlp.up_proj.weight"])
        x = x + F.linear(F.silu(gate) * up, weights[f"{block}.mlp.down_proj.weight"])
    x = norm(x, weights["model.norm.weight"])
    return F.cross_entropy(F.linear(x, weights[head]).view(batch * length, -1), targets.view(-1))


compiled = torch.compile(loss_of)
optimizer = torch.optim.AdamW(
    weights.values(),
    lr=adam["rate"],
    betas=(adam["beta1"], adam["beta2"]),
    eps=adam["epsilon"],
    weight_decay=adam["weightDecay"],
    fused=True,
)
tokens = torch.tensor(step["tokens"]).view(batch, length)
targets = torch.tensor(step["targets"]).view(batch, length)


def train_step():
    optimizer.zero_grad(set_to_none=True)
    loss = compiled(weights, tokens, targets)
    loss.backward()
    optimizer.step()
    return loss.item()


losses = [train_step() for _ in range(3)]
print(json.dumps({"name": f"PyTorch {torch.__version__}, torch.compile", "losses": losses}), flush=True)
for line in sys.stdin:
    count = int(line)
    start = time.perf_counter()
    for _ in range(count):
        train_step()
    print(json.dumps({"ms": (time.perf_counter() - start) * 1000 / count}), flush=True)
