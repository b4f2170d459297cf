/** The list of runs that `dash` opens with: what each is of, how it stands, how old it is, who won. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { folderUse } from "../../bench/files/folder-lock.js";
import { runFiles } from "../../bench/files/run-files.js";
import { readRunJson } from "../../bench/files/run-json.js";
import { sanitise } from "../../bench/files/sanitise.js";
import { summaryOf } from "../../report/run-summary.js";
import { whoWins } from "../../report/verdicts.js";
import type { Glyphs } from "../draw/glyphs.js";
import { Screen } from "../draw/screen.js";
import { bold, type ColourDepth, dim, type Ground, inverse, PLAIN, type Style, seriesStyle } from "../draw/style.js";
import { plainSpaces, stretch } from "../panels/panel.js";
import type { Key } from "../state/keys.js";
import { matches, within } from "../state/view.js";

export interface ListedRun {
  readonly folder: string;
  readonly id: string;
  readonly suite: string;
  readonly status: "running" | "finished" | "stopped" | "unreadable";
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly headline: string;
}

/** More are not listed: the newest are what one looks for. */
const MOST_RUNS = 200;

/** The runs of a folder, newest first. */
export function listRuns(folder: string): ListedRun[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return [];
  const dated = readdirSync(folder)
    .map((name) => join(folder, name))
    .flatMap((path) => {
      const { run } = runFiles(path);
      return existsSync(run) ? [{ path, time: statSync(run).mtimeMs }] : [];
    })
    .sort((a, b) => b.time - a.time)
    .slice(0, MOST_RUNS);
  return dated.map(({ path, time }) => listed(path, time)).sort((a, b) => b.startedMs - a.startedMs);
}

function listed(folder: string, time: number): ListedRun {
  const id = sanitise(folder.split(/[/\\]/).at(-1) ?? folder);
  try {
    const { suite, started } = readRunJson(runFiles(folder).run);
    const finished = existsSync(runFiles(folder).summary);
    const status = finished ? "finished" : folderUse(folder) === "live" ? "running" : "stopped";
    const headline = finished ? (whoWins(summaryOf(folder))[0] ?? "") : "";
    return {
      folder,
      id,
      suite: sanitise(suite.suite),
      status,
      startedMs: Date.parse(started),
      headline: plainSpaces(headline),
    };
  } catch (error) {
    const headline = sanitise(error instanceof Error ? error.message : String(error));
    return { folder, id, suite: "", status: "unreadable", startedMs: time, headline };
  }
}

const TONES: Readonly<Record<ListedRun["status"], Style>> = {
  running: seriesStyle(2),
  finished: seriesStyle(0),
  stopped: seriesStyle(1),
  unreadable: seriesStyle(3),
};

/** `3 min`, `2 h`, `5 d`. */
export function ageText(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / 1440)} d`;
}

export function drawRuns(
  width: number,
  height: number,
  runs: readonly ListedRun[],
  place: number,
  filter: string,
  nowMs: number,
  glyphs: Glyphs,
): Screen {
  const screen = new Screen(width, height, glyphs.charset === "ascii");
  const { region } = screen;
  region.spans(1, 0, [
    ["mva-bench", bold()],
    [`  ${runs.length} ${runs.length === 1 ? "run" : "runs"}`, dim()],
    [filter === "" ? "" : `  /${filter}`, PLAIN],
  ]);
  const ids = Math.min(Math.max(3, ...runs.map(({ id }) => id.length)), Math.max(12, Math.floor(width * 0.34)));
  const columns = [1, 3 + ids, 3 + ids + 12, 3 + ids + 22] as const;
  ["run", "status", "age", "headline"].forEach((title, at) => {
    region.put(columns[at] ?? 0, 2, title, dim());
  });
  const [from, to] = stretch(runs.length, place, height - 5);
  for (let i = from; i < to; i++) {
    const run = runs[i];
    if (run === undefined) continue;
    const y = 3 + i - from;
    region.putClipped(columns[0], y, run.id, ids, i === place ? bold() : PLAIN);
    region.put(columns[1], y, run.status, TONES[run.status]);
    region.put(columns[2], y, ageText(nowMs - run.startedMs), dim());
    region.putClipped(columns[3], y, run.headline, width - columns[3] - 1, i === place ? PLAIN : dim());
    if (i === place) for (let x = 0; x < columns[1] - 1; x++) region.restyle(x, y, inverse);
  }
  let x = 1;
  for (const [keys, does] of [
    ["↑↓", "choose"],
    ["Enter", "open"],
    ["/", "filter"],
    ["q", "leave"],
  ] as const) {
    x = region.put(x, height - 1, keys, bold());
    x = region.put(x + 1, height - 1, does, dim()) + 2;
  }
  return screen;
}

export interface RunsListOptions {
  readonly list: () => readonly ListedRun[];
  readonly glyphs: Glyphs;
  readonly depth: ColourDepth;
  readonly ground: Ground;
  readonly now: () => number;
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly onOpen: (folder: string) => void;
  readonly onLeave: () => void;
}

/** How often the folder is looked through again. */
const LIST_MS = 2000;

export class RunsList {
  readonly #options: RunsListOptions;
  readonly #listeners = new Set<() => void>();
  #runs: readonly ListedRun[];
  #place = 0;
  #filter = "";
  #typing = false;
  #listedMs: number;
  #frame: string;

  constructor(options: RunsListOptions) {
    this.#options = options;
    this.#runs = options.list();
    this.#listedMs = options.now();
    this.#frame = this.#draw();
  }

  readonly frame = (): string => this.#frame;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  tick(): boolean {
    const { list, now } = this.#options;
    if (now() - this.#listedMs < LIST_MS) return false;
    this.#runs = list();
    this.#listedMs = now();
    this.redraw();
    return true;
  }

  spent(): void {}

  redraw(): void {
    const before = this.#frame;
    this.#frame = this.#draw();
    if (this.#frame !== before) for (const listener of this.#listeners) listener();
  }

  press(key: Key): void {
    const { onOpen, onLeave } = this.#options;
    const text = key.kind === "text" ? key.text : "";
    if (key.kind === "interrupt") {
      onLeave();
      return;
    }
    const shown = this.#shown();
    if (key.kind === "enter" && !this.#typing) {
      const run = shown[within(this.#place, shown.length)];
      if (run !== undefined) onOpen(run.folder);
      return;
    }
    if (this.#typing) {
      if (key.kind === "enter") this.#typing = false;
      else if (key.kind === "escape") [this.#typing, this.#filter] = [false, ""];
      else if (key.kind === "backspace") this.#filter = [...this.#filter].slice(0, -1).join("");
      else this.#filter += text;
      this.#place = 0;
    } else if (text === "q") {
      onLeave();
      return;
    } else if (text === "/") this.#typing = true;
    else if (key.kind === "escape") this.#filter = "";
    else if (key.kind === "up" || text === "k") this.#place = within(this.#place - 1, shown.length);
    else if (key.kind === "down" || text === "j") this.#place = within(this.#place + 1, shown.length);
    this.redraw();
  }

  #shown(): readonly ListedRun[] {
    return this.#runs.filter(({ id, suite, headline }) => matches(this.#filter, id, suite, headline));
  }

  #draw(): string {
    const { size, glyphs, depth, ground, now } = this.#options;
    const { columns, rows } = size();
    const shown = this.#shown();
    const filter = this.#typing ? `${this.#filter}_` : this.#filter;
    const screen = drawRuns(
      columns,
      Math.max(0, rows - 1),
      shown,
      within(this.#place, shown.length),
      filter,
      now(),
      glyphs,
    );
    return screen.lines(depth, ground).join("\n");
  }
}
