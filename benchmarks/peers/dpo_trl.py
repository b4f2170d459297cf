"""The rival of benchmarks/perf/dpo-step.mjs: TRL's DPOTrainer on the model, adapter and batches in FOLDER.

    python dpo_trl.py FOLDER

FOLDER holds a Hugging Face model, `adapter/` in PEFT layout and `batches.json`. Reference log-probs are precomputed by the
trainer before anything is timed. Then each line on stdin asks for one round over all batches; each round is answered by a
line "@ {json}" with its losses and seconds. Everything is float32 without gradient checkpointing: at this size both of
TRL's defaults (bfloat16, checkpointing) would make it slower on a CPU.
"""

import json
import os
import sys
import time

os.environ.update(HF_HUB_OFFLINE="1", TQDM_DISABLE="1", TOKENIZERS_PARALLELISM="false")

import torch
from datasets import Dataset
from peft import PeftModel
from torch.utils.data import SequentialSampler
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, TrainerCallback
from trl import DPOConfig, DPOTrainer


def answer(message):
    print("@ " + json.dumps(message), flush=True)


class Trainer(DPOTrainer):
    """Takes token ids as they are, in the order given, and keeps each step's loss."""

    losses = []

    def _prepare_dataset(self, dataset, *args, **kwargs):
        return dataset

    def _get_train_sampler(self, *args, **kwargs):
        return SequentialSampler(self.train_dataset)

    def compute_loss(self, *args, **kwargs):
        result = super().compute_loss(*args, **kwargs)
        self.losses.append((result[0] if isinstance(result, tuple) else result).detach())
        return result


class Rounds(TrainerCallback):
    """Waits before each round until it is asked for."""

    def __init__(self, trainer, steps):
        self.trainer, self.steps, self.started = trainer, steps, None

    def on_step_begin(self, args, state, control, **kwargs):
        if state.global_step % self.steps != 0:
            return
        if self.started is not None:
            seconds = time.perf_counter() - self.started
            answer({"seconds": seconds, "losses": [float(loss) for loss in self.trainer.losses]})
        if not sys.stdin.readline():
            sys.exit(0)
        self.trainer.losses.clear()
        self.started = time.perf_counter()


def main(folder):
    with open(os.path.join(folder, "batches.json")) as file:
        work = json.load(file)
    torch.set_num_threads(work["threads"])
    settings, optimizer = work["settings"], work["settings"]["optimizer"]
    rows = [
        {f"{side}_ids": pair[side] for side in ("prompt", "chosen", "rejected")} for batch in work["batches"] for pair in batch
    ]
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model = PeftModel.from_pretrained(model, os.path.join(folder, "adapter"), is_trainable=True)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=os.path.join(folder, "tokenizer.json"), eos_token="<|end|>", pad_token="<|end|>"
    )
    trainer = Trainer(
        model=model,
        args=DPOConfig(
            output_dir=os.path.join(folder, "trl"),
            beta=settings["beta"],
            precompute_ref_log_probs=True,
            max_length=None,
            per_device_train_batch_size=settings["batchPairs"],
            learning_rate=optimizer["learningRate"],
            lr_scheduler_type="constant",
            weight_decay=optimizer["weightDecay"],
            adam_beta1=optimizer["beta1"],
            adam_beta2=optimizer["beta2"],
            adam_epsilon=optimizer["epsilon"],
            max_grad_norm=optimizer["maxGradientNorm"],
            num_train_epochs=1000,
            logging_steps=1000,
            save_strategy="no",
            report_to="none",
            bf16=False,
            gradient_checkpointing=False,
            dataloader_pin_memory=False,
            use_cpu=True,
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    trainer.add_callback(Rounds(trainer, len(work["batches"])))
    answer({"ready": True})
    trainer.train()


if __name__ == "__main__":
    main(sys.argv[1])
