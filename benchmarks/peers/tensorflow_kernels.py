"""Which of the ops on standard input (a JSON list of "Op T=float,...") a TensorFlow with CUDA computes on a card, and which
arguments beside shapes, axes and the like its kernels want in host memory. Needs no card. Prints a JSON object: op -> "device", "host memory: ..." or
"none on a card"."""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
from tensorflow.python.framework import kernels  # noqa: E402
from tensorflow.python.platform import build_info  # noqa: E402

if not build_info.build_info.get("is_cuda_build"):
    sys.exit("this TensorFlow was built without CUDA")
TYPES = {"float": 1, "int32": 3, "bool": 10, "int64": 9}


def fits(kernel, types):
    return all(
        constraint.name not in types or TYPES[types[constraint.name]] in constraint.allowed_values.list.type
        for constraint in kernel.constraint
    )


def verdict(op):
    name, _, listed = op.partition(" ")
    types = dict(pair.split("=") for pair in listed.split(",") if pair)
    fitting = [k for k in kernels.get_registered_kernels_for_op(name).kernel if fits(k, types)]
    # A kernel for every device serves a card where none is its own.
    own, any_device = ([k for k in fitting if k.device_type == device] for device in ("GPU", "DEFAULT"))
    found = own or any_device
    if not found:
        return "none on a card"
    # Shapes, axes and the like are read by the host anyway.
    settings = {"shape", "axis", "begin", "size", "perm", "reduction_indices", "dimension", "num_segments", "multiples"}
    settings |= {"paddings", "constant_values", "concat_dim", "start", "limit", "delta"}
    host = sorted({argument for kernel in found for argument in kernel.host_memory_arg} - settings)
    return "device" if not host else "host memory: " + ", ".join(host)


print(json.dumps({op: verdict(op) for op in json.load(sys.stdin)}))
