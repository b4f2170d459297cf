import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { formatSample } from "../../src/bench/files/samples.js";
import { writeScores } from "../../src/bench/files/scores.js";
import { InputError } from "../../src/data/errors.js";
import { type Report, renderHtml, renderText } from "../../src/report/index.js";
import { reportOf, writeReport } from "../../src/report/run-report.js";
import { summaryOf } from "../../src/report/run-summary.js";
import { summaryFixture } from "./summary-fixture.js";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "mva-bench-report-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function finishedRun(): string {
  const path = folder();
  const summary = summaryFixture();
  writeFileSync(join(path, "summary.json"), JSON.stringify(summary));
  const prompts = ["p1", "p2", "p3", "p4", "p5"];
  const rows = ["base", "alpha", "beta"].flatMap((method) =>
    (summary.methods.find(({ id }) => id === method)?.candidates ?? []).flatMap(({ name }) =>
      prompts.map((prompt) => ({ method, candidate: name, prompt })),
    ),
  );
  const common = { seed: 1, split: "test", sample: 0 } as const;
  const samples = rows.map((row) =>
    formatSample({
      ...row,
      ...common,
      promptText: `ask ${row.prompt}`,
      reply: `${row.method} ${row.candidate} says`,
      ended: true,
    }),
  );
  writeFileSync(join(path, "samples.jsonl"), samples.join(""));
  const scores = rows.flatMap((row) =>
    summary.values.map(({ name }, k) => ({ ...row, ...common, suite: "fixture", value: name, score: k / 10 })),
  );
  writeScores(join(path, "scores.csv"), scores);
  return path;
}

function samplesOf(report: Report) {
  return report.sections.flatMap(({ blocks }) =>
    blocks.flatMap((block) => (block.kind === "sample" ? [block.sample] : [])),
  );
}

describe("samples", () => {
  test("the base, then the leader's candidates in their own order, on the first test prompts", () => {
    const sets = samplesOf(reportOf(finishedRun()));
    expect(sets).toHaveLength(3);
    expect(sets.map(({ prompt }) => prompt)).toEqual(["ask p1", "ask p2", "ask p3"]);
    const leader = summaryFixture().methods.find(({ id }) => id === "alpha")?.candidates ?? [];
    for (const { replies } of sets) {
      expect(replies.map(({ candidate }) => candidate)).toEqual(["base", ...leader.map(({ name }) => name)]);
      expect(replies.map(({ text }) => text)).toEqual(
        replies.map(({ candidate }) => `${candidate === "base" ? "base" : "alpha"} ${candidate} says`),
      );
      for (const { scores } of replies) expect(scores).toEqual([0, 0.1, 0.2]);
    }
  });

  test("the browser holds every prompt, of the base and the ranked methods, in the order of their candidates", () => {
    const { samples } = reportOf(finishedRun());
    expect(samples?.prompts.map(({ text }) => text)).toEqual(["ask p1", "ask p2", "ask p3", "ask p4", "ask p5"]);
    expect(samples?.methods.map(({ id }) => id)).toEqual(["base", "alpha", "beta", "gamma", "delta"]);
    expect(samples?.open).toEqual(["alpha", "beta"]);
    const [, alpha, beta, gamma] = samples?.methods ?? [];
    const [first] = samples?.prompts ?? [];
    expect(first?.replies[1]?.map((reply) => reply?.text)).toEqual(
      alpha?.candidates.map(({ name }) => `alpha ${name} says`),
    );
    expect(first?.replies[2]?.[1]).toEqual({
      text: `beta ${beta?.candidates[1]?.name} says`,
      ended: true,
      scores: [0, 0.1, 0.2],
    });
    expect(gamma?.candidates.length).toBeGreaterThan(0);
    expect(first?.replies[3]?.every((reply) => reply === null)).toBe(true);
  });

  test("a page carries no more replies than it can", () => {
    const path = finishedRun();
    const { candidates } = summaryFixture().methods.find(({ id }) => id === "alpha") ?? { candidates: [] };
    const long = Array.from({ length: 50 }, (_, p) =>
      candidates.map(({ name }) =>
        formatSample({
          seed: 1,
          method: "alpha",
          candidate: name,
          split: "test",
          prompt: `long ${p}`,
          promptText: `long ${p}`,
          sample: 0,
          reply: "word ".repeat(1000),
          ended: true,
        }),
      ),
    );
    writeFileSync(join(path, "samples.jsonl"), long.flat().join(""));
    const report = reportOf(path);
    expect(report.samples?.prompts.length).toBeGreaterThan(3);
    expect(report.samples?.prompts.length).toBeLessThan(50);
    expect(report.samples?.promptsInRun).toBe(384);
    expect(renderHtml(report).length).toBeLessThan(1.5e6);
  });

  test("a run that kept no samples is reported without", () => {
    const path = finishedRun();
    rmSync(join(path, "samples.jsonl"));
    expect(samplesOf(reportOf(path))).toEqual([]);
  });
});

describe("files", () => {
  test("report.md, report.html and a picture for every figure lie in the run's folder", () => {
    const path = finishedRun();
    const before = new Set(readdirSync(path));
    const written = writeReport(path, reportOf(path));
    expect(
      readdirSync(path)
        .filter((name) => !before.has(name))
        .sort(),
    ).toEqual(["figures", "report.html", "report.md"]);
    expect(readdirSync(join(path, "figures")).sort()).toEqual([
      "ablation.svg",
      "budget.svg",
      "differences.svg",
      "front-1-helpful-2-harmless.svg",
      "front-1-helpful-3-humorous.svg",
      "front-2-harmless-3-humorous.svg",
      "hypervolume.svg",
      "interference-cka.svg",
      "interference-cosine.svg",
    ]);
    for (const file of written) expect(existsSync(file)).toBe(true);
    expect(readFileSync(join(path, "report.html"), "utf8")).toMatch(/^<!doctype html>/);
  });

  test("writing twice gives the same bytes", () => {
    const path = finishedRun();
    const first = writeReport(path, reportOf(path)).map((file) => readFileSync(file, "utf8"));
    expect(writeReport(path, reportOf(path)).map((file) => readFileSync(file, "utf8"))).toEqual(first);
  });
});

describe("what lies beside the summary", () => {
  test("a damaged file costs its own part, and the report says which", () => {
    const path = finishedRun();
    writeFileSync(join(path, "events.jsonl"), "{broken}\n");
    writeFileSync(join(path, "run.json"), "{}");
    const said = renderText(reportOf(path), 100).replaceAll(/\s+/g, " ");
    expect(said).toContain("Not shown: ");
    expect(said).toContain("events.jsonl: line 1 is not JSON");
    expect(said).toContain("run.json: ");
    expect(samplesOf(reportOf(path))).toHaveLength(3);
  });

  test("a summary of an older version is read, without what it does not hold", () => {
    const path = folder();
    const old = JSON.parse(JSON.stringify(summaryFixture())) as Record<string, unknown> & {
      methods: { candidates: Record<string, unknown>[] }[];
      interference: Record<string, unknown>[];
    };
    delete old["variants"];
    for (const entry of old.interference) delete entry["layers"];
    for (const { candidates } of old.methods) for (const candidate of candidates) delete candidate["covariance"];
    writeFileSync(join(path, "summary.json"), JSON.stringify(old));
    const html = renderHtml(reportOf(path));
    expect(html).not.toContain("<ellipse");
    expect(html).not.toContain("joint 95");
  });
});

describe("what cannot be reported is bad input, in one line", () => {
  const message = (path: string): string => {
    try {
      summaryOf(path);
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      return error instanceof Error ? error.message : "";
    }
    throw new Error("it was read");
  };

  test("a run that has not finished says how to go on", () => {
    const path = folder();
    mkdirSync(join(path, "checkpoints"));
    expect(message(path)).toBe(
      `${path}: no summary.json: not a finished run (a run that was stopped goes on with: mva-bench run --resume ${path})`,
    );
  });

  test.each([
    ["not JSON", "{", "not valid JSON"],
    ["another version's", '{"schema": 7}', "schema 7; this version of mva-bench reads schema 1"],
    ["no summary at all", "[]", "this version of mva-bench reads schema 1"],
    ["half of one", '{"schema": 1, "run": {"id": "x"}}', "run.suite: "],
  ])("%s", (_name, content, expected) => {
    const path = folder();
    writeFileSync(join(path, "summary.json"), content);
    const said = message(path);
    expect(said).toContain(expected);
    expect(said).not.toContain("\n");
  });

  test("a number that is not one names its key", () => {
    const path = folder();
    const summary = JSON.parse(JSON.stringify(summaryFixture())) as { methods: { hypervolume: { low: unknown } }[] };
    const second = summary.methods[1];
    if (second !== undefined) second.hypervolume.low = null;
    writeFileSync(join(path, "summary.json"), JSON.stringify(summary));
    expect(message(path)).toContain("methods.1.hypervolume.low: ");
  });
});
