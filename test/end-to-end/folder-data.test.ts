/**
 * A folder of somebody's pairs: judges that are trained, a lock that the first run sets, `--reuse`, `--base`, and data
 * that would like to drive the terminal.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { runFiles } from "../../src/bench/files/run-files.js";
import { readSamples } from "../../src/bench/files/samples.js";
import { lockIn, readRunRecord, standsOnForeignBase } from "../../src/bench/run-folder.js";
import { suiteHash } from "../../src/bench/suite.js";
import type { RunSummary } from "../../src/bench/summary.js";
import { sharedFolder } from "../skip.js";
import { mvaBench, type Outcome, workplace } from "./command.js";
import { tinyFolder, writeSuite } from "./tiny-suite.js";

const { dir, remove } = workplace();
const out = (name: string) => join(dir, name);
const summaryOf = (name: string) => JSON.parse(readFileSync(runFiles(out(name)).summary, "utf8")) as RunSummary;

/** Clears the screen, sets the title, colours the rest, asks for an answer; then a bare C1 introducer. */
const HOSTILE = "\u001b[2J\u001b]0;owned\u0007\u001b[31m\u001b[6n\u009b5m";

/** A value that a tiny model can learn from the words (kind), and one that nobody can: labels by coin. */
function writePairs(folder: string): void {
  mkdirSync(folder);
  const rows = ["value,prompt,chosen,rejected"];
  for (let i = 0; i < 400; i++) {
    const prompt = `"Say something about thing ${i}${HOSTILE} <b>please</b>"`;
    rows.push(`kind,${prompt},you are kind ${i % 7}${HOSTILE},go away now ${i % 5}`);
    const words = [`alpha ${i % 3}`, `beta ${i % 3}`];
    if (((i * 7919) >> 3) % 2 === 0) words.reverse();
    rows.push(`brief,${prompt},${words.join(",")}`);
  }
  writeFileSync(join(folder, "pairs.csv"), `${rows.join("\n")}\n`);
}

let first: Outcome;
const run = (suite: { readonly suite: string }, name: string, ...more: string[]) =>
  mvaBench(
    ["run", writeSuite(dir, suite, `${name}.yaml`), "--data", "pairs", "--out", name, "--engine", "cpu", ...more],
    { cwd: dir },
  );

beforeAll(async () => {
  writePairs(join(dir, "pairs"));
  first = await run(tinyFolder, "first");
  expect(first.code, first.stderr).toBe(0);
}, 600_000);
afterAll(remove);

describe("judges and lock", () => {
  test("the judges lie in the run folder, their accuracy in the summary", () => {
    expect(readdirSync(join(out("first"), "scorers"))).toEqual([readRunRecord(out("first")).scorersHash]);
    const [kind, brief] = summaryOf("first").values;
    expect(kind?.accuracy?.value).toBeGreaterThan(0.8);
    expect(kind?.ruler).toBe(true);
    expect(brief?.accuracy?.low).toBeLessThan(0.5);
    expect(brief?.ruler).toBe(false);
  });

  test("a value without a ruler is said on the first screen", () => {
    const screen = first.stdout.split("\n").slice(0, 40).join(" ").replace(/\s+/g, " ");
    expect(screen).toMatch(/brief.*(no ruler|ruler)|(no ruler|ruler).*brief/);
  });

  test("the lock is the lowest anchor, the range and a tenth of it below", () => {
    const lock = parse(readFileSync(runFiles(out("first")).suiteLock, "utf8"));
    const { values } = summaryOf("first");
    expect(lock.dataHash).toBe(readRunRecord(out("first")).dataHash);
    expect(readRunRecord(out("first")).lockHash).toEqual(expect.any(String));
    expect(lock.values.map((value: { name: string }) => value.name)).toEqual(["kind", "brief"]);
    for (const [k, { center, scale, reference }] of lock.values.entries()) {
      expect(values[k]).toMatchObject({ center, scale, reference });
      expect(reference).toBeCloseTo(center - 0.1 * scale, 10);
    }
  });

  test("the lock that the run made is in its suite hash, wherever that is written", () => {
    const { suite, suiteHash: hash } = readRunRecord(out("first"));
    expect(hash).toBe(suiteHash(suite, { lock: lockIn(out("first"))?.values }));
    expect(hash).not.toBe(suiteHash(suite));
    expect(summaryOf("first").run.suiteHash).toBe(hash);
  });
});

describe("what data and models say reaches no terminal raw", () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const raw = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

  test("the samples hold it, as JSON", () => {
    const samples = readSamples(runFiles(out("first")).samples);
    expect(samples.some(({ promptText }) => promptText.includes("\u001b[2J"))).toBe(true);
  });

  test("stdout, stderr and the reports do not", async () => {
    const again = await mvaBench(["report", "first"], { cwd: dir });
    expect(again.code, again.stderr).toBe(0);
    for (const text of [
      first.stdout,
      first.stderr,
      again.stdout,
      readFileSync(join(out("first"), "report.md"), "utf8"),
      readFileSync(join(out("first"), "report.html"), "utf8"),
    ]) {
      expect(text).not.toMatch(raw);
    }
    expect(first.stdout).toContain("Say something about thing");
  });

  test("the HTML report shows markup from data as text", () => {
    const html = readFileSync(join(out("first"), "report.html"), "utf8");
    expect(html).toContain("&lt;b&gt;please&lt;/b&gt;");
    expect(html).not.toContain("<b>please</b>");
  });

  test("an error message about a hostile path is clean too", async () => {
    const failed = await mvaBench(["report", "no\u001b[31msuch\u0007run"], { cwd: dir });
    expect(failed.code).toBe(2);
    expect(failed.stderr).not.toMatch(raw);
  });
});

describe("--reuse", () => {
  test("takes over base, judges and lock: only the methods are trained", async () => {
    const more = { ...tinyFolder, methods: ["soup"], budget: { flops: 4e8, per: "method" } };
    const reused = await run(more, "reused", "--reuse", "first");
    expect(reused.code, reused.stderr).toBe(0);
    expect(reused.stderr).not.toMatch(/base\/sft|scorers\/reward-model/);
    const [a, b] = [readRunRecord(out("first")), readRunRecord(out("reused"))];
    expect(b.baseHash).toBe(a.baseHash);
    expect(b.scorersHash).toBe(a.scorersHash);
    expect(b.lockHash).toBe(a.lockHash);
    expect(b.suiteHash).toBe(suiteHash(b.suite, { lock: lockIn(out("first"))?.values }));
    const scales = (name: string) =>
      summaryOf(name).values.map(({ center, scale, reference }) => [center, scale, reference]);
    expect(scales("reused")).toEqual(scales("first"));
    expect(summaryOf("reused").values.map(({ accuracy }) => accuracy)).toEqual(
      summaryOf("first").values.map(({ accuracy }) => accuracy),
    );
  }, 600_000);

  test("refuses a base of another recipe before anything is made", async () => {
    const other = { ...tinyFolder, base: { ...tinyFolder.base, seed: 2 } };
    const refused = await run(other, "refused", "--reuse", "first");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^mva-bench: .*first: its base is made by another recipe.*\n$/);
    expect(existsSync(out("refused"))).toBe(false);
  });
});

describe("--base", () => {
  const one = { ...tinyFolder, suite: "one", methods: ["soup"] };

  test("a base that an earlier run left behind enters the suite hash by content", async () => {
    const based = await run(one, "based", "--base", "first/base");
    expect(based.code, based.stderr).toBe(0);
    expect(based.stderr).not.toContain("base/sft");
    const record = readRunRecord(out("based"));
    expect(record.baseHash).toBe(readRunRecord(out("first")).baseHash);
    expect(record.suiteHash).not.toBe(readRunRecord(out("first")).suiteHash);
    const lock = lockIn(out("based"))?.values;
    expect(record.suiteHash).toBe(suiteHash(record.suite, { lock, base: record.baseHash ?? "" }));
    expect(standsOnForeignBase(record, lockIn(out("based")))).toBe(true);
    expect(standsOnForeignBase(readRunRecord(out("first")), lockIn(out("first")))).toBe(false);
  }, 600_000);

  test("a model in Hugging Face layout from elsewhere", async (ctx) => {
    const model = sharedFolder(ctx, "models/stories260K");
    const short = {
      ...one,
      data: { ...one.data, maxPromptTokens: 120, maxReplyTokens: 100 },
      budget: { flops: 4e11, per: "method" },
      settings: { ...one.settings, preference: { ...one.settings.preference, maxSteps: 2 } },
      scorers: { ...one.scorers, train: { ...one.scorers.train, maxEpochs: 1 } },
    };
    const based = await run(short, "stories", "--base", model);
    expect(based.code, based.stderr).toBe(0);
    expect(existsSync(join(out("stories"), "base", "model.safetensors"))).toBe(true);
  }, 600_000);
});
