import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { environment } from "../../src/bench/environment.js";
import { writeCandidates } from "../../src/bench/files/candidates.js";
import { adapterFolder, runFiles } from "../../src/bench/files/run-files.js";
import { writeRunJson } from "../../src/bench/files/run-json.js";
import { loadSuite, suiteHash } from "../../src/bench/suite.js";
import { type Adapter, initAdapter } from "../../src/lm/adapters.js";
import { loadModel, saveModel } from "../../src/lm/huggingface.js";
import { mergeIntoWeights } from "../../src/lm/merge.js";
import { loadAdapter, saveAdapter } from "../../src/lm/peft.js";
import { SMALL, smallModel } from "../lm/model-folder.js";
import { cli, FakeIo } from "./fake-io.js";

let work: string;
let run: string;
const model = smallModel();
const values = ["helpful", "harmless", "humorous"];

/** An adapter whose B is not zero. */
function adapter(seed: number): Adapter {
  const made = initAdapter(SMALL, { rank: 2, alpha: 4, targets: ["q_proj", "v_proj"] }, seed);
  for (const [name, tensor] of Object.entries(made.tensors)) {
    if (name.endsWith("lora_B"))
      tensor.data.forEach((_, i) => {
        tensor.data[i] = ((i * 7 + seed) % 5) / 10;
      });
  }
  return made;
}

const vectors = new Map(values.map((value, k) => [value, adapter(k + 1)]));
const own = adapter(9);

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), "mva-bench-export-"));
  run = join(work, "run");
  mkdirSync(run);
  const suite = loadSuite("quick");
  const { versions, hardware, commit } = environment();
  writeRunJson(runFiles(run).run, {
    schema: 1,
    id: "r",
    started: "2026-01-01T00:00:00.000Z",
    command: ["mva-bench", "run", "quick"],
    suite,
    suiteHash: suiteHash(suite),
    dataHash: "0".repeat(64),
    baseHash: null,
    scorersHash: null,
    lockHash: null,
    seeds: [4],
    engine: "cpu",
    threads: 1,
    versions,
    hardware,
    commit,
    suiteArgument: "quick",
    data: null,
    base: null,
    reuse: null,
    budgetPer: null,
  });
  saveModel(join(run, "base"), model);
  for (const [value, vector] of vectors) saveAdapter(adapterFolder(run, 4, "mixing", value), vector);
  saveAdapter(adapterFolder(run, 4, "single", "w50-50-0"), own);
  const common = { seed: 4, weights: [0.5, 0.5, 0], selected: true, kl: 1, broken: 0 };
  writeCandidates(runFiles(run).candidates, {
    values,
    rows: [
      { ...common, method: "mixing", candidate: "w50-50-0", coefficients: [1, 1, 0] },
      { ...common, method: "mixing@grid", candidate: "g3", weights: null, coefficients: [0.25, 0, 0.75] },
      { ...common, method: "single", candidate: "w50-50-0", coefficients: null },
    ],
  });
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const weightsOf = (parts: readonly Adapter[], coefficients: readonly number[]) =>
  mergeIntoWeights(model.weights, parts, coefficients);

function expectSameWeights(found: ReturnType<typeof weightsOf>, wanted: ReturnType<typeof weightsOf>): void {
  for (const [name, tensor] of Object.entries(wanted)) {
    const other = found[name];
    expect(other?.shape).toEqual(tensor.shape);
    tensor.data.forEach((value, i) => {
      expect(Math.abs((other?.data[i] ?? Number.NaN) - value)).toBeLessThan(1e-6);
    });
  }
}

const vector = (value: string): Adapter => vectors.get(value) ?? own;

describe("a candidate", () => {
  test("of a mixing method becomes one adapter that is the mixture, exactly", async () => {
    const out = join(work, "adapter");
    const { code, stdout, stderr } = await cli(
      ["export", run, "--method", "mixing", "--candidate", "w50-50-0", "--out", out],
      new FakeIo(work),
    );
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(`Wrote ${out} (PEFT adapter): 1 × helpful + 1 × harmless\n`);
    expectSameWeights(
      weightsOf([loadAdapter(out, SMALL)], [1]),
      weightsOf([vector("helpful"), vector("harmless")], [1, 1]),
    );
  });

  test("found by exploring is a mixture of the same vectors", async () => {
    const argv = ["export", run, "--method", "mixing@grid", "--candidate", "g3", "--out", "grid", "--as", "merged"];
    expect((await cli(argv, new FakeIo(work))).code).toBe(0);
    expectSameWeights(
      { ...loadModel(join(work, "grid")).weights },
      weightsOf([vector("helpful"), vector("humorous")], [0.25, 0.75]),
    );
  });

  test("of a method that trains each policy is its own adapter", async () => {
    const argv = ["export", run, "--method", "single", "--candidate", "w50-50-0", "--out", "own", "--json"];
    const { code, stdout } = await cli(argv, new FakeIo(work));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ seed: 4, mixture: [{ adapter: "w50-50-0", coefficient: 1 }] });
    expectSameWeights(weightsOf([loadAdapter(join(work, "own"), SMALL)], [1]), weightsOf([own], [1]));
  });
});

describe("any mixture", () => {
  test("of the value vectors, beyond the cube too", async () => {
    const argv = ["export", run, "--method", "mixing", "--mix", "1.5,0,-0.5", "--out", "mix", "--as", "merged"];
    expect((await cli(argv, new FakeIo(work))).code).toBe(0);
    expectSameWeights(
      { ...loadModel(join(work, "mix")).weights },
      weightsOf([vector("helpful"), vector("humorous")], [1.5, -0.5]),
    );
  });

  test("of nothing is the base, which has no adapter", async () => {
    const argv = ["export", run, "--method", "mixing", "--mix", "0,0,0", "--out", "nothing"];
    const { code, stderr } = await cli(argv, new FakeIo(work));
    expect([code, stderr]).toEqual([
      2,
      "mva-bench: this mixture is the base itself: it has no adapter; use --as merged\n",
    ]);
    expect(existsSync(join(work, "nothing"))).toBe(false);
  });
});

describe("what the run does not hold is bad input, in one line", () => {
  test.each([
    [
      ["--method", "mixng", "--mix", "1,0,0"],
      'no adapters of "mixng"; did you mean "mixing"? (it has: mixing, single)',
    ],
    [["--method", "mixing", "--mix", "1,0,0", "--seed", "5"], "no adapters of seed 5 (it has: 4)"],
    [
      ["--method", "mixing", "--candidate", "w50-50-1"],
      'has no candidate "w50-50-1" for seed 4; did you mean "w50-50-0"?',
    ],
    [["--method", "single", "--mix", "1,0,0"], 'this run holds no adapter "helpful" of single (it has: w50-50-0)'],
    [["--method", "mixing", "--mix", "1,0"], "--mix takes 3 numbers separated by commas (helpful,harmless,humorous)"],
  ])("%j", async (flags, message) => {
    const { code, stdout, stderr } = await cli(["export", run, ...flags, "--out", "x"], new FakeIo(work));
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(stderr.split("\n")).toHaveLength(2);
  });
});
