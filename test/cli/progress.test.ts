import { describe, expect, test } from "vitest";
import { ProgressMeter } from "../../src/cli/progress.js";
import { FakeIo } from "./fake-io.js";

const job = { kind: "task", label: "alpha/helpful", seed: 1 } as const;

function train(meter: ProgressMeter, io: FakeIo, steps: number, ms: number): void {
  meter.on({ type: "stage", stage: "training, seed 1", done: 2, total: 5 });
  meter.on({ type: "job-started", ...job });
  meter.on({ type: "task", ...job, event: { type: "task-planned", task: job.label, steps: 200, flops: 2e12 } });
  for (let step = 1; step <= steps; step++) {
    io.advance(ms);
    const event = { type: "task-step", task: job.label, step, steps: 200, spentFlops: step * 1e10, curve: {} } as const;
    meter.on({ type: "task", ...job, event });
  }
}

describe("one line", () => {
  test("says stage, rate, time left and budget spent", () => {
    const io = new FakeIo();
    const meter = new ProgressMeter(io);
    train(meter, io, 50, 100);
    expect(meter.line()).toBe(
      "0:05  training, seed 1 (3/5)  alpha/helpful s1 50/200, 10/s, 15 s left  500 GFLOP of 2.00 TFLOP (25 %)  0 jobs done",
    );
  });

  test("the rate follows the last seconds, not the whole run", () => {
    const io = new FakeIo();
    const meter = new ProgressMeter(io);
    train(meter, io, 20, 5000);
    for (let step = 21; step <= 120; step++) {
      io.advance(100);
      const event = { type: "task-step", task: job.label, step, steps: 200, spentFlops: 0, curve: {} } as const;
      meter.on({ type: "task", ...job, event });
    }
    expect(meter.line()).toContain("10/s, 8.0 s left");
  });

  test("what is finished is counted, what was found is said", () => {
    const io = new FakeIo();
    const meter = new ProgressMeter(io);
    train(meter, io, 10, 100);
    meter.on({ type: "job-finished", ...job, seconds: 1, stored: false, work: { flops: 1e11 } });
    meter.on({ type: "job-finished", ...job, label: "beta/helpful", seconds: 0, stored: true, work: { flops: 1e11 } });
    expect(meter.line()).toBe("0:01  training, seed 1 (3/5)  100 GFLOP of 2.00 TFLOP (5 %)  2 jobs done (1 found)");
  });
});

describe("of the whole run", () => {
  test("says how long it will take, to the minute, as soon as something is known", () => {
    const io = new FakeIo();
    const meter = new ProgressMeter(io);
    train(meter, io, 1, 1000);
    meter.on({ type: "run-progress", done: 0, etaSeconds: null });
    expect(meter.line()).toMatch(/^0:01 {2}training/);
    meter.on({ type: "run-progress", done: 0.1, etaSeconds: 754 });
    expect(meter.line()).toMatch(/^0:01, about 13 min left {2}training/);
    meter.on({ type: "run-progress", done: 0.9, etaSeconds: 41.2 });
    expect(meter.line()).toMatch(/^0:01, about 42 s left {2}training/);
  });
});

describe("in a log", () => {
  test("plain lines, one when a job ends and one now and then", () => {
    const io = new FakeIo();
    const meter = new ProgressMeter(io);
    train(meter, io, 200, 100);
    meter.on({ type: "job-finished", ...job, seconds: 20, stored: false, work: { flops: 1e11 } });
    meter.on({ type: "job-finished", ...job, label: "beta", seconds: 0, stored: true, work: { flops: 1e11 } });
    const lines = io.err.trimEnd().split("\n");
    expect(lines[0]).toBe("0:00  training, seed 1 (3/5)");
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain("alpha/helpful s1 150/200");
    expect(lines[2]).toBe("0:20  alpha/helpful, seed 1: done in 20 s, 2.00 TFLOP");
    expect(io.err).not.toContain("\r");
    expect(io.err).not.toContain("\u001b");
  });

  test("a terminal gets the same lines: nothing is drawn over", () => {
    const [pipe, terminal] = [new FakeIo(), new FakeIo("/", { tty: true, columns: 40 })];
    for (const io of [pipe, terminal]) train(new ProgressMeter(io), io, 200, 100);
    expect(terminal.err).toBe(pipe.err);
  });

  test("labels from elsewhere cannot drive a terminal", () => {
    const io = new FakeIo();
    const meter = new ProgressMeter(io);
    meter.on({ type: "stage", stage: "\u001b[2Jx", done: 0, total: 1 });
    meter.say("\u001b]0;owned\u0007note");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(io.err).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});
