/** One prompt's replies side by side as the mixture changes, with their scores. */
import { sanitise } from "../../bench/files/sanitise.js";
import { decimal } from "../../report/numbers.js";
import { drawBar } from "../draw/bar.js";
import { drawBox } from "../draw/box.js";
import type { Region } from "../draw/screen.js";
import { dim, seriesStyle } from "../draw/style.js";
import { wrapCells } from "../draw/wrap.js";
import { byMark, byMixture, markOf } from "../state/methods.js";
import type { RunState, SampleEvent, SamplePrompt } from "../state/run-state.js";
import { matches, type View, within } from "../state/view.js";
import { drawEmpty, type PanelInput } from "./panel.js";

const LEAST_COLUMN = 34;

export function drawSamples(region: Region, input: PanelInput): void {
  const { state, view, glyphs, marks } = input;
  const prompts = [...state.prompts.values()];
  const at = within(view.place.samples, prompts.length);
  const prompt = prompts[at];
  if (prompt === undefined) {
    drawEmpty(
      drawBox(region, glyphs, { title: "Samples" }),
      state.over ? "this run's events hold no samples" : "replies come with the first scores",
    );
    return;
  }
  const lines = wrapCells(sanitise(prompt.text), region.width - 4);
  const height = Math.min(lines.length, 4) + 2;
  const box = drawBox(region.part(0, 0, region.width, height), glyphs, {
    title: `Prompt ${at + 1} of ${prompts.length}`,
    note: "validation",
  });
  lines.slice(0, box.height).forEach((line, y) => {
    box.put(0, y, line);
  });
  const methods = sampledMethods(prompt, view).sort(byMark(marks));
  const method = methods[within(view.method, methods.length)];
  const below = region.part(0, height);
  if (method === undefined) {
    drawEmpty(drawBox(below, glyphs, { title: "Replies" }), "no method fits the filter");
    return;
  }
  const mark = markOf(marks, method, glyphs);
  const replies = [...prompt.replies.values()]
    .filter((reply) => reply.method === method)
    .sort((a, b) => byMixture(a.candidate, b.candidate) || a.seed - b.seed);
  const base = [...prompt.replies.values()].find((reply) => reply.method === "base" && method !== "base");
  const columns = Math.max(
    1,
    Math.min(Math.floor(region.width / LEAST_COLUMN), replies.length + (base === undefined ? 0 : 1)),
  );
  const first = within(view.mixture, replies.length);
  // With room for three the base stands at the left, to compare with.
  const beside = base !== undefined && columns >= 3 ? [base] : [];
  const turning = Array.from(
    { length: Math.min(replies.length, columns - beside.length) },
    (_, k) => replies[within(first + k, replies.length)],
  );
  const shown = [...beside, ...turning.filter((reply) => reply !== undefined)];
  below.spans(1, 0, [
    [`${mark.marker} `, mark.style],
    [`${mark.title}`],
    [`  ${first + 1} of ${replies.length} mixtures`, dim()],
    [methods.length > 1 ? `  method ${methods.indexOf(method) + 1} of ${methods.length}` : "", dim()],
  ]);
  const width = Math.floor(region.width / shown.length);
  shown.forEach((reply, k) => {
    const last = k === shown.length - 1;
    drawReply(below.part(k * width, 1, last ? region.width - k * width : width, below.height - 1), input, reply);
  });
}

function drawReply(region: Region, { state, glyphs, marks }: PanelInput, reply: SampleEvent): void {
  const mark = markOf(marks, reply.method, glyphs);
  const box = drawBox(region, glyphs, { title: nameOf(reply, state), titleStyle: mark.style });
  const scores = Math.min(state.values.length, Math.max(0, box.height - 2));
  const lines = wrapCells(`${sanitise(reply.reply)}${reply.ended ? "" : " …"}`, box.width);
  const room = box.height - scores - 1;
  lines.slice(0, room).forEach((line, y) => {
    box.put(0, y, line);
  });
  if (lines.length > room && room > 0) box.putRight(box.width, room - 1, glyphs.ellipsis, dim());
  const names = Math.min(12, Math.floor(box.width / 2), Math.max(...state.values.map((name) => name.length)));
  const top = Math.min(box.height - scores, Math.max(lines.length + 1, 0));
  state.values.slice(0, scores).forEach((name, k) => {
    const scale = state.scales?.[k];
    const score = reply.scores[k] ?? Number.NaN;
    const share = scale === undefined ? Number.NaN : (score - scale.center) / scale.scale;
    box.part(0, top + k, names, 1).put(0, 0, name, dim());
    const bar = box.part(names + 1, top + k, Math.max(0, box.width - names - 8), 1);
    if (Number.isFinite(share)) drawBar(bar, glyphs, share, seriesStyle(k));
    box.putRight(box.width, top + k, decimal(score, 2));
  });
}

function nameOf(reply: SampleEvent, state: RunState): string {
  const seeds = (state.start?.seeds.length ?? 1) > 1 ? ` s${reply.seed}` : "";
  return reply.method === reply.candidate ? reply.method : `${reply.candidate}${seeds}`;
}

/** Methods that answered this prompt and fit the filter. */
export function sampledMethods(prompt: SamplePrompt, view: View): string[] {
  const all = [...new Set([...prompt.replies.values()].map(({ method }) => method))];
  const fit = all.filter((method) => matches(view.filter, method));
  const mixing = fit.filter((method) => method !== "base");
  return mixing.length > 0 ? mixing : fit;
}
