/** The curves of one training, chosen from a list of all. */
import { decimal, percent } from "../../report/numbers.js";
import { drawBox } from "../draw/box.js";
import { drawLines } from "../draw/line-plot.js";
import type { Region } from "../draw/screen.js";
import { bold, dim, inverse, PLAIN } from "../draw/style.js";
import { tickText } from "../draw/ticks.js";
import { markOf } from "../state/methods.js";
import type { RunState } from "../state/run-state.js";
import type { Training } from "../state/training.js";
import { matches, type View, within } from "../state/view.js";
import { activeTrainings } from "./overview.js";
import { drawEmpty, type PanelInput, plainSpaces, stretch } from "./panel.js";

const LEAST_PLOT = { width: 24, height: 7 };
/** Curves that are shares: their axis holds 0.5, where guessing stands. */
const SHARES: ReadonlySet<string> = new Set(["reward accuracy"]);

export function drawTrainingPanel(region: Region, input: PanelInput): void {
  const { state, view, glyphs } = input;
  const all = listedTrainings(state, view);
  const side = Math.min(40, Math.max(26, Math.floor(region.width * 0.26)));
  const list = drawBox(region.part(0, 0, side, region.height), glyphs, {
    title: "Trainings",
    note: view.filter === "" ? String(all.length) : `/${view.filter} ${all.length}`,
  });
  const chosen = chosenTraining(state, view);
  if (chosen === undefined) {
    drawEmpty(list, view.filter === "" ? "none yet" : "none fits");
    drawBox(region.part(side, 0), glyphs, { title: "Curves" });
    return;
  }
  const at = all.indexOf(chosen);
  const [from, to] = stretch(all.length, at, list.height);
  for (let i = from; i < to; i++) {
    const training = all[i];
    if (training === undefined) continue;
    const y = i - from;
    const mark = markOf(input.marks, training.method, glyphs);
    const share = plainSpaces(training.done ? glyphs.done : percent(training.step / Math.max(1, training.steps), 0));
    const seeds = (state.start?.seeds.length ?? 1) > 1 ? `s${training.seed} ` : "";
    list.put(0, y, mark.marker, mark.style);
    list
      .part(2, y, list.width - share.length - 3, 1)
      .put(0, 0, `${seeds}${training.method} ${training.task}`, i === at ? bold() : PLAIN);
    list.putRight(list.width, y, share, training.done ? dim() : PLAIN);
    if (i === at) for (let x = 2; x < list.width; x++) list.restyle(x, y, inverse);
  }
  const rate = training(chosen);
  const plots = drawBox(region.part(side, 0), glyphs, {
    title: `${chosen.method} ${chosen.task}, seed ${chosen.seed}`,
    note: plainSpaces(rate),
    titleStyle: markOf(input.marks, chosen.method, glyphs).style,
  });
  drawCurves(plots, input, chosen);
}

function training({ step, steps, rate }: Training): string {
  return `step ${step} of ${steps}${rate === undefined ? "" : `, ${decimal(rate, rate >= 10 ? 0 : 1)} a second`}`;
}

/** Those that fit the filter; what moves comes first, then as they began. */
export function listedTrainings(state: RunState, view: View): Training[] {
  return state.trainings.filter(({ method, task, seed }) => matches(view.filter, `${method} ${task} s${seed}`));
}

/** As long as nothing was chosen, the one that moves. */
function chosenTraining(state: RunState, view: View): Training | undefined {
  const all = listedTrainings(state, view);
  const active = activeTrainings(state)[0];
  const follow = view.place.training === 0 && active !== undefined ? all.indexOf(active) : -1;
  return follow > 0 ? all[follow] : all[within(view.place.training, all.length)];
}

function drawCurves(region: Region, input: PanelInput, training: Training): void {
  const names = training.curveNames();
  if (names.length === 0) {
    drawEmpty(region, "no step yet");
    return;
  }
  const across = Math.max(1, Math.min(3, Math.floor((region.width + 2) / (LEAST_PLOT.width + 2))));
  const most = across * Math.max(1, Math.floor(region.height / LEAST_PLOT.height));
  const shown = names.slice(0, most);
  const columns = columnsFor(shown.length, across, Math.floor(region.height / LEAST_PLOT.height));
  const rows = Math.ceil(shown.length / columns);
  const [width, height] = [Math.floor((region.width + 2) / columns), Math.floor(region.height / rows)];
  const { style } = markOf(input.marks, training.method, input.glyphs);
  shown.forEach((name, at) => {
    const cell = region.part((at % columns) * width, Math.floor(at / columns) * height, width - 2, height);
    const series = training.curve(name);
    if (series === undefined) return;
    const end = cell.put(0, 0, name, bold());
    const latest = series.latest;
    if (latest !== undefined) cell.put(end + 1, 0, shortNumber(latest), dim());
    const points = series.points((cell.width - 6) * 2);
    drawLines(cell.part(0, 1), input.glyphs, [{ points, style }], {
      x: { low: 0, high: Math.max(1, training.steps) },
      ...(SHARES.has(name) ? { y: { low: 0.5, high: 1 } } : {}),
    });
  });
}

/** As many columns as leave the fewest places empty; of equal ones the most. */
function columnsFor(plots: number, most: number, rows: number): number {
  let best = Math.min(most, plots);
  const empty = (columns: number): number => columns * Math.ceil(plots / columns) - plots;
  for (let columns = best - 1; columns >= Math.min(2, best); columns--) {
    if (Math.ceil(plots / columns) <= rows && empty(columns) < empty(best)) best = columns;
  }
  return best;
}

function shortNumber(value: number): string {
  const size = Math.abs(value);
  return size === 0 || (size >= 0.001 && size < 10_000)
    ? Number(value.toPrecision(3)).toString()
    : tickText(value, size < 1 ? 6 : 0);
}
