/** The ink components over recorded events: what ink itself makes of them, and of keys. */
import { fc, test as property } from "@fast-check/vitest";
import { cleanup, render } from "ink-testing-library";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { RunEvent } from "../../../src/bench/files/events.js";
import { textWidth } from "../../../src/report/text-width.js";
import { Controller, type RunSource } from "../../../src/ui/app/controller.js";
import { InlineRun } from "../../../src/ui/app/inline-run.js";
import { InlineView } from "../../../src/ui/app/inline-view.js";
import { type ListedRun, RunsList } from "../../../src/ui/app/runs-list.js";
import { ScreenView } from "../../../src/ui/app/screen-view.js";
import { glyphsFor } from "../../../src/ui/draw/glyphs.js";
import { drawFrame } from "../../../src/ui/panels/frame.js";
import { RunState } from "../../../src/ui/state/run-state.js";
import { FIRST_VIEW, PANELS, type View } from "../../../src/ui/state/view.js";
import { anyEvent } from "../../bench/files/any-event.js";
import { recordedRun, stateOf, type Until } from "../recorded-run.js";

afterEach(cleanup);

// The library's terminal has 100 columns.
const SIZE = { columns: 100, rows: 30 };
const look = { glyphs: glyphsFor("braille"), depth: "256", ground: "dark" } as const;

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
const bare = (text: string | undefined): string => (text ?? "").replace(/\u001b\[[\d;]*m/g, "").replace(/ +$/gm, "");
/** Reads of keys, and what React does then, come a turn later. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

function sourceOf(events: readonly RunEvent[]): RunSource & { readonly state: RunState } {
  return { state: stateOf(events), fault: undefined, poll: () => {} };
}

function dashboard(until: Until) {
  const source = sourceOf(recordedRun(until));
  const nowMs = (source.state.lastMs ?? 0) + 500;
  const said: string[] = [];
  const controller = new Controller({
    ...{ source, ...look, owned: false, now: () => nowMs, size: () => SIZE },
    onLeave: () => said.push("leave"),
    onStop: () => said.push("stop"),
  });
  const drawn = (view: Partial<View>): string => {
    const input = { state: source.state, glyphs: look.glyphs, nowMs, owned: false };
    const screen = drawFrame(SIZE.columns, SIZE.rows - 1, { ...input, view: { ...FIRST_VIEW, ...view } });
    return bare(screen.lines("plain").join("\n"));
  };
  return { controller, drawn, said, source, ...render(<ScreenView shown={controller} />) };
}

describe("ScreenView", () => {
  test.each(["training", "scoring", "finished"] as const)("shows every panel of a run: %s", async (until) => {
    const { stdin, lastFrame, drawn } = dashboard(until);
    expect(bare(lastFrame())).toBe(drawn({}));
    for (const [at, panel] of PANELS.entries()) {
      stdin.write(String(at + 1));
      await settled();
      expect(bare(lastFrame()), panel).toBe(drawn({ panel }));
    }
  });

  test("keys as a terminal sends them: Tab and Shift-Tab, arrows, letters, a filter typed at once, Escape, Ctrl-C", async () => {
    const { stdin, lastFrame, controller, drawn, said } = dashboard("scoring");
    const press = async (keys: string): Promise<string> => {
      stdin.write(keys);
      await settled();
      return bare(lastFrame());
    };
    expect(await press("\t")).toBe(drawn({ panel: "training" }));
    await press("\t");
    expect(await press("]")).toBe(drawn({ panel: "frontier", mixture: 1 }));
    await press("[");
    expect(await press("\u001b[Z")).toBe(drawn({ panel: "training" }));
    await press("\u001b[B");
    expect(controller.view.place.training).toBe(1);
    await press("k");
    expect(controller.view.place.training).toBe(0);
    await press("/beta\r");
    expect(controller.view).toMatchObject({ filter: "beta", typing: false });
    await press("/x\u007f");
    expect(controller.view.typing).toBe(true);
    await press("\u001b");
    expect(controller.view).toMatchObject({ filter: "", typing: false });
    expect(await press("?")).toBe(drawn({ panel: "training", help: true }));
    await press("?");
    await press("q");
    expect(said).toEqual(["leave"]);
    await press("\u0003");
    expect(said).toEqual(["leave", "leave"]);
  });

  test("what comes in is shown, by ink or by a painter, and the same", async () => {
    const { controller, source, lastFrame } = dashboard("training");
    const painted: string[] = [];
    const paint = (frame: string): void => {
      painted.push(frame);
    };
    const other = render(<ScreenView shown={controller} paint={paint} />);
    source.state.say(source.state.lastMs ?? 0, "plain", "a line more");
    controller.redraw();
    await settled();
    expect(bare(lastFrame())).toContain("a line more");
    expect(bare(painted.at(-1))).toBe(bare(lastFrame()));
    expect(bare(other.lastFrame())).toBe("");
  });

  test("the terminal's raw mode is taken, and given back with the component", () => {
    const { stdin, unmount } = dashboard("training");
    const raw = vi.spyOn(stdin, "setRawMode" as never);
    unmount();
    expect(raw).toHaveBeenCalledWith(false);
  });
});

describe("a list of runs", () => {
  const listed: ListedRun[] = ["one", "two", "three"].map((id, at) => ({
    ...{ folder: `/runs/${id}`, id, suite: "quick", status: "finished", startedMs: -at * 3_600_000 },
    headline: `${id} wins`,
  }));

  test("arrows choose, / filters, Enter opens", async () => {
    const opened: string[] = [];
    const list = new RunsList({
      ...{ list: () => listed, ...look, now: () => 0, size: () => SIZE },
      onOpen: (folder) => opened.push(folder),
      onLeave: () => opened.push("left"),
    });
    const { stdin, lastFrame } = render(<ScreenView shown={list} />);
    expect(bare(lastFrame())).toContain("3 runs");
    for (const keys of ["\u001b[B", "\r", "/thr", "\r"]) {
      stdin.write(keys);
      await settled();
    }
    expect(bare(lastFrame())).toContain("/thr");
    expect(bare(lastFrame())).not.toContain("two wins");
    stdin.write("\r");
    await settled();
    stdin.write("q");
    await settled();
    expect(opened).toEqual(["/runs/two", "/runs/three", "left"]);
  });
});

function inline(events: readonly RunEvent[], rows = SIZE.rows) {
  const source = { state: new RunState(), fault: undefined, poll: () => {} };
  for (const event of events) source.state.apply(event);
  let time = source.state.lastMs ?? 0;
  const run = new InlineRun({
    ...{ source, ...look, now: () => time, size: () => ({ ...SIZE, rows }), verdict: true },
  });
  const tick = async (...more: RunEvent[]): Promise<void> => {
    for (const event of more) source.state.apply(event);
    time += 1000;
    run.tick();
    await settled();
  };
  run.tick();
  return { source, run, tick, ...render(<InlineView shown={run} />) };
}

describe("InlineView", () => {
  const all = recordedRun("finished");
  const scored = recordedRun("scoring").length;

  test("lines stay in their order, each once; what moves is below them and is gone in the end", async () => {
    const { run, tick, lastFrame } = inline(all.slice(0, 150));
    const before = bare(lastFrame()).split("\n");
    const top = before.findIndex((line) => line.startsWith("╭─ Now"));
    const history = before.slice(0, top);
    expect(history[0]).toBe("0:00 started: quick-20260921-131000");
    expect(before.slice(top).join("\n")).toContain("training, seed 1");
    await tick(...all.slice(150, scored));
    const after = bare(lastFrame()).split("\n");
    expect(after.slice(0, top)).toEqual(history);
    expect(after.filter((line) => line.startsWith("╭─")).length).toBe(2);
    expect(after.join("\n")).toMatch(/╭─ Hypervolume ─+ validation, so far ─╮/);
    expect(after.filter((line) => line.includes("alpha dpo humorous 3 trained")).length).toBe(1);
    await tick(...all.slice(scored));
    expect(run.over).toBe(true);
    const last = bare(lastFrame()).trimEnd().split("\n");
    expect(last.slice(0, top)).toEqual(history);
    expect(last.join("\n")).not.toMatch(/[╭╮╰╯]/);
    expect(last.at(-1)).toContain("finished");
  });

  test.each([30, 20, 16, 15, 8, 3, 2])("of %i rows what moves leaves some free", (rows) => {
    const { run } = inline(all.slice(0, scored), rows);
    expect(run.frame().live.length).toBeLessThan(rows);
    if (rows > 15) expect(run.frame().live.length).toBeGreaterThan(4);
    for (const line of run.frame().live) expect(textWidth(bare(line))).toBeLessThanOrEqual(80);
  });

  test("what libraries print meanwhile takes its place among the lines", async () => {
    const { run, tick, lastFrame } = inline(all.slice(0, 150));
    run.print("(node:1) Warning: \u001b[31mred\u001b[2J\nsecond line\n");
    await tick();
    expect(bare(lastFrame())).toMatch(/Warning: red\nsecond line\n╭─ Now/);
  });
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
property.prop([fc.array(anyEvent, { maxLength: 12 }), fc.constantFrom(...PANELS), fc.boolean()], { numRuns: 40 })(
  "any events through ink: nothing throws, nothing is wider than the terminal, no control character from data",
  (inputs, panel, recorded) => {
    const events = [
      ...(recorded ? recordedRun("scoring") : []),
      ...inputs.map((input, at) => ({ v: 1, time: at, ...input }) as RunEvent),
    ];
    const state = new RunState();
    for (const event of events) state.apply(event);
    const controller = new Controller({
      source: { state, fault: undefined, poll: () => {} },
      ...{ ...look, owned: false, now: () => 0, size: () => SIZE, onLeave: () => {}, onStop: () => {} },
    });
    controller.press({ kind: "text", text: String(1 + PANELS.indexOf(panel)) });
    const screen = render(<ScreenView shown={controller} />);
    const lines = inline(events);
    for (const frame of [screen.lastFrame(), lines.lastFrame()]) {
      const text = bare(frame);
      expect(text).not.toMatch(CONTROL);
      for (const line of text.split("\n")) expect(textWidth(line)).toBeLessThanOrEqual(SIZE.columns);
    }
    cleanup();
  },
);
