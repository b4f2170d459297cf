"""Rivals of src/metrics, driven line by line by benchmarks/perf/metrics.mjs.

A request is one JSON line, {"task", "file", "count", "dimension", "repeat", ...}; points are little-endian doubles in `file`,
maximised. The answer is one JSON line: the value, and the fastest and median milliseconds of `repeat` calls. moocore's call
overhead through Python (a call with one point) is measured by the task "overhead" and subtracted by the caller.

    pip install -r benchmarks/peers/requirements.txt
"""

import json
import statistics
import sys
import time

import numpy as np


def load(request, name="file", columns="dimension"):
    return np.fromfile(request[name], dtype="<f8").reshape(request["count"], request[columns])


def timed(call, repeat):
    value = call()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        value = call()
        times.append(1e3 * (time.perf_counter() - start))
    return {"value": value, "fastest": min(times), "median": statistics.median(times)}


def moocore_hypervolume(request):
    import moocore

    points = -load(request)
    reference = np.zeros(request["dimension"])
    return timed(lambda: float(moocore.hypervolume(points, ref=reference)), request["repeat"])


def overhead(request):
    import moocore

    points = np.full((1, request["dimension"]), -0.5)
    reference = np.zeros(request["dimension"])
    return timed(lambda: float(moocore.hypervolume(points, ref=reference)), request["repeat"])


def moocore_nondominated(request):
    import moocore

    points = -load(request)
    return timed(lambda: int(moocore.is_nondominated(points, keep_weakly=True).sum()), request["repeat"])


def botorch_hypervolume(request):
    import torch
    from botorch.utils.multi_objective.hypervolume import Hypervolume

    torch.set_num_threads(1)
    points = torch.from_numpy(load(request).copy())
    hypervolume = Hypervolume(ref_point=torch.zeros(request["dimension"], dtype=torch.double))
    return timed(lambda: float(hypervolume.compute(points)), request["repeat"])


def numpy_hsic(request):
    x, y = load(request), load(request, "other")
    n = len(x)

    def kernel(z, sigma):
        squares = (z * z).sum(1)
        k = np.exp((squares[:, None] + squares[None, :] - 2 * z @ z.T) / (-2 * sigma * sigma))
        np.fill_diagonal(k, 0)
        return k

    def hsic():
        k, l = kernel(x, request["sigma"]), kernel(y, request["sigma"])
        k1, l1 = k.sum(1), l.sum(1)
        cross = np.vdot(k, l)
        total = k1.sum() * l1.sum() / ((n - 1) * (n - 2))
        return float((cross + total - 2 * (k1 @ l1) / (n - 2)) / (n * (n - 3)))

    return timed(hsic, request["repeat"])


TASKS = {
    "overhead": overhead,
    "moocore-hypervolume": moocore_hypervolume,
    "moocore-nondominated": moocore_nondominated,
    "botorch-hypervolume": botorch_hypervolume,
    "numpy-hsic": numpy_hsic,
}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = TASKS[request["task"]](request)
    except ImportError as error:
        answer = {"missing": str(error)}
    print(json.dumps(answer), flush=True)
