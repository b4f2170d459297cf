import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { type Key, press } from "../../../src/ui/state/keys.js";
import { RunState } from "../../../src/ui/state/run-state.js";
import { FIRST_VIEW, type View } from "../../../src/ui/state/view.js";
import { recordedRun, stateOf } from "../recorded-run.js";

const running = stateOf(recordedRun("scoring"));
const over = stateOf(recordedRun("finished"));

/** The view after some keys: words in <> are names, all else is typed. */
function after(keys: string, view: View = FIRST_VIEW, state: RunState = running): View {
  for (const word of keys.match(/<[a-z-]+>|./gu) ?? []) {
    const key: Key = /^<.+>$/.test(word) ? ({ kind: word.slice(1, -1) } as Key) : { kind: "text", text: word };
    const outcome = press(view, key, state, false);
    if (outcome.kind !== "view") throw new Error(`${word} gives ${outcome.kind}`);
    view = outcome.view;
  }
  return view;
}

test("numbers and Tab choose a panel", () => {
  expect(after("3").panel).toBe("frontier");
  expect(after("<tab><tab>").panel).toBe("frontier");
  expect(after("<back-tab>").panel).toBe("samples");
  expect(after("7").panel).toBe("overview");
});

test("arrows and hjkl move in the list, to the sides by method or by panel", () => {
  expect(after("2<down>jk").place.training).toBe(1);
  expect(after("2<down>").place.leaderboard).toBe(0);
  expect(after("2G").place.training).toBe(-1);
  expect(after("6<right>l").method).toBe(2);
  expect(after("l").panel).toBe("training");
});

test("x and y choose values, never the same for both", () => {
  expect(after("3x")).toMatchObject({ x: 2, y: 1 });
  expect(after("3xx")).toMatchObject({ x: 0, y: 1 });
  expect(after("3y")).toMatchObject({ x: 0, y: 2 });
});

test("[ ] step, < > narrow between none and all, c changes the measure", () => {
  expect(after("3]]]").mixture).toBe(3);
  expect(after("3[").mixture).toBe(-1);
  expect(after("3<").floor).toBe(0);
  expect(after(`3${">".repeat(20)}`).floor).toBe(10);
  expect(after("4c").measure).toBe("cosine");
});

test("/ types a filter: Enter keeps it, Esc drops it, and keys are letters meanwhile", () => {
  expect(after("/alq")).toMatchObject({ filter: "alq", typing: true, panel: "overview" });
  expect(after("/al<backspace><enter>")).toMatchObject({ filter: "a", typing: false });
  expect(after("/al<escape>").filter).toBe("");
  expect(after("/al<enter><escape>").filter).toBe("");
});

test("? lists keys, and any key closes the list", () => {
  expect(after("?").help).toBe(true);
  expect(after("?x")).toMatchObject({ help: false, x: 0 });
});

describe("q", () => {
  const q: Key = { kind: "text", text: "q" };
  test("leaves at once a run that is only watched, or that is over", () => {
    expect(press(FIRST_VIEW, q, running, false)).toEqual({ kind: "leave" });
    expect(press(FIRST_VIEW, q, over, true)).toEqual({ kind: "leave" });
  });

  test("asks before it stops a run of one's own: y stops, anything else goes on", () => {
    const asked = press(FIRST_VIEW, q, running, true);
    expect(asked).toMatchObject({ kind: "view", view: { asking: true } });
    const asking = { ...FIRST_VIEW, asking: true };
    expect(press(asking, { kind: "text", text: "y" }, running, true)).toEqual({ kind: "stop" });
    expect(press(asking, q, running, true)).toMatchObject({ kind: "view", view: { asking: false } });
    expect(press(asking, { kind: "escape" }, running, true)).toMatchObject({ kind: "view", view: { asking: false } });
  });

  test("Ctrl-C stops without asking, as it does without a dashboard", () => {
    expect(press(FIRST_VIEW, { kind: "interrupt" }, running, true)).toEqual({ kind: "stop" });
    expect(press({ ...FIRST_VIEW, typing: true }, { kind: "interrupt" }, running, false)).toEqual({ kind: "leave" });
  });
});

const key = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).map((text): Key => ({ kind: "text", text })),
  fc.constantFrom(..."123456[]<>xycGgjkhl/?q").map((text): Key => ({ kind: "text", text })),
  fc
    .constantFrom("up", "down", "left", "right", "tab", "back-tab", "enter", "escape", "backspace", "interrupt")
    .map((kind): Key => ({ kind }) as Key),
);
property.prop([fc.array(key, { maxLength: 40 }), fc.boolean()])(
  "no keys throw, in a run of any number of values",
  (keys, owned) => {
    for (const state of [running, over, new RunState()]) {
      let view = FIRST_VIEW;
      for (const pressed of keys) {
        const outcome = press(view, pressed, state, owned);
        if (outcome.kind === "view") view = outcome.view;
      }
      expect(view.floor).toBeGreaterThanOrEqual(0);
    }
  },
);
