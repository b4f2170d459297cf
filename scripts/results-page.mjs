// Puts the tables of finished runs into docs/results.md (docs/results-hh.md for hh), each into the block of its suite: every figure there is of a
// run's summary.json. The sentences between the blocks are written by hand.
// usage (after npm run build): node scripts/results-page.mjs RUN_FOLDER …
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readRunRecord } from "../dist/bench/run-folder.js";
import { decimal, duration, flops, interval, percent, signed } from "../dist/report/numbers.js";

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error("usage: node scripts/results-page.mjs RUN_FOLDER …");
  process.exit(2);
}
for (const folder of folders) {
  const file = join(folder, "summary.json");
  if (!existsSync(file)) {
    console.error(`${folder}: holds no finished run`);
    process.exit(2);
  }
  const summary = JSON.parse(readFileSync(file, "utf8"));
  const name = summary.run.suite === "hh" ? "results-hh.md" : "results.md";
  const page = fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
  const text = readFileSync(page, "utf8");
  const block = new RegExp(`(<!-- results: ${summary.run.suite} -->\n)[\\s\\S]*?(<!-- /results -->)`);
  if (!block.test(text)) {
    console.error(`${page}: has no block for ${summary.run.suite}`);
    process.exit(1);
  }
  const written = text.replace(
    block,
    (_, open, close) => `${open}\n${tables(summary, readRunRecord(folder)).join("\n\n")}\n\n${close}`,
  );
  writeFileSync(page, written.replaceAll("\u00a0", " "));
}

function tables(summary, record) {
  const { run, values, methods, statistics, evaluation } = summary;
  const names = values.map((value) => value.name);
  const parts = [
    `${run.title}. \`${run.suite}\` version ${run.version}, suite hash \`${run.suiteHash.slice(0, 12)}\`, data \`${run.dataHash.slice(0, 12)}\`; seeds ${run.seeds.join(", ")}; ${evaluation.testPrompts} test and ${evaluation.validationPrompts} validation prompts; ${flops(run.budget.flops)} a ${run.budget.per}; engine ${run.engine}, ${run.threads} threads; ${duration(run.seconds)} wall time on ${record.hardware.cpu}, which other work shared unless docs/performance.md says otherwise.`,
    table(
      [
        "method",
        "hypervolume, 95 %",
        "by seed",
        `best ${names.join(" / ")}`,
        "selected",
        "KL mean, max",
        "broken",
        "note",
      ],
      methods.map((m) => [
        m.ranked ? m.id : `${m.id}\\*`,
        m.hypervolume === null ? "–" : `${decimal(m.hypervolume.value)} ${interval(m.hypervolume)}`,
        m.hypervolumeBySeed.map((x) => decimal(x)).join(", "),
        m.best.map((x) => decimal(x, 2)).join(" / "),
        `${decimal(m.selected, Number.isInteger(m.selected) ? 0 : 1)} of ${m.offered}`,
        m.kl === null ? "–" : `${decimal(m.kl.mean, 1)}, ${decimal(m.kl.max, 1)}`,
        percent(m.broken),
        [
          m.undertrained.length > 0 ? `undertrained: ${m.undertrained.join(", ")}` : "",
          ...summary.failures.filter((f) => f.method === m.id).map((f) => `failed (seed ${f.seed})`),
        ]
          .filter(Boolean)
          .join("; "),
      ]),
    ),
    `\\* for orientation, not ranked. ${statistics.seedsAssessed ? "Intervals are over seeds and prompts." : "Seeds: not assessed (fewer than 3); intervals are over prompts and hold for these trained models."} ${summary.rankingStable ? "The ranking is the same at all three reference points." : "The ranking changes with the reference point."}`,
    table(
      ["difference of hypervolume", "95 %", "relative", "p (Holm)", "shown"],
      [
        ...summary.questions.map((d) => [`${d.a} − ${d.b}: ${d.asks}`, ...difference(d)]),
        ...summary.differences.map((d) => [`${d.a} − ${d.b}`, ...difference(d)]),
        ...(summary.variants ?? []).map((d) => [`${d.a} − ${d.b}`, ...difference(d)]),
      ],
    ),
    table(
      ["hypervolume above", "point", ...methods.map((m) => m.id)],
      summary.references.map((r) => [
        r.name,
        r.point.map((x) => decimal(x, 2)).join(" / "),
        ...methods.map((m) => decimal(r.hypervolume[m.id] ?? null)),
      ]),
    ),
  ];
  if (summary.matchedKl !== null) {
    const { limit, hypervolume } = summary.matchedKl;
    parts.push(
      table(
        [`candidates within KL ${decimal(limit, 2)}`, ...Object.keys(hypervolume)],
        [["hypervolume", ...Object.values(hypervolume).map((e) => decimal(e.value))]],
      ),
    );
  }
  if (summary.interference.length > 0) {
    parts.push(
      table(
        [
          "value vectors",
          ...summary.interference[0].pairs.map(({ a, b }) => `${a}–${b}: cosine, CKA`),
          `norms ${names.join(" / ")}`,
        ],
        summary.interference.map((entry) => [
          entry.method,
          ...entry.pairs.map(({ cosine, cka }) => `${decimal(cosine, 2)}, ${decimal(cka, 3)}`),
          entry.vectors.map(({ norm }) => decimal(norm, 1)).join(" / "),
        ]),
      ),
    );
  }
  parts.push(
    table(
      ["method", "planned", "spent", "seconds of training"],
      methods
        .filter((m) => m.spent > 0 && !m.id.endsWith("@grid"))
        .map((m) => [m.id, flops(m.planned), flops(m.spent), decimal(m.seconds, 0)]),
    ),
  );
  return parts;
}

function difference({ difference, relative, pHolm, shown }) {
  return [
    `${signed(difference.value)} ${interval(difference)}`,
    relative === null ? "–" : `${signed(100 * relative.value, 1)} %`,
    pHolm < 0.001 ? "< .001" : decimal(pHolm),
    shown ? "yes" : "no difference shown",
  ];
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
