/**
 * The figures of datasets/README.md about the embedded data sets: `npm run build && node scripts/dataset-facts.mjs`.
 * `--prompts N` goes through all replies of the grammar for N prompts a split (default 300).
 */
import { parseArgs } from "node:util";
import { readRequest } from "../dist/data/embedded/request.js";
import { bestReplies, embeddedDataset, goldScores, goldValues, readPairs, valuePairs } from "../dist/data/index.js";
import { mean } from "../dist/metrics/index.js";

const { values: flags } = parseArgs({ options: { prompts: { type: "string", default: "300" } } });
// A reader that has seen enough (`| head`) is no fault.
process.stdout.on("error", (error) => process.exit(error.code === "EPIPE" ? 0 : 1));
const correlation = (xs, ys) => {
  const [mx, my] = [mean(xs), mean(ys)];
  const cross = (us, mu, vs, mv) => mean(us.map((u, i) => (u - mu) * (vs[i] - mv)));
  return cross(xs, mx, ys, my) / Math.sqrt(cross(xs, mx, xs, mx) * cross(ys, my, ys, my));
};
const percent = (share) => `${Math.round(100 * share)} %`;
const shown = (label, texts) => process.stdout.write(`  ${label}: ${texts.join(" / ")}\n`);
const names = valuePairs.map((pair) => pair.join("–"));

for (const name of ["mild", "entangled"]) {
  const { pairs } = await readPairs(embeddedDataset(name).path);
  const prompts = [...new Set(pairs.map(({ prompt }) => prompt))];
  process.stdout.write(`${name}: ${pairs.length} pairs, ${prompts.length} prompts; values ${goldValues.join(", ")}\n`);
  const scored = pairs.map(({ prompt, chosen, rejected, value }) => {
    const [better, worse] = [chosen, rejected].map((text) => goldScores(prompt, { text, ended: true }));
    return { prompt, value, texts: [chosen, rejected], scores: [better, worse] };
  });
  shown(
    "labels that agree with gold",
    goldValues.map((value) => {
      const own = scored.filter((row) => row.value === value);
      return percent(mean(own.map(({ scores: [a, b] }) => (a[value] > b[value] ? 1 : 0))));
    }),
  );
  const texts = new Map(
    scored.flatMap((row) => row.texts.map((text, i) => [`${row.prompt}\n${text}`, { text, gold: row.scores[i] }])),
  );
  const replies = [...texts.values()];
  const of = (value) => replies.map(({ gold }) => gold[value]);
  shown(
    "mean gold of the replies",
    goldValues.map((value) => mean(of(value)).toFixed(2)),
  );
  const words = replies.map(({ text }) => text.split(/\s+/).length);
  shown(
    "correlation of gold with length",
    goldValues.map((value) => correlation(of(value), words).toFixed(2)),
  );
  shown(
    `correlation of gold, ${names.join(", ")}`,
    valuePairs.map(([a, b]) => correlation(of(a), of(b)).toFixed(2)),
  );
  shown(
    "reply pairs ordered oppositely by gold (of those on which both have an opinion)",
    valuePairs.map(([a, b]) => {
      const signs = scored.map(({ scores: [x, y] }) => Math.sign(x[a] - y[a]) * Math.sign(x[b] - y[b]));
      const opposite = signs.filter((sign) => sign < 0).length;
      return `${percent(opposite / signs.length)} (${percent(opposite / signs.filter((sign) => sign !== 0).length)})`;
    }),
  );
  const chosen = new Map(pairs.map((pair) => [`${pair.value}\n${pair.prompt}`, pair.chosen]));
  const both = valuePairs.map(([a, b]) =>
    prompts.flatMap((prompt) => {
      const labels = [a, b].map((value) => chosen.get(`${value}\n${prompt}`));
      return labels.includes(undefined) ? [] : [labels[0] === labels[1] ? 1 : 0];
    }),
  );
  if (both.every((own) => own.length > 0))
    shown(
      "labels of two values that agree",
      both.map((own) => percent(mean(own))),
    );
  for (const split of ["train", "validation", "test"]) {
    const own = [...new Set(pairs.filter((pair) => pair.split === split).map(({ prompt }) => prompt))];
    const looked = own.slice(0, Number(flags.prompts)).map((prompt) => bestReplies(readRequest(prompt)).differ);
    shown(
      `best replies differ, ${split} (${looked.length} prompts)`,
      valuePairs.map((_, k) => percent(mean(looked.map((differ) => (differ[k] ? 1 : 0))))),
    );
  }
}
