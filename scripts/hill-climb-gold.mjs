/**
 * Attacks the gold rules: hill climbing over token strings (words and full stops) to raise each gold score of test prompts,
 * from three starts. `node scripts/build.mjs && node scripts/hill-climb-gold.mjs [prompts] [tries]`.
 * Prints, per start and value, the mean and the highest score reached, and how many of the texts above 0 the grammar's
 * own writer would not have written (there must be none).
 */

import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { readReply, writeReply } from "../dist/data/embedded/reply.js";
import { readRequest } from "../dist/data/embedded/request.js";
import { embeddedDataset, goldScores, goldValues, readPairs, splitPairs } from "../dist/data/index.js";

const promptCount = Number(process.argv[2] ?? 20);
const tries = Number(process.argv[3] ?? 4000);
const { pairs } = await readPairs(embeddedDataset("mild").path);
const { train, test } = splitPairs(pairs);
const tokensOf = (text) => text.match(/[A-Za-z]+|[.,]/g) ?? [];
const textOf = (tokens) => tokens.join(" ").replace(/ ([.,])/g, "$1");
const vocabulary = [...new Set(train.flatMap(({ chosen, rejected }) => tokensOf(`${chosen} ${rejected}`)))];
const sentences = [...new Set(train.flatMap(({ chosen, rejected }) => `${chosen} ${rejected}`.split(/(?<=\.) /)))].map(
  tokensOf,
);
const random = xoroshiro128plus(7);
const below = (bound) => uniformInt(random, 0, bound - 1);
const pick = (list) => list[below(list.length)];

/** One token replaced, added, removed or swapped with its neighbor. */
function editToken(tokens) {
  const out = [...tokens];
  const at = below(out.length + 1);
  const move = below(4);
  if (move === 0) out.splice(at, 1, pick(vocabulary));
  else if (move === 1) out.splice(at, 0, pick(vocabulary));
  else if (move === 2) out.splice(at, 1);
  else if (at + 1 < out.length) [out[at], out[at + 1]] = [out[at + 1], out[at]];
  return out;
}

/** A whole sentence of the training data put in, or taken out. */
function editSentence(tokens) {
  const stops = [0, ...tokens.flatMap((token, index) => (token === "." ? [index + 1] : []))];
  const out = [...tokens];
  const from = below(stops.length);
  const size = below(2) === 0 ? 0 : (stops[from + 1] ?? out.length) - stops[from];
  out.splice(stops[from], size, ...(below(4) === 0 ? [] : pick(sentences)));
  return out;
}

const starts = {
  "random tokens, token moves": { start: () => Array.from({ length: 20 }, () => pick(vocabulary)), edit: editToken },
  "data reply, token moves": { start: ({ rejected }) => tokensOf(rejected), edit: editToken },
  "data reply, token and sentence moves": {
    start: ({ rejected }) => tokensOf(rejected),
    edit: (tokens) => (below(2) === 0 ? editToken(tokens) : editSentence(tokens)),
  },
};

for (const [name, { start, edit }] of Object.entries(starts)) {
  for (const value of goldValues) {
    const reached = [];
    let [before, foreign] = [0, 0];
    for (const pair of test.slice(0, promptCount)) {
      const score = (tokens) => goldScores(pair.prompt, { text: textOf(tokens), ended: true })[value];
      let tokens = start(pair);
      let best = score(tokens);
      before += best / promptCount;
      for (let attempt = 0; attempt < tries; attempt += 1) {
        const next = edit(tokens);
        const now = score(next);
        // Sideways steps too: a plateau must not end the search.
        if (now >= best) [tokens, best] = [next, now];
      }
      reached.push(best);
      const request = readRequest(pair.prompt);
      const reply = readReply(request, textOf(tokens));
      const plain = (text) => tokensOf(text.toLowerCase().replaceAll(",", "")).join(" ");
      if (best > 0 && (!reply || plain(writeReply(request, reply)) !== plain(textOf(tokens)))) foreign += 1;
    }
    const mean = reached.reduce((sum, score) => sum + score, 0) / reached.length;
    process.stdout.write(
      `${name} | ${value} | start ${before.toFixed(2)} | mean ${mean.toFixed(2)} | highest ${Math.max(...reached).toFixed(2)} | not the grammar's ${foreign}\n`,
    );
  }
}
