// Writes the tables of docs/findings.md: what each part of the methods does, paired by seed and prompt, with interference beside it.
// Each table goes into the block of its suite, `<!-- findings: NAME -->`; the sentences around are written by hand.
//
//   npm run build && node scripts/findings-page.mjs [ROW.json | RUN,RUN,… ] … [--dist dist] [--print]
//
// A source is a leaderboard row, or run folders of one suite and several seeds, put together; default: every row that ships.
// NAME is the suite's name, followed by its data set where the block says so (ablation, ablation-entangled). A block whose
// suite is not among the sources stays as it is. --print writes to the terminal instead.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dist: { type: "string", default: join(root, "dist") },
    print: { type: "boolean", default: false },
  },
});
const load = (path) => import(pathToFileURL(join(resolve(flags.dist), path)).href);
const { basisOf } = await load("leaderboard/add-row.js");
const { readFinishedRun } = await load("leaderboard/finished-run.js");
const { mergeRuns } = await load("leaderboard/merge-runs.js");
const { pairsOf } = await load("leaderboard/row-pairs.js");
const { readRow, readRows } = await load("leaderboard/store.js");
const { seedsText } = await load("leaderboard/row.js");
const { boardsOf } = await load("leaderboard/board.js");
const { budgetViews } = await load("leaderboard/budget-view.js");
const { budgetTable } = await load("leaderboard/board-tables.js");
const { summarise } = await load("bench/summarise.js");
const { holm, mean } = await load("metrics/index.js");
const { decimal, flops, interval, percent, signed, duration } = await load("report/numbers.js");

/** What is asked, and the two rows that answer it: a − b. Only those are told of which both were run. */
const EFFECTS = [
  ["extrapolation alone", "mva-alpha0", "soup"],
  ["decorrelation as MVA has it (CKA of ΔW)", "mva", "mva-alpha0"],
  ["decorrelation by RBF HSIC of ΔW", "mva-dw-rbf", "mva-alpha0"],
  ["decorrelation by HSIC of A's rows, as published", "mva-a-rows", "mva-alpha0"],
  ["weight decay matched to that", "mva-weight-decay", "mva-alpha0"],
  ["HSIC of A's rows beyond its matched weight decay", "mva-a-rows", "mva-weight-decay"],
  ["decorrelation by squared cosine of ΔW", "mva-cos2", "mva-alpha0"],
  ["CKA of ΔW at alpha 0.1", "mva-cka-0.1", "mva-alpha0"],
  ["CKA of ΔW at alpha 1", "mva-cka-1", "mva-alpha0"],
  ["CKA of ΔW at alpha 10", "mva-cka-10", "mva-alpha0"],
  // The order itself stands in the suite.
  ["order", "mva-order-2", "mva"],
  ["order", "mva-order-3", "mva"],
  ["Soup: twice the learning rate", "soup-strong", "soup"],
  ["extrapolation: twice the learning rate", "mva-alpha0-strong", "mva-alpha0"],
  ["MVA: twice the learning rate", "mva-strong", "mva"],
  ["extrapolation alone, at twice the learning rate", "mva-alpha0-strong", "soup-strong"],
  ["decorrelation, at twice the learning rate", "mva-strong", "mva-alpha0-strong"],
  ["Soup: a quarter of the learning rate", "soup-weak", "soup"],
  ["extrapolation: a quarter of the learning rate", "mva-alpha0-weak", "mva-alpha0"],
  ["MVA: a quarter of the learning rate", "mva-weak", "mva"],
  ["extrapolation alone, at a quarter of the learning rate", "mva-alpha0-weak", "soup-weak"],
  ["decorrelation, at a quarter of the learning rate", "mva-weak", "mva-alpha0-weak"],
  ["MVA against Soup", "mva", "soup"],
  ["MVA against MODPO", "mva", "modpo"],
  ["MVA against MORLHF", "mva", "morlhf"],
  ["extrapolation against MODPO", "mva-alpha0", "modpo"],
  ["extrapolation against MORLHF", "mva-alpha0", "morlhf"],
  ["Soup against MODPO", "soup", "modpo"],
  ["Soup against MORLHF", "soup", "morlhf"],
];

const board = join(root, "reports", "leaderboard");
const wanted = positionals.length > 0 ? positionals : readRows(board).map(({ path }) => path);
const sources = wanted
  .map((name) =>
    name.endsWith(".json")
      ? { ...basisOf(readRow(name)), place: placeOf(name) }
      : { ...mergeRuns(name.split(",").map((folder) => readFinishedRun(folder))), place: null },
  )
  .filter(({ submission }) => submission === undefined || submission === null);

const blocks = new Map();
for (const basis of sources) {
  const { suite } = basis.suite;
  const set = basis.suite.data.set;
  const known = ["quick", "quick-entangled", "ablation-entangled", "hh", "smoke"].includes(suite);
  const name = known || set === undefined || set === "mild" || suite.endsWith(set) ? suite : `${suite}-${set}`;
  const shipped = basis.input.run.budget.flops;
  blocks.set(name, [...(blocks.get(name) ?? []), { flops: shipped, lines: tablesOf(basis) }]);
}
const rows = existsSync(board) ? readRows(board).map(({ row }) => row) : [];
const views = budgetViews(boardsOf(rows)).filter(({ budgets }) => budgets.length > 1);
const budgets = views.flatMap((view) => [`\`${view.suite}\` v${view.version}`, plain(budgetTable(view))]);
if (budgets.length > 0) blocks.set("budget", [{ flops: 0, lines: budgets }]);

const page = join(root, "docs", "findings.md");
let text = readFileSync(page, "utf8");
for (const [name, parts] of blocks) {
  const content = parts
    .toSorted((a, b) => a.flops - b.flops)
    .flatMap(({ lines }) => lines)
    .join("\n\n")
    .replaceAll("\u00a0", " ");
  if (flags.print) {
    console.log(`## ${name}\n\n${content}\n`);
    continue;
  }
  const [open, close] = [`<!-- findings: ${name} -->`, `<!-- /findings: ${name} -->`];
  if (!text.includes(open) || !text.includes(close)) {
    console.error(`docs/findings.md has no block for ${name}: passed over`);
    continue;
  }
  text = `${text.slice(0, text.indexOf(open))}${open}\n\n${content}\n\n${text.slice(text.indexOf(close))}`;
}
if (!flags.print) writeFileSync(page, text);

/** Where a row that ships lies, from the repository's root; null for one that lies elsewhere. */
function placeOf(name) {
  const path = resolve(name);
  return path.startsWith(board) ? path.slice(root.length + 1) : null;
}

function tablesOf({ input, origins, suite, hashes, place }) {
  const summary = summarise(input);
  const { values, methods, statistics, evaluation, matchedKl, interference } = summary;
  const names = values.map((value) => value.name);
  const of = (id) => methods.find((method) => method.id === id);
  const whole = (id) => (of(id)?.hypervolume ?? null) !== null;
  const asked = EFFECTS.filter(([, a, b]) => whole(a) && whole(b));
  const ids = [...new Set(asked.flatMap(([, a, b]) => [a, b]))];
  const pairs = pairsOf(input, ids);
  const found = asked.map(([question, a, b]) => {
    const order = suite.variants.find(({ id }) => id === a)?.mva?.order;
    const asks = question === "order" ? `order ${order?.join(", ")}` : question;
    const pair = pairs.find((own) => (own.a === a && own.b === b) || (own.a === b && own.b === a));
    return pair.a === a
      ? { asks, a, b, ...pair }
      : { asks, ...pair, a, b, difference: -pair.difference, low: -pair.high, high: -pair.low };
  });
  const adjusted = holm(found.map(({ p }) => p));
  const seconds = origins.reduce((sum, origin) => sum + origin.seconds, 0);
  const judged = values.filter(({ ruler }) => !ruler).map(({ name }) => name);
  const parts = [
    `\`${suite.suite}\` version ${suite.version}, suite hash \`${hashes.suite.slice(0, 12)}\`, data \`${hashes.data.slice(0, 12)}\`; seeds ${seedsText(input.tables.seeds)}; ${evaluation.testPrompts} test and ${evaluation.validationPrompts} validation prompts; ${flops(suite.budget.flops)} a ${suite.budget.per} and seed; ${duration(seconds)} in ${origins.length} ${origins.length === 1 ? "job" : "jobs"}. ${statistics.seedsAssessed ? "Intervals are over seeds and prompts: statements about methods." : "Fewer than 3 seeds: intervals are over prompts and hold for these trained models."}${judged.length > 0 ? ` No ruler: ${judged.join(", ")}.` : ""}${place === null ? "" : ` From [${place.split("/").at(-1)}](../${place}).`}`,
    table(
      ["method", "hypervolume, 95 %", "by seed", `best ${names.join(" / ")}`, "KL mean, max", "broken", "note"],
      methods
        .filter(({ id, hypervolume }) => hypervolume !== null && !id.endsWith("@grid"))
        .map((m) => [
          m.ranked ? m.id : `${m.id}\\*`,
          `${decimal(m.hypervolume.value)} ${interval(m.hypervolume)}`,
          m.hypervolumeBySeed.map((x) => decimal(x)).join(" "),
          m.best.map((x) => decimal(x, 2)).join(" / "),
          m.kl === null ? "–" : `${decimal(m.kl.mean, 1)}, ${decimal(m.kl.max, 1)}`,
          percent(m.broken),
          m.undertrained.length > 0 ? `undertrained: ${m.undertrained.join(", ")}` : "",
        ]),
    ),
    "\\* for orientation, not ranked.",
    table(
      ["effect on hypervolume", "rows", "difference, 95 %", "relative", "p", "p (Holm)", ""],
      found.map(({ asks, a, b, difference, low, high, p }, i) => {
        const base = of(b).hypervolume.value;
        const shown = (low > 0 || high < 0) && adjusted[i] < 1 - statistics.confidence;
        return [
          asks,
          `${a} − ${b}`,
          `${signed(difference, 4)} ${interval({ low, high }, 4)}`,
          base > 0
            ? `${signed((100 * difference) / base, 1)} % ${interval({ low: (100 * low) / base, high: (100 * high) / base }, 0)}`
            : "–",
          pText(p),
          pText(adjusted[i]),
          shown ? "shown" : "not shown",
        ];
      }),
    ),
  ];
  parts.push(
    table(
      [
        "hypervolume above",
        ...summary.references.map(({ name, point }) => `${name}: ${point.map((x) => decimal(x, 2)).join(" / ")}`),
      ],
      methods
        .filter(({ id, hypervolume }) => hypervolume !== null && !id.endsWith("@grid"))
        .map(({ id }) => [id, ...summary.references.map(({ hypervolume }) => decimal(hypervolume[id] ?? null))]),
    ),
  );
  if (matchedKl !== null) {
    const { limit, hypervolume } = matchedKl;
    parts.push(
      table(
        [`within KL ${decimal(limit, 2)} of the base`, "hypervolume, 95 %"],
        Object.entries(hypervolume).map(([id, e]) => [id, `${decimal(e.value)} ${interval(e)}`]),
      ),
    );
  }
  if (interference.length > 0) {
    const none = of("mva-alpha0")?.hypervolume?.value;
    parts.push(
      table(
        ["value vectors of", "mean cosine", "mean CKA", `norms ${names.join(" / ")}`, "hypervolume", "to mva-alpha0"],
        interference.map((entry) => {
          const volume = of(entry.method)?.hypervolume?.value;
          return [
            entry.method,
            decimal(mean(entry.pairs.map(({ cosine }) => cosine)), 3),
            decimal(mean(entry.pairs.map(({ cka }) => cka)), 3),
            entry.vectors.map(({ norm }) => decimal(norm, 2)).join(" / "),
            decimal(volume),
            none > 0 && volume !== undefined ? `${signed(100 * (volume / none - 1), 1)} %` : "–",
          ];
        }),
      ),
    );
  }
  return parts;
}

function pText(p) {
  return p < 0.001 ? "< .001" : decimal(p);
}

function plain({ columns, rows: cells }) {
  return table(
    columns.map(({ title }) => title),
    cells,
  );
}

function table(head, cells) {
  const line = (own) => `| ${own.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...cells.map(line)].join("\n");
}
