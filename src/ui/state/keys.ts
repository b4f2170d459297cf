/** What each key does to the view, in the grammar of lazygit and btop. Pure. */
import { axes } from "./frontier-view.js";
import type { RunState } from "./run-state.js";
import { nextSeed, seenSeeds } from "./seeds.js";
import { FLOOR_STEPS, PANELS, type PanelId, type View } from "./view.js";

/** A key as a terminal sends it: a character, or a name. */
export type Key = { readonly kind: "text"; readonly text: string } | { readonly kind: NamedKey };

export type NamedKey =
  | "up"
  | "down"
  | "left"
  | "right"
  | "tab"
  | "back-tab"
  | "enter"
  | "escape"
  | "backspace"
  | "interrupt";

export type Outcome =
  | { readonly kind: "view"; readonly view: View }
  /** Leave the dashboard; a run that is only watched goes on. */
  | { readonly kind: "leave" }
  /** Stop the run that this process does. */
  | { readonly kind: "stop" };

const MOST_FILTER = 40;

/** @param owned whether leaving would stop the run */
export function press(view: View, key: Key, state: RunState, owned: boolean): Outcome {
  const to = (change: Partial<View>): Outcome => ({ kind: "view", view: { ...view, ...change } });
  const leave = (): Outcome => (owned && !state.over ? to({ asking: true, help: false }) : { kind: "leave" });
  // Ctrl-C is a signal to whoever runs: it does not ask, as it would not without a dashboard.
  const named = key.kind;
  if (named === "interrupt") return owned && !state.over ? { kind: "stop" } : { kind: "leave" };
  if (view.asking) {
    if (key.kind === "text" && key.text.toLowerCase() === "y") return { kind: "stop" };
    return to({ asking: false });
  }
  if (view.typing) return type(view, key);
  if (view.help) return key.kind === "text" && key.text === "q" ? leave() : to({ help: false });
  const move = (by: number): Outcome => to({ place: { ...view.place, [view.panel]: view.place[view.panel] + by } });
  const turn = (by: number): Outcome =>
    to({ panel: PANELS[(PANELS.indexOf(view.panel) + by + PANELS.length) % PANELS.length] ?? view.panel });
  const sideways = (by: number): Outcome =>
    BY_METHOD.has(view.panel) ? to({ method: view.method + by, mixture: 0 }) : turn(by);
  if (key.kind !== "text") {
    switch (key.kind) {
      case "up":
        return move(-1);
      case "down":
        return move(1);
      case "left":
        return sideways(-1);
      case "right":
        return sideways(1);
      case "tab":
        return turn(1);
      case "back-tab":
        return turn(-1);
      case "escape":
        return to({ filter: "" });
      case "enter":
      case "backspace":
        return to({});
      case "interrupt":
        return leave();
      default:
        return key satisfies never;
    }
  }
  const panel = PANELS[Number(key.text) - 1];
  if (panel !== undefined) return to({ panel });
  const values = state.values.length;
  switch (key.text) {
    case "k":
      return move(-1);
    case "j":
      return move(1);
    case "h":
      return sideways(-1);
    case "l":
      return sideways(1);
    case "g":
      return to({ place: { ...view.place, [view.panel]: 0 } });
    case "G":
      return to({ place: { ...view.place, [view.panel]: -1 } });
    case "[":
      return to({ mixture: view.mixture - 1 });
    case "]":
      return to({ mixture: view.mixture + 1 });
    case "x":
    case "y":
      return values < 2 ? to({}) : to({ ...nextAxis(view, values, key.text), floor: 0 });
    case "<":
      return to({ floor: Math.max(0, view.floor - 1) });
    case ">":
      return to({ floor: Math.min(FLOOR_STEPS, view.floor + 1) });
    case "s":
      return to({ seed: nextSeed(view.seed, seenSeeds(state)), mixture: 0 });
    case "c":
      return to({ measure: view.measure === "cka" ? "cosine" : "cka" });
    case "/":
      return to({ typing: true });
    case "?":
      return to({ help: true });
    case "q":
      return leave();
    default:
      return to({});
  }
}

const BY_METHOD: ReadonlySet<PanelId> = new Set<PanelId>(["interference", "samples"]);

/** The next value on one axis, passing over the other's. */
function nextAxis(view: View, values: number, axis: "x" | "y"): Partial<View> {
  const [x, y] = axes(view, values);
  const other = axis === "x" ? y : x;
  let next = ((axis === "x" ? x : y) + 1) % values;
  if (next === other && values > 2) next = (next + 1) % values;
  if (next === other || values === 2) return { x: y, y: x };
  return axis === "x" ? { x: next, y } : { x, y: next };
}

function type(view: View, key: Key): Outcome {
  const to = (change: Partial<View>): Outcome => ({ kind: "view", view: { ...view, ...change } });
  switch (key.kind) {
    case "text":
      return to({ filter: (view.filter + key.text).slice(0, MOST_FILTER) });
    case "backspace":
      return to({ filter: [...view.filter].slice(0, -1).join("") });
    case "escape":
      return to({ filter: "", typing: false });
    case "enter":
      return to({ typing: false });
    default:
      return to({});
  }
}
