import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Controller } from "../../../src/ui/app/controller.js";
import { openDashboard, type Terminal } from "../../../src/ui/app/dashboard.js";
import { FRAME_MS } from "../../../src/ui/app/frames.js";
import { repaint } from "../../../src/ui/app/painter.js";
import { glyphsFor } from "../../../src/ui/draw/glyphs.js";
import { recordedRun, stateOf } from "../recorded-run.js";
import { FakeKeyboard, FakeTerminal } from "./fake-terminal.js";

function dashboard(owned = false) {
  const [output, input] = [new FakeTerminal(80, 24), new FakeKeyboard()];
  const state = stateOf(recordedRun("scoring"));
  const said: string[] = [];
  let time = state.lastMs ?? 0;
  const controller = new Controller({
    source: { state, fault: undefined, poll: () => {} },
    glyphs: glyphsFor("braille"),
    ...{ depth: "256", ground: "dark", owned },
    now: () => time,
    size: () => ({ columns: output.columns, rows: output.rows }),
    onLeave: () => said.push("leave"),
    onStop: () => said.push("stop"),
  });
  const terminal = { input, output } as unknown as Terminal;
  const pass = (ms: number): void => {
    time += ms;
  };
  return { output, input, state, said, controller, pass, open: () => openDashboard(terminal, controller) };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

describe("on a terminal", () => {
  test("another screen is opened, keys turn panels, and all is given back", async () => {
    const { output, input, said, open } = dashboard();
    const before = process.listenerCount("exit");
    const opened = await open();
    await settled();
    expect(output.other).toBe(true);
    expect(output.cursorShown).toBe(false);
    expect(input.raw).toBe(true);
    expect(output.text).toContain("Budget");
    input.type("3");
    await settled();
    expect(output.text).toContain("19 candidates, validation means");
    input.type("\u001b[C\t");
    await settled();
    expect(output.text).toContain("Leaderboard ─");
    input.type("/alp\r");
    await settled();
    expect(output.text).toContain("/alp");
    expect(output.text).not.toContain("◆ gamma");
    input.type("q");
    await settled();
    expect(said).toEqual(["leave"]);
    opened.close();
    opened.close();
    expect([output.other, output.cursorShown, input.raw]).toEqual([false, true, false]);
    expect(process.listenerCount("exit")).toBe(before);
  });

  test("resized, nothing of the old picture is left", async () => {
    const { output, open } = dashboard();
    const opened = await open();
    await settled();
    output.resize(120, 40);
    await settled();
    const lines = output.text.split("\n");
    expect(lines.filter((line) => line.includes("mva-bench")).length).toBe(1);
    expect(lines[37]).toMatch(/^╰─+╯/);
    output.resize(50, 10);
    await settled();
    expect(output.text).toContain("too small");
    opened.close();
  });

  test("the last row stays free, and only what has changed is sent", async () => {
    const { output, state, controller, pass, open } = dashboard();
    const opened = await open();
    await settled();
    expect(output.text.split("\n")[23]).toBe("");
    output.sent = "";
    state.say(state.lastMs ?? 0, "plain", "one more line");
    pass(5000);
    controller.tick();
    await settled();
    expect(output.text).toContain("one more line");
    expect(output.sent.length).toBeLessThan(1200);
    opened.close();
  });

  test("what others print meanwhile is held back, and printed when the screen is given back", async () => {
    const { output, open } = dashboard();
    const opened = await open();
    await settled();
    output.write("a banner");
    expect(output.sent).not.toContain("a banner");
    opened.close();
    expect(output.sent).toMatch(/1049la banner$/);
  });

  test("a process that ends without closing gives the screen back", async () => {
    const { output, open } = dashboard();
    const before = process.listeners("exit");
    await open();
    const [closer] = process
      .listeners("exit")
      .filter((listener) => !before.includes(listener))
      .slice(-1);
    closer?.(1);
    expect([output.other, output.cursorShown]).toEqual([false, true]);
    for (const listener of process.listeners("exit")) if (!before.includes(listener)) process.off("exit", listener);
  });
});

describe("frames", () => {
  test("at most ten a second, and fewer where they cost much", () => {
    const { controller, state, pass } = dashboard();
    let frames = 0;
    controller.subscribe(() => frames++);
    const run = (seconds: number): number => {
      frames = 0;
      for (let ms = 0; ms < seconds * 1000; ms += 20) {
        pass(20);
        state.say(0, "plain", "x");
        controller.tick();
      }
      return frames / seconds;
    };
    expect(run(4)).toBeLessThanOrEqual(1000 / FRAME_MS);
    expect(run(4)).toBeGreaterThan(5);
    for (let i = 0; i < 20; i++) controller.spent(8);
    expect(run(6)).toBeLessThanOrEqual(2);
  });

  test("none where nothing changes; the clock goes on while it runs", () => {
    const { controller, pass } = dashboard();
    let frames = 0;
    controller.subscribe(() => frames++);
    for (let i = 0; i < 9; i++) {
      pass(FRAME_MS);
      controller.tick();
    }
    expect(frames).toBe(0);
    pass(1000);
    controller.tick();
    expect(frames).toBe(1);
  });

  test("a key is answered at once", () => {
    const { controller } = dashboard();
    for (let i = 0; i < 20; i++) controller.spent(50);
    controller.press({ kind: "text", text: "5" });
    expect(controller.frame()).toContain("Leaderboard");
  });
});

const line = fc.string({ unit: fc.constantFrom("a", "b", " "), maxLength: 12 });
property.prop([fc.array(fc.array(line, { maxLength: 8 }), { minLength: 1, maxLength: 6 })])(
  "frames painted by what has changed are the frames painted anew",
  (frames) => {
    const terminal = new FakeTerminal(12, 8);
    let before: readonly string[] = [];
    for (const frame of frames) {
      terminal.write(repaint(before, frame));
      before = frame;
      const padded = Array.from({ length: 8 }, (_, row) => (frame[row] ?? "").trimEnd());
      expect(terminal.text).toBe(padded.join("\n"));
    }
  },
);
