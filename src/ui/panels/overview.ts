/** The first screen: how far the run is and what it spends; once it has finished, who wins, is it real, what it cost. */
import type { RunSummary } from "../../bench/summary.js";
import { decimal, duration, flops, percent } from "../../report/numbers.js";
import { shellCommand } from "../../report/shell.js";
import { wrap } from "../../report/text-width.js";
import { isItReal, whatItCost, whoWins } from "../../report/verdicts.js";
import { drawBar } from "../draw/bar.js";
import { drawBox } from "../draw/box.js";
import { drawLines } from "../draw/line-plot.js";
import type { Region } from "../draw/screen.js";
import { sparkline } from "../draw/sparkline.js";
import { bold, dim, PLAIN, type Style, seriesStyle } from "../draw/style.js";
import { markOf } from "../state/methods.js";
import type { RunState } from "../state/run-state.js";
import type { Training } from "../state/training.js";
import { drawFrontierPicture } from "./frontier-picture.js";
import { drawHypervolumes, hypervolumesOf } from "./hypervolume-bars.js";
import { drawEmpty, type PanelInput, plainSpaces } from "./panel.js";

const GREEN = seriesStyle(2);
const RED = seriesStyle(3);

export function drawOverview(region: Region, input: PanelInput): void {
  const { state, marks } = input;
  const { source, rows } = hypervolumesOf(input);
  const top =
    state.summary === undefined
      ? drawNow(region, input)
      : drawVerdict(region, input, Math.max(8, region.height - Math.min(12, Math.max(marks.length, rows.length) + 2)));
  const rest = region.part(0, top);
  const tall = rest.height >= marks.length + 14 && region.width >= 90;
  const middle = Math.min(rest.height, Math.max(marks.length + 2, state.summary === undefined ? 0 : rows.length + 2));
  const height = tall ? middle : rest.height >= middle + 4 ? middle : rest.height;
  const half = Math.floor(region.width / 2);
  drawBudgets(rest.part(0, 0, half, height), input);
  const box = drawBox(rest.part(half, 0, region.width - half, height), input.glyphs, {
    title: "Hypervolume",
    note: rows.length === 0 ? "" : source,
  });
  if (rows.length === 0) drawEmpty(box, "nothing is scored yet");
  else drawHypervolumes(box, input, rows);
  const last = rest.part(0, height);
  if (last.height < 3) return;
  if (!tall || last.height < 12) {
    drawLog(last, input);
    return;
  }
  const losses = state.candidates.length === 0 ? activeTrainings(state) : [];
  const title = losses.length > 0 ? "Loss" : "Frontier";
  const picture = drawBox(last.part(0, 0, half, last.height), input.glyphs, { title });
  if (losses.length > 0) drawLosses(picture, input, losses);
  else drawFrontierPicture(picture, input);
  drawLog(last.part(half, 0), input);
}

/** What the run does now. @returns rows used */
export function drawNow(region: Region, input: PanelInput): number {
  const { state, glyphs, nowMs } = input;
  // What it was doing when it ended is in the log; now it is not doing it.
  const stage = state.over ? undefined : state.stage;
  const active = state.over ? [] : activeTrainings(state);
  const height = Math.min(region.height, 4 + Math.max(1, Math.min(active.length, 4)));
  const box = drawBox(region.part(0, 0, region.width, height), glyphs, {
    title: "Now",
    note: state.start === undefined ? "" : plainSpaces(`${elapsedText(state, nowMs)} elapsed`),
  });
  const share = shareDone(state);
  const words = stage?.name ?? statusWords(state);
  box.put(0, 0, words, bold());
  const left = state.over ? undefined : (state.progress?.etaSeconds ?? undefined);
  const figures = [
    ...(share === undefined ? [] : [percent(share, 0)]),
    ...(left === undefined ? [] : [`${duration(left)} left`]),
  ];
  box.putRight(box.width, 0, plainSpaces(figures.join("  ")));
  drawBar(box.part(0, 1, box.width, 1), glyphs, share ?? 0, seriesStyle(0));
  if (active.length === 0) {
    const scoring = stage?.total == null || stage.total === 0 ? undefined : stage.done / stage.total;
    if (scoring !== undefined) {
      const end = box.put(0, 2, "scoring replies  ", dim());
      drawBar(box.part(end, 2, Math.max(0, box.width - end - 6), 1), glyphs, scoring, GREEN);
      box.putRight(box.width, 2, plainSpaces(percent(scoring, 0)));
    } else box.put(0, 2, restWords(state), dim());
  }
  active.slice(0, box.height - 2).forEach((training, at) => {
    drawTraining(box.part(0, 2 + at, box.width, 1), input, training);
  });
  return height;
}

/** The same in one line, where there is no room for more. */
export function oneLine(state: RunState, nowMs: number): string {
  const left = state.over ? undefined : (state.progress?.etaSeconds ?? undefined);
  const share = shareDone(state);
  return plainSpaces(
    [
      elapsedText(state, nowMs),
      state.stage?.name ?? statusWords(state),
      ...(share === undefined ? [] : [percent(share, 0)]),
      ...(left === undefined ? [] : [`${duration(left)} left`]),
      ...activeTrainings(state).map(({ method, task, step, steps }) => `${method} ${task} ${step}/${steps}`),
    ].join("  "),
  );
}

/** Name, bar, steps, rate, and the loss so far, on one row. */
function drawTraining(row: Region, input: PanelInput, training: Training): void {
  const { glyphs, marks, state } = input;
  const mark = markOf(marks, training.method, glyphs);
  const name = `${training.method} ${training.task}${(state.start?.seeds.length ?? 1) > 1 ? ` s${training.seed}` : ""}`;
  const names = Math.min(30, Math.floor(row.width * 0.36));
  row.put(0, 0, mark.marker, mark.style);
  row.part(2, 0, names, 1).put(0, 0, name);
  const rate = training.rate === undefined ? "" : `${decimal(training.rate, training.rate >= 10 ? 0 : 1)}/s`;
  const figures = plainSpaces(`${training.step}/${training.steps}  ${rate.padStart(5)}`);
  const loss = training.curve("loss");
  const room = row.width - names - 5 - figures.length;
  const curve = room >= 34 && loss !== undefined ? `loss ${decimal(loss.latest)} ` : "";
  const spark = curve === "" ? "" : sparkline(loss?.means() ?? [], Math.min(24, Math.floor(room / 3)), glyphs);
  const bar = room - (curve.length + spark.length === 0 ? 0 : curve.length + Math.floor(room / 3) + 2);
  drawBar(row.part(names + 3, 0, Math.max(0, bar), 1), glyphs, training.step / Math.max(1, training.steps), mark.style);
  row.put(names + 4 + bar, 0, figures);
  if (curve !== "") {
    const at = row.put(names + 4 + bar + figures.length + 2, 0, curve, dim());
    row.put(at, 0, spark, mark.style);
  }
}

/** What trains now, over the share of its steps. */
function drawLosses(region: Region, { glyphs, marks }: PanelInput, trainings: readonly Training[]): void {
  const lines = trainings.map((training) => ({
    points: (training.curve("loss")?.points(region.width) ?? []).map(({ x, y }) => ({
      x: (100 * x) / training.steps,
      y,
    })),
    style: markOf(marks, training.method, glyphs).style,
  }));
  drawLines(region, glyphs, lines, { x: { low: 0, high: 100 }, xTitle: "% of steps" });
}

function drawVerdict(region: Region, { state, glyphs }: PanelInput, most: number): number {
  const { summary } = state;
  if (summary === undefined) return 0;
  const width = region.width - 4;
  const parts: readonly (readonly [heading: string, sentences: readonly string[]])[] = [
    ["Who wins", whoWins(summary)],
    ["Is it real", isItReal(summary)],
    ["What it cost", whatItCost(summary)],
  ];
  const wrapped = parts.map(([heading, sentences]) => ({
    heading,
    // A number and its unit stay on one line.
    lines: sentences.map((sentence) => wrap(sentence, width - LABEL).map(plainSpaces)),
  }));
  // Where not all of it fits, each part keeps its first sentence; the rest is on the leaderboard and in the report.
  let room = Math.max(0, most - 2);
  const kept = wrapped.map(({ lines }) => {
    room -= lines[0]?.length ?? 0;
    return 1;
  });
  wrapped.forEach(({ lines }, part) => {
    for (const line of lines.slice(1)) {
      if (line.length > room) break;
      room -= line.length;
      kept[part] = (kept[part] ?? 1) + 1;
    }
  });
  const rows: (readonly [string, string, Style])[] = [];
  /** Sentences of which nothing is said yet. */
  let untold = 0;
  wrapped.forEach(({ heading, lines }, part) => {
    const shown = lines.slice(0, kept[part]).flat();
    const hidden = lines.length - (kept[part] ?? 0);
    shown.forEach((line, at) => {
      const first = part === 0 && at < (lines[0]?.length ?? 0);
      const more = hidden > 0 && at === shown.length - 1 && part === 0 ? `  (+${hidden}: panel 5)` : "";
      const fits = more !== "" && line.length + more.length <= width - LABEL;
      rows.push([
        at === 0 ? heading : "",
        line + (fits ? more : ""),
        first ? bold(isShown(summary) ? GREEN : PLAIN) : PLAIN,
      ]);
      if (fits) untold -= hidden;
    });
    untold += hidden;
  });
  const height = Math.min(region.height, rows.length + 2);
  const box = drawBox(region.part(0, 0, region.width, height), glyphs, {
    title: "Verdict",
    note: plainSpaces(
      `${untold === 0 ? "" : `${untold} more in mva-bench report, `}${duration(summary.run.seconds)} in all`,
    ),
  });
  rows.forEach(([heading, line, style], y) => {
    box.put(0, y, heading, dim());
    box.put(LABEL, y, line, style);
  });
  return height;
}

/** Whether there is a winner, against all. */
function isShown({ leader, differences }: RunSummary): boolean {
  return leader !== null && differences.length > 0 && differences.every(({ shown }) => shown);
}

/** Columns of "What it cost" and a gap. */
const LABEL = 14;

function drawBudgets(region: Region, input: PanelInput): void {
  const { state, glyphs, marks } = input;
  const box = drawBox(region, glyphs, {
    title: "Budget",
    note:
      state.start === undefined ? "" : plainSpaces(`${flops(state.start.budget.flops)} a ${state.start.budget.per}`),
  });
  if (marks.length === 0) {
    drawEmpty(box, "no method yet");
    return;
  }
  const names = Math.min(Math.max(...marks.map(({ id }) => id.length)), Math.floor(box.width / 3));
  const hidden = marks.length > box.height ? marks.length - box.height + 1 : 0;
  marks.slice(0, marks.length - hidden).forEach((mark, y) => {
    const { spent, total } = state.budgetOf(mark.id);
    const share = total === null || total === 0 ? undefined : spent / total;
    const text = plainSpaces(share === undefined ? flops(spent) : percent(share, 0));
    const full = box.width >= 50 ? plainSpaces(`${flops(spent)} `) : "";
    box.put(0, y, mark.marker, mark.style);
    box.part(2, y, names, 1).put(0, 0, mark.id, mark.ranked ? PLAIN : dim());
    const figures = `${full.padStart(12)}${text.padStart(6)}`.slice(full === "" ? 12 : 0);
    drawBar(
      box.part(names + 3, y, Math.max(0, box.width - names - 4 - figures.length), 1),
      glyphs,
      share ?? 0,
      mark.style,
    );
    box.putRight(box.width, y, figures);
  });
  if (hidden > 0) box.put(2, box.height - 1, `and ${hidden} more`, dim());
}

function drawLog(region: Region, { state, glyphs }: PanelInput): void {
  const box = drawBox(region, glyphs, { title: "Log" });
  state.notices.slice(-box.height).forEach(({ workedMs, tone, text }, y) => {
    const end = box.put(0, y, `${clock(workedMs)}  `, dim());
    box.putClipped(end, y, text, box.width - end, tone === "bad" ? RED : tone === "good" ? GREEN : PLAIN);
  });
}

/** Those that move: begun, not done, and heard of lately. */
export function activeTrainings(state: RunState): Training[] {
  const latest = state.lastMs ?? 0;
  return state.trainings
    .filter((training) => !training.done && training.steps > 0 && latest - training.lastMs < 60_000)
    .sort((a, b) => b.lastMs - a.lastMs)
    .slice(0, state.start?.threads ?? 4)
    .sort((a, b) => state.trainings.indexOf(a) - state.trainings.indexOf(b));
}

/** Share of the run that is done, by its own word, else by the budgets. */
export function shareDone(state: RunState): number | undefined {
  if (state.status.kind === "finished") return 1;
  return state.progress?.done;
}

export function elapsedText(state: RunState, nowMs: number): string {
  return clock(state.workedMs(state.over ? (state.lastMs ?? nowMs) : nowMs));
}

/** `1:05`, `1:02:03`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const pad = (n: number): string => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

export function statusWords(state: RunState): string {
  switch (state.status.kind) {
    case "waiting":
      return "waiting for the first event";
    case "running":
      return "running";
    case "finished":
      return state.status.failed ? "finished, with failures" : "finished";
    case "interrupted":
      return "stopped";
    case "dead":
      return "its process is gone";
    default:
      return state.status satisfies never;
  }
}

function restWords(state: RunState): string {
  if (state.status.kind === "interrupted" || state.status.kind === "dead") {
    return `go on with: ${shellCommand(["mva-bench", "run", "--resume", state.folder ?? state.start?.run ?? "RUN"])}`;
  }
  return state.status.kind === "running" ? "between trainings" : "";
}
