/** One whole screen: title, tabs, the panel, and a footer with the keys that matter now. */
import type { Glyphs } from "../draw/glyphs.js";
import { type Region, Screen, shownWidth } from "../draw/screen.js";
import { bold, dim, inverse, PLAIN, type Style, seriesStyle } from "../draw/style.js";
import { methodMarks } from "../state/methods.js";
import type { RunState } from "../state/run-state.js";
import { PANELS, type PanelId, type View } from "../state/view.js";
import { drawFrontier } from "./frontier.js";
import { drawHelp } from "./help.js";
import { drawInterference } from "./interference.js";
import { drawLeaderboard } from "./leaderboard.js";
import { drawOverview, elapsedText, statusWords } from "./overview.js";
import type { Panel, PanelInput } from "./panel.js";
import { drawSamples } from "./samples.js";
import { drawTrainingPanel } from "./training.js";

export const LEAST_SIZE = { columns: 60, rows: 16 } as const;

const DRAWN: Readonly<Record<PanelId, Panel>> = {
  overview: drawOverview,
  training: drawTrainingPanel,
  frontier: drawFrontier,
  interference: drawInterference,
  leaderboard: drawLeaderboard,
  samples: drawSamples,
};

/** In full, and as a narrow window has room for. */
const TITLES: Readonly<Record<PanelId, readonly [string, string]>> = {
  overview: ["Overview", "Overview"],
  training: ["Training", "Train"],
  frontier: ["Frontier", "Front"],
  interference: ["Interference", "Interf"],
  leaderboard: ["Leaderboard", "Board"],
  samples: ["Samples", "Samples"],
};

export interface FrameInput {
  readonly state: RunState;
  readonly view: View;
  readonly glyphs: Glyphs;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Whether leaving would stop the run. */
  readonly owned: boolean;
  /** What went wrong with the reading of events; said in the footer. */
  readonly fault?: string | undefined;
}

/** A screen of `width` columns and `height` rows; a plain notice where that is too little. */
export function drawFrame(width: number, height: number, input: FrameInput): Screen {
  const { state, view, glyphs } = input;
  const screen = new Screen(Math.max(0, width), Math.max(0, height), glyphs.charset === "ascii");
  const { region } = screen;
  if (width < LEAST_SIZE.columns || height < LEAST_SIZE.rows - 1) {
    drawNotice(region);
    return screen;
  }
  const panel: PanelInput = { ...input, marks: methodMarks(state, glyphs) };
  drawTitle(region.part(0, 0, width, 1), input);
  drawTabs(region.part(0, 1, width, 1), view);
  const body = region.part(0, 2, width, height - 3);
  if (view.help) drawHelp(body, panel);
  else DRAWN[view.panel](body, panel);
  drawFooter(region.part(0, height - 1, width, 1), input);
  return screen;
}

function drawNotice(region: Region): void {
  const lines = [
    "This window is too small for the dashboard.",
    `It needs ${LEAST_SIZE.columns} columns and ${LEAST_SIZE.rows} rows.`,
    "q leaves.",
  ];
  lines.forEach((line, y) => {
    region.put(0, y, line);
  });
}

const TONES: Readonly<Record<RunState["status"]["kind"], Style>> = {
  waiting: dim(),
  running: seriesStyle(2),
  finished: seriesStyle(0),
  interrupted: seriesStyle(1),
  dead: seriesStyle(3),
};

function drawTitle(region: Region, { state, glyphs, nowMs }: FrameInput): void {
  const { start, status } = state;
  const words = `${status.kind === "running" ? glyphs.running : status.kind === "finished" && !status.failed ? glyphs.done : glyphs.failed} ${statusWords(state)}`;
  const right =
    start === undefined ? "" : `${start.engine} ${glyphs.times} ${start.threads}   ${elapsedText(state, nowMs)}`;
  const first = region.put(1, 0, "mva-bench", bold());
  const room = region.width - shownWidth(words) - shownWidth(right) - 6;
  const title = region.part(0, 0, room, 1);
  const end = title.put(first + 2, 0, start?.suite ?? "", seriesStyle(0)) + 2;
  title.putClipped(end, 0, start?.title ?? "", room - end, dim());
  region.putRight(region.width - 1, 0, right, dim());
  region.putRight(region.width - (right === "" ? 1 : shownWidth(right) + 4), 0, words, bold(TONES[status.kind]));
}

function drawTabs(region: Region, view: View): void {
  const full = PANELS.reduce((sum, id) => sum + TITLES[id][0].length + 4, 0) <= region.width;
  let x = 0;
  PANELS.forEach((id, at) => {
    const chosen = id === view.panel && !view.help;
    x = region.put(x, 0, ` ${at + 1} ${TITLES[id][full ? 0 : 1]} `, chosen ? inverse(bold()) : dim());
  });
}

/** The keys that matter on each panel. */
const HINTS: Readonly<Record<PanelId, readonly (readonly [string, string])[]>> = {
  overview: [["1-6", "panels"]],
  training: [
    ["↑↓", "training"],
    ["/", "filter"],
  ],
  frontier: [
    ["x y", "values"],
    ["[ ]", "candidate"],
    ["< >", "third"],
    ["s", "seed"],
    ["/", "method"],
  ],
  interference: [
    ["←→", "method"],
    ["c", "measure"],
    ["s", "seed"],
  ],
  leaderboard: [
    ["↑↓", "method"],
    ["/", "filter"],
  ],
  samples: [
    ["↑↓", "prompt"],
    ["←→", "method"],
    ["[ ]", "mixture"],
  ],
};

function drawFooter(region: Region, { view, owned, fault, state }: FrameInput): void {
  if (view.asking) {
    region.spans(1, 0, [
      ["Stop this run? ", bold(seriesStyle(1))],
      ["y", bold()],
      [" stop (it can be resumed)  ", PLAIN],
      ["n", bold()],
      [" go on  ", PLAIN],
    ]);
    return;
  }
  if (view.typing) {
    region.spans(1, 0, [["/", bold()], [view.filter], [" ", inverse()], ["  Enter keep  Esc drop", dim()]]);
    return;
  }
  const seeds = state.start?.seeds.length ?? 1;
  const hints = [
    ...HINTS[view.panel].filter(([keys]) => (keys !== "s" || seeds > 1) && (keys !== "< >" || state.values.length > 2)),
    ["Tab", "next"],
    ["?", "keys"],
    ["q", owned && !state.over ? "stop" : "leave"],
  ] as const;
  let x = 1;
  for (const [keys, does] of hints) {
    x = region.put(x, 0, keys, bold());
    x = region.put(x + 1, 0, does, dim()) + 2;
  }
  const filter = view.filter === "" ? "" : `/${view.filter}  Esc clears`;
  const message = fault ?? filter;
  if (message !== "")
    region.part(x + 1, 0).putRight(region.width - x - 2, 0, message, fault === undefined ? dim() : seriesStyle(3));
}
