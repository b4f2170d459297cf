import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { InputError } from "../../src/data/errors.js";
import { BINS, trainingCurves } from "../../src/report/training.js";

function eventsFile(lines: readonly unknown[], tail = ""): string {
  const folder = mkdtempSync(join(tmpdir(), "mva-bench-training-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "events.jsonl");
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join("") + tail);
  return path;
}

function step(at: number, steps: number, more: Record<string, unknown> = {}) {
  return { v: 1, time: 0, type: "train-step", seed: 1, method: "m", task: "dpo a 1", step: at, steps, ...more };
}

describe("training curves", () => {
  test("a long training is as many points as there are bins, each the mean of its steps", () => {
    const steps = BINS * 25;
    const path = eventsFile(Array.from({ length: steps }, (_, i) => step(i + 1, steps, { loss: i + 1 })));
    const [curve] = trainingCurves(path);
    const loss = curve?.measures.loss ?? [];
    expect(loss).toHaveLength(BINS);
    // Steps 1 to 25: their mean is 13, on both axes.
    expect(loss[0]).toEqual([13, 13]);
    expect(loss.at(-1)).toEqual([steps - 12, steps - 12]);
  });

  test("a short training keeps its own steps; what it does not report is absent", () => {
    const path = eventsFile([1, 2, 3].map((at) => step(at, 3, { kl: at / 10, more: { reward: -at } })));
    expect(trainingCurves(path)).toEqual([
      {
        seed: 1,
        method: "m",
        task: "dpo a 1",
        steps: 3,
        measures: {
          kl: [
            [1, 0.1],
            [2, 0.2],
            [3, 0.3],
          ],
          reward: [
            [1, -1],
            [2, -2],
            [3, -3],
          ],
        },
      },
    ]);
  });

  test("a training that began again after a stop is told once", () => {
    const path = eventsFile([step(1, 4, { loss: 9 }), step(2, 4, { loss: 9 }), step(1, 4, { loss: 1 })]);
    expect(trainingCurves(path)[0]?.measures.loss).toEqual([[1, 1]]);
  });

  test("no file, no curves; a last line that was cut is left out; a damaged one is an error", () => {
    expect(trainingCurves(join(tmpdir(), "no-such-run", "events.jsonl"))).toEqual([]);
    expect(trainingCurves(eventsFile([step(1, 2, { loss: 1 })], '{"v":1,"ty'))).toHaveLength(1);
    expect(() => trainingCurves(eventsFile([], "{broken}\n"))).toThrow(InputError);
  });
});
