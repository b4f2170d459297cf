/** The candidates scored so far in any two values, each method's front, and what one candidate is. */
import { DASH, decimal, interval, percent } from "../../report/numbers.js";
import { drawBar } from "../draw/bar.js";
import { drawBox } from "../draw/box.js";
import type { Glyphs } from "../draw/glyphs.js";
import type { Region } from "../draw/screen.js";
import { bold, dim, inverse, PLAIN } from "../draw/style.js";
import { axes, type FrontierView, frontierView, type ThirdValue } from "../state/frontier-view.js";
import { markOf } from "../state/methods.js";
import type { ProbeEvent, Scored } from "../state/run-state.js";
import { chosenSeeds, seedNote, seenSeeds } from "../state/seeds.js";
import { within } from "../state/view.js";
import { drawFrontierPicture, latest } from "./frontier-picture.js";
import { hypervolumesOf } from "./hypervolume-bars.js";
import { drawEmpty, type PanelInput, plainSpaces } from "./panel.js";

export function drawFrontier(region: Region, input: PanelInput): void {
  const { state, view, glyphs } = input;
  const shown = frontierView(state, view);
  const side = Math.min(44, Math.max(30, Math.floor(region.width * 0.3)));
  const seeds = seenSeeds(state);
  const seed = seedNote(view.seed, seeds, state.start?.seeds.length ?? 1);
  const box = drawBox(region.part(0, 0, region.width - side, region.height), glyphs, {
    title: seed === "" ? "Frontier" : `Frontier, ${seed}`,
    note: noteOf(shown),
  });
  drawFrontierPicture(box, input);
  const legend = hypervolumesOf(input, chosenSeeds(view.seed, seeds));
  const rows = Math.min(Math.max(3, legend.rows.length + 2), Math.max(3, Math.floor(region.height * 0.5)));
  const upper = drawBox(region.part(region.width - side, 0, side, rows), glyphs, {
    title: "Hypervolume",
    note: legend.rows.length === 0 ? "" : legend.source,
  });
  if (legend.rows.length === 0) drawEmpty(upper, "nothing scored yet");
  legend.rows.slice(0, upper.height).forEach(({ mark, estimate }, y) => {
    upper.put(0, y, mark.marker, mark.style);
    const text = estimate === null ? DASH : `${decimal(estimate.value)} ${interval(estimate)}`;
    const short = text.length + 14 > upper.width ? decimal(estimate?.value) : text;
    upper.part(2, y, upper.width - short.length - 3, 1).put(0, 0, mark.id, mark.ranked ? PLAIN : dim());
    upper.putRight(upper.width, y, short, mark.ranked ? PLAIN : dim());
  });
  const { candidates, trails } = shown;
  const candidate = candidates[within(view.mixture, candidates.length)];
  const trail = trails[within(view.mixture, trails.length)];
  const lower = drawBox(region.part(region.width - side, rows, side), glyphs, {
    title: candidate === undefined && trail !== undefined ? "Training" : "Candidate",
    note: "[ ] step",
  });
  if (candidate !== undefined) {
    drawPolicy(
      lower,
      input,
      candidate,
      candidate.method === candidate.candidate ? candidate.method : `${candidate.method} ${candidate.candidate}`,
      factsOf(candidate),
      shown.third,
    );
  } else if (trail !== undefined) {
    const probe = latest(trail);
    drawPolicy(lower, input, probe, `${probe.method} ${probe.task}`, progressOf(probe), shown.third);
  }
}

function noteOf({ candidates, split, trails }: FrontierView): string {
  if (candidates.length > 0) return `${candidates.length} candidates, ${split} means`;
  const prompts = trails[0]?.[0].prompts;
  return prompts === undefined ? "" : `in training, ${prompts} prompts`;
}

function factsOf({ coefficients, weights, kl, broken }: Scored): string[] {
  const mixture = coefficients ?? weights;
  return [
    ...(mixture === null ? [] : [`mixture ${mixture.map((c) => decimal(c, 2)).join(", ")}`]),
    ...(kl === null ? [] : [`KL ${decimal(kl, 2)} nats a reply`]),
    ...(broken === null ? [] : [`broken ${percent(broken)}`]),
  ];
}

function progressOf({ step, steps }: ProbeEvent): string[] {
  return [`step ${step} of ${steps}`, "for watching, not scored"];
}

/** Who it is, its means with the axes that they lie on, and whatever else is known. */
function drawPolicy(
  region: Region,
  { state, glyphs, marks, view }: PanelInput,
  { seed, method, means }: { readonly seed: number; readonly method: string; readonly means: readonly number[] },
  name: string,
  facts: readonly string[],
  third: ThirdValue | undefined,
): void {
  const mark = markOf(marks, method, glyphs);
  const [x, y] = axes(view, state.values.length);
  region.put(0, 0, mark.marker, mark.style);
  region.put(2, 0, name, bold());
  let row = 1;
  state.values.forEach((value, k) => {
    if (k === x || k === y) region.put(0, row, k === x ? "x" : "y", inverse());
    region.part(2, row, region.width - 10, 1).put(0, 0, value);
    region.putRight(region.width, row, decimal(means[k]));
    row++;
  });
  const seeds = view.seed === "all" && (state.start?.seeds.length ?? 1) > 1 ? [`seed ${seed}`] : [];
  for (const fact of [...facts, ...seeds]) region.put(2, row++, plainSpaces(fact), dim());
  if (third !== undefined) drawSlider(region.part(2, row), glyphs, state.values[third.value] ?? "", third);
}

/** The least of the third value that is shown, on its range. */
function drawSlider(region: Region, glyphs: Glyphs, name: string, { low, high, least }: ThirdValue): void {
  const any = least === Number.NEGATIVE_INFINITY;
  region.put(0, 0, any ? `any ${name}` : `${name} ≥ ${decimal(least)}`, dim());
  region.putRight(region.width, 0, "< >", dim());
  if (region.height < 2) return;
  const [from, to] = [decimal(low, 2), decimal(high, 2)];
  const bar = region.width - from.length - to.length - 2;
  if (bar < 6) return;
  region.put(0, 1, from, dim());
  drawBar(
    region.part(from.length + 1, 1, bar, 1),
    glyphs,
    any ? 0 : (least - low) / (high - low || 1),
    any ? dim() : PLAIN,
  );
  region.putRight(region.width, 1, to, dim());
}
