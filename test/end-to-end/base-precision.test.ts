/** `run --base-precision float16`: the base is rounded once, said so everywhere, and held apart from runs of a 32-bit one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readRunRecord } from "../../src/bench/run-folder.js";
import { fromFloat16, toFloat16 } from "../../src/engine/half-floats.js";
import { loadModel } from "../../src/lm/huggingface.js";
import { mvaBench, workplace } from "./command.js";
import { tiny, writeSuite } from "./tiny-suite.js";

const suite = { ...tiny, methods: ["soup"], variants: [], questions: [] };
const { dir, remove } = workplace();
const folder = (out: string): string => join(dir, out);
let shown = "";

beforeAll(async () => {
  const path = writeSuite(dir, suite);
  for (const [out, more] of [
    ["whole", []],
    ["half", ["--base-precision", "float16"]],
    ["parts", ["--batch", "3"]],
  ] as const) {
    const args = ["run", path, "--out", out, "--engine", "cpu", "--threads", "2", ...more];
    const { code, stdout, stderr } = await mvaBench(args, { cwd: dir });
    expect(code, stderr).toBe(0);
    if (out === "half") shown = stdout;
  }
}, 600_000);
afterAll(remove);

test("the base in the run folder is 16-bit floats, half as large, and near the 32-bit one", () => {
  const [whole, half] = [loadModel(join(folder("whole"), "base")), loadModel(join(folder("half"), "base"))];
  for (const [name, { data }] of Object.entries(half.weights)) {
    const rounded = whole.weights[name]?.data ?? [];
    expect(
      data.every((weight, i) => weight === fromFloat16(toFloat16(rounded[i] ?? Number.NaN))),
      name,
    ).toBe(true);
  }
  const bytes = (out: string) => readFileSync(join(folder(out), "base/model.safetensors")).length;
  expect(bytes("half")).toBeLessThan(0.6 * bytes("whole"));
  expect(readRunRecord(folder("half")).baseHash).not.toBe(readRunRecord(folder("whole")).baseHash);
});

test("run.json, the command and the report say so; the suite's hash is the suite's", () => {
  const [whole, half] = [readRunRecord(folder("whole")), readRunRecord(folder("half"))];
  expect([whole.basePrecision, half.basePrecision]).toEqual([undefined, "float16"]);
  expect(half.command.join(" ")).toContain("--base-precision float16");
  expect(half.suiteHash).toBe(whole.suiteHash);
  expect(shown.replace(/\s+/g, " ")).toContain("The base's weights were rounded to 16-bit floats: not comparable");
});

test("it is not compared with a run of a 32-bit base, is no row, and lends its base to its like only", async () => {
  const compared = await mvaBench(["compare", "whole", "half"], { cwd: dir });
  expect([compared.code, compared.stderr]).toEqual([
    2,
    expect.stringContaining("base weights: float32 in the baseline, float16"),
  ]);
  const added = await mvaBench(["leaderboard", "add", "half"], { cwd: dir });
  expect([added.code, added.stderr]).toEqual([
    2,
    expect.stringContaining("half was run with --base-precision float16"),
  ]);
  const reused = await mvaBench(["run", writeSuite(dir, suite), "--reuse", "half", "--out", "other"], { cwd: dir });
  expect([reused.code, reused.stderr]).toEqual([
    2,
    expect.stringContaining("--reuse it with --base-precision float16"),
  ]);
});

test("--batch caps the rows of a call, is written down, and leaves the base to within rounding what it was", () => {
  const parts = readRunRecord(folder("parts"));
  expect([parts.batch, parts.command.join(" ")]).toEqual([3, expect.stringContaining("--batch 3")]);
  const [whole, cut] = ["whole", "parts"].map((out) => loadModel(join(folder(out), "base")).weights);
  for (const [name, { data }] of Object.entries(cut ?? {})) {
    const expected = whole?.[name]?.data ?? new Float32Array();
    expect(
      data.every((weight, i) => Math.abs(weight - (expected[i] ?? Number.NaN)) < 1e-3),
      name,
    ).toBe(true);
  }
});
