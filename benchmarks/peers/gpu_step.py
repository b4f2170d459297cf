"""Train steps of a Llama-family decoder in PyTorch on the GPU, eager and compiled, float32 with TF32 off: the rival of
perf/gpu.mjs.

    gpu_step.py '{"config": {...}, "batch": 16, "time": 128, "rounds": 5}'

Prints one line of JSON: milliseconds of a step over every weight and of a LoRA step (rank 16 on q, k, v, o), eager and compiled,
and tokens/s of greedy decoding with a cache at batch 64 and 1,024; null where one cannot be had, and why.
"""

import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F

asked = json.loads(sys.argv[1])
config, batch, length, rounds = asked["config"], asked["batch"], asked["time"], asked["rounds"]
# "cpu" is for trying this out without a card.
device = asked.get("device", "cuda")
if device == "cuda" and not torch.cuda.is_available():
    sys.exit("PyTorch has no GPU here")
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
wait = torch.cuda.synchronize if device == "cuda" else lambda: None
hidden, inner, heads, size = config["hiddenSize"], config["intermediateSize"], config["heads"], config["headDim"]
layers, vocab, eps = config["layers"], config["vocabSize"], config["rmsNormEps"]

torch.manual_seed(0)
parameter = lambda *shape: torch.nn.Parameter(torch.randn(*shape, device=device) * 0.02)
embed = parameter(vocab, hidden)
norm = torch.nn.Parameter(torch.ones(hidden, device=device))
blocks = [
    {
        **{name: parameter(hidden, hidden) for name in "qkvo"},
        **{name: parameter(inner, hidden) for name in ("gate", "up")},
        "down": parameter(hidden, inner),
        **{name: torch.nn.Parameter(torch.ones(hidden, device=device)) for name in ("norm1", "norm2")},
        **{name + "A": parameter(16, hidden) for name in "qkvo"},
        **{name + "B": torch.nn.Parameter(torch.zeros(hidden, 16, device=device)) for name in "qkvo"},
    }
    for _ in range(layers)
]
frequencies = config["ropeTheta"] ** (-torch.arange(size // 2, device=device, dtype=torch.float64) / (size // 2))
angles = torch.outer(torch.arange(config["maxPositions"], device=device, dtype=torch.float64), frequencies)
cos, sin = angles.cos().float(), angles.sin().float()


def rotate(x, start):
    a, b = x.chunk(2, dim=-1)
    c, s = cos[start : start + x.shape[2]], sin[start : start + x.shape[2]]
    return torch.cat([a * c - b * s, b * c + a * s], dim=-1)


def forward(tokens, lora, cache=None, start=0):
    rows, count = tokens.shape
    x = embed[tokens]
    for index, block in enumerate(blocks):
        y = F.rms_norm(x, (hidden,), block["norm1"], eps)

        def linear(value, name):
            out = F.linear(value, block[name])
            return out + 2 * F.linear(F.linear(value, block[name + "A"]), block[name + "B"]) if lora else out

        split = lambda value: value.view(rows, count, heads, size).transpose(1, 2)
        q, k, v = rotate(split(linear(y, "q")), start), rotate(split(linear(y, "k")), start), split(linear(y, "v"))
        if cache is not None:
            keys, values = cache[index]
            keys[:, :, start : start + count], values[:, :, start : start + count] = k, v
            k, v = keys[:, :, : start + count], values[:, :, : start + count]
        y = F.scaled_dot_product_attention(q, k, v, is_causal=count > 1)
        x = x + linear(y.transpose(1, 2).reshape(rows, count, hidden), "o")
        y = F.rms_norm(x, (hidden,), block["norm2"], eps)
        x = x + F.linear(F.silu(F.linear(y, block["gate"])) * F.linear(y, block["up"]), block["down"])
    return F.linear(F.rms_norm(x, (hidden,), norm, eps), embed)


def milliseconds(run, count=3):
    run()
    run()
    found = []
    for _ in range(rounds):
        wait()
        begin = time.perf_counter()
        for _ in range(count):
            run()
        wait()
        found.append(1000 * (time.perf_counter() - begin) / count)
    return statistics.median(found)


def step_of(lora, compiled):
    chosen = [p for block in blocks for name, p in block.items() if name.endswith(("A", "B")) == lora]
    trained = chosen if lora else [*chosen, embed, norm]
    for p in [embed, norm, *(p for block in blocks for p in block.values())]:
        p.requires_grad_(any(p is q for q in trained))
    optimizer = torch.optim.AdamW(trained, lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1)
    tokens = torch.randint(0, vocab, (batch, length + 1), device=device)
    loss_of = lambda t: F.cross_entropy(forward(t[:, :-1], lora).reshape(-1, vocab), t[:, 1:].reshape(-1))
    loss = torch.compile(loss_of) if compiled else loss_of

    def step():
        optimizer.zero_grad()
        loss(tokens).backward()
        optimizer.step()

    return step


@torch.no_grad()
def tokens_per_second(rows, new=64):
    prompt = torch.randint(0, vocab, (rows, 12), device=device)

    def generate():
        cache = [
            tuple(torch.zeros(rows, heads, 12 + new, size, device=device) for _ in range(2)) for _ in range(layers)
        ]
        token = forward(prompt, False, cache)[:, -1:].argmax(-1)
        for i in range(new - 1):
            token = forward(token, False, cache, 12 + i)[:, -1:].argmax(-1)

    return 1000 * rows * new / milliseconds(generate, 1)


failed = {}


def figure(name, measure):
    """None and a reason where it cannot be had: torch.compile wants a C compiler, a batch may not fit the card."""
    try:
        return measure()
    except Exception as error:
        failed[name] = (str(error).strip() or type(error).__name__).split("\n")[0]
        torch.cuda.empty_cache()
        return None


found = {
    "fullMs": figure("fullMs", lambda: milliseconds(step_of(False, False))),
    "loraMs": figure("loraMs", lambda: milliseconds(step_of(True, False))),
    "tokensPerSecond": {rows: figure(f"tokensPerSecond {rows}", lambda: tokens_per_second(rows)) for rows in (64, 1024)},
    "fullCompiledMs": figure("fullCompiledMs", lambda: milliseconds(step_of(False, True))),
    "loraCompiledMs": figure("loraCompiledMs", lambda: milliseconds(step_of(True, True))),
}
name = torch.cuda.get_device_name() if device == "cuda" else "the processor"
print(json.dumps({"name": f"PyTorch {torch.__version__}, {name}", **found, "failed": failed}))
