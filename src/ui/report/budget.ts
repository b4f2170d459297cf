/** What each method spent, by kind, in one bar; a tick where its plan ends. */
import type { BarChart } from "../../report/charts/chart.js";
import { flops, NBSP, percent } from "../../report/numbers.js";
import { Screen, shownWidth } from "../draw/screen.js";
import { bold, seriesStyle } from "../draw/style.js";
import type { Entry } from "./legend.js";
import type { Look } from "./look.js";

const LEAST_PLOT = 12;

/** Undefined where there is no room: the table beside it has the numbers. */
export function drawBudget({ rows }: BarChart, { width, glyphs }: Look): Screen | undefined {
  const spent = rows.map(({ amounts }) => amounts.reduce((sum, amount) => sum + amount, 0));
  const figures = rows.map(({ planned }, at) => {
    const all = spent[at] ?? 0;
    return `${flops(all)}${planned > 0 ? ` ${percent(all / planned, 0).padStart(5)}` : ""}`.replaceAll(NBSP, " ");
  });
  const names = Math.min(Math.max(...rows.map(({ label }) => shownWidth(label))), Math.floor(width * 0.34));
  const right = Math.max(...figures.map(shownWidth));
  const columns = width - names - right - 4;
  if (columns < LEAST_PLOT) return undefined;
  const most = Math.max(...spent, ...rows.map(({ planned }) => planned), 1);
  const place = (amount: number): number => Math.round((amount / most) * (columns - 1));
  const screen = new Screen(width, rows.length, glyphs.charset === "ascii");
  const { region } = screen;
  rows.forEach(({ label, amounts, planned }, y) => {
    region.putClipped(0, y, label, names);
    const bar = region.part(names + 2, y, columns, 1);
    let sum = 0;
    amounts.forEach((amount, k) => {
      const from = place(sum);
      sum += amount;
      bar.put(from, 0, signOf(glyphs.fills, k).repeat(Math.max(0, place(sum) - from)), seriesStyle(k));
    });
    bar.put(place(planned), 0, glyphs.axis[2], bold());
    region.putRight(width, y, figures[y] ?? "");
  });
  return screen;
}

/** Which sign is which kind. */
export function budgetLegend({ parts }: BarChart, { glyphs }: Pick<Look, "glyphs">): Entry[] {
  return [
    ...parts.map((part, k): Entry => ({ sign: signOf(glyphs.fills, k).repeat(2), style: seriesStyle(k), name: part })),
    { sign: glyphs.axis[2], style: bold(), name: "planned" },
  ];
}

function signOf(fills: readonly string[], at: number): string {
  return fills[at % fills.length] ?? "#";
}
