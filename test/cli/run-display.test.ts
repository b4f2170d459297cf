/** `--display`: what is shown of a run, where, in each mode, and that stdout stays the report's. */
import { describe, expect, test } from "vitest";
import { runDisplay } from "../../src/cli/run-display.js";
import type { DisplayFlags } from "../../src/ui/app/capability.js";
import { recordedRun } from "../ui/recorded-run.js";
import { FakeIo } from "./fake-io.js";

const job = { kind: "task", label: "alpha/dpo helpful 1", seed: 1 } as const;

/** All that a run tells its display. */
function shown(flags: DisplayFlags, options: { readonly tty?: boolean; readonly env?: Record<string, string> } = {}) {
  const io = new FakeIo("/", { tty: options.tty ?? false });
  Object.assign(io.env, options.env);
  const display = runDisplay(io, flags);
  for (const event of recordedRun("training")) display.onEvent(event);
  display.onProgress({ type: "stage", stage: "training, seed 1", done: 2, total: 5 });
  display.onProgress({ type: "job-started", ...job });
  display.onProgress({
    ...{ type: "task", label: job.label, seed: 1 },
    event: { type: "task-planned", task: job.label, steps: 40, flops: 1e12 },
  });
  for (let step = 1; step <= 40; step++) {
    io.advance(1000);
    const event = { type: "task-step", task: job.label, step, steps: 40, spentFlops: step, curve: {} } as const;
    display.onProgress({ type: "task", label: job.label, seed: 1, event });
  }
  const work = { flops: 40 };
  display.onProgress({ type: "job-finished", ...job, seconds: 40, stored: false, work });
  display.say("mind \u001b[2Jthis");
  display.end();
  display.end();
  return io;
}

describe("a run's display", () => {
  test("plain, where there is nothing to draw on: whole lines; a notice stays", () => {
    const { err, out } = shown({ display: "plain" }, { tty: true });
    expect(err).not.toContain("\r");
    expect(err).toContain("alpha/dpo helpful 1, seed 1: done in 40 s");
    expect(err).toMatch(/mind this\n/);
    expect(out).toBe("");
  });

  test("log: whole lines and no escape sequence, on a terminal too", () => {
    for (const tty of [true, false]) {
      const { err, out } = shown({ display: "log" }, { tty });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(err).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
      expect(err).toMatch(/^.*alpha\/dpo helpful 1, seed 1: done in 40 s.*$/m);
      expect(err.endsWith("\n")).toBe(true);
      expect(out).toBe("");
    }
  });

  test("json: one document a line, events as they are written down, notices among them", () => {
    const { err, out } = shown({ display: "json" });
    const documents = err
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; message?: string });
    expect(documents.filter(({ type }) => type === "train-step").length).toBeGreaterThan(100);
    expect(documents.at(-1)).toMatchObject({ type: "notice" });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a raw one would drive a terminal
    expect(err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(out).toBe("");
  });

  test("none: nothing", () => {
    const { err, out } = shown({ display: "none" }, { tty: true });
    expect([err, out]).toEqual(["", ""]);
  });

  test("full, where there is no terminal to draw on: lines, and why", () => {
    const { err } = shown({ display: "full" });
    expect(err).toMatch(/^no --display full here \(the output is not a terminal\); --display log\n/);
    expect(err).toContain("done in 40 s");
  });

  test("without a flag: lines in a pipe and where the screen is read aloud", () => {
    expect(shown({}).err).toContain("done in 40 s");
    const aloud = shown({}, { tty: true, env: { ACCESSIBLE: "1", TERM: "xterm" } }).err;
    expect(aloud).not.toContain("\u001b");
    expect(aloud).toContain("done in 40 s");
  });
});
