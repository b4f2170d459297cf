import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { candidatesFor, chooseEngine, remembering, speedShape } from "../../src/bench/engine-choice.js";
import { measureSpeed } from "../../src/bench/engine-speed.js";
import { scratchConfig } from "../../src/bench/job-runner.js";
import { loadSuite } from "../../src/bench/suite.js";
import type { EngineId, EngineProbe } from "../../src/engine/index.js";
import { openEngine } from "../../src/engine/index.js";
import { trainBpe } from "../../src/lm/bpe.js";
import { Tokenizer } from "../../src/lm/tokenizer.js";

const here = (...ids: EngineId[]): EngineProbe[] =>
  ids.map((id) => ({ id, available: true, description: id, versions: {} }));
const software: EngineProbe = {
  id: "webgpu",
  available: true,
  description: "",
  versions: {},
  software: "no graphics card in /dev",
};
const never = async () => {
  throw new Error("was timed");
};

test("the engine that trains and writes fastest is taken, and the line says by which figures", async () => {
  const speeds = { cpu: { trained: 8123, written: 700 }, cuda: { trained: 120_000, written: 9000 } } as const;
  const choice = await chooseEngine(here("cpu", "cuda"), async (id) => speeds[id as keyof typeof speeds]);
  expect(choice).toEqual({
    engine: "cuda",
    why: "cuda (chosen by auto, the fastest here; tokens/s trained and written: cpu 8,100 and 700, cuda 120,000 and 9,000)",
  });
});

test("whatever the figures, no other engine takes less time for a token trained and one written", async () => {
  const speed = fc.record({
    trained: fc.double({ min: 1, max: 1e6, noNaN: true }),
    written: fc.double({ min: 1, max: 1e6, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(speed, { minLength: 2, maxLength: 4 }), async (speeds) => {
      const ids = (["cpu", "webgpu", "cuda", "tfjs-node-gpu"] as const).slice(0, speeds.length);
      const of = (id: EngineId) => speeds[ids.indexOf(id as (typeof ids)[number])] ?? { trained: 1, written: 1 };
      const { engine } = await chooseEngine(here(...ids), async (id) => of(id));
      const seconds = (id: EngineId) => 1 / of(id).trained + 1 / of(id).written;
      for (const id of ids) expect(seconds(engine)).toBeLessThanOrEqual(seconds(id));
    }),
  );
});

test("an engine that fails or does not end is not taken, and the line says so", async () => {
  const choice = await chooseEngine(here("cpu", "webgpu"), async (id) =>
    id === "webgpu" ? "took more than 120 s" : { trained: 10, written: 10 },
  );
  expect(choice.engine).toBe("cpu");
  expect(choice.why).toMatch(/cpu 10 and 10, webgpu took more than 120 s\)$/);
  expect((await chooseEngine(here("cpu", "cuda"), async () => "failed (exit code 1)")).engine).toBe("cpu");
});

test("a driver in software and the oracle are never timed; one engine alone needs no timing", async () => {
  expect(candidatesFor([...here("cpu", "tfjs-cpu", "cuda"), software])).toEqual(["cpu", "cuda"]);
  const alone = await chooseEngine([...here("cpu", "tfjs-cpu"), software], never);
  expect(alone).toEqual({
    engine: "cpu",
    why: "cpu (chosen by auto: webgpu's adapter is a driver in software, no graphics card in /dev)",
  });
  expect((await chooseEngine(here("cpu"), never)).why).toMatch(/no GPU engine is available here; mva-bench doctor/);
});

const folder = mkdtempSync(join(tmpdir(), "speeds-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const suite = loadSuite("smoke");
const tokenizer = new Tokenizer(trainBpe(["some text to make a tokenizer of"], { vocabSize: 300 }));
const shape = speedShape(suite, scratchConfig(suite, tokenizer), tokenizer);

test("figures are asked for once a machine, version, shape and number of threads; failures again", async () => {
  let asked = 0;
  const time = async () => {
    asked++;
    return { trained: 3, written: 4 };
  };
  const with_ = (versions: string, threads: number) =>
    remembering(time, { folder, versions, hardware: "h" }, shape, threads, here("cpu"));
  for (let i = 0; i < 2; i++) expect(await with_("1", 2)("cpu")).toEqual({ trained: 3, written: 4 });
  expect(asked).toBe(1);
  await with_("2", 2)("cpu");
  await with_("1", 4)("cpu");
  await with_("1", 2)("cuda");
  expect(asked).toBe(4);
  const failing = remembering(async () => "failed", { folder, versions: "3", hardware: "h" }, shape, 1, []);
  expect(await failing("cuda")).toBe("failed");
  expect(readFileSync(join(folder, "speeds.json"), "utf8")).not.toContain("failed");
  writeFileSync(join(folder, "speeds.json"), "{ cut sho");
  expect(await with_("1", 2)("cpu")).toEqual({ trained: 3, written: 4 });
  expect(asked).toBe(5);
  expect(existsSync(join(folder, "speeds.json"))).toBe(true);
});

test("an engine is timed on steps and replies in the suite's shapes", async () => {
  let seconds = 0;
  const small = { ...shape, preference: { ...shape.preference, batchPairs: 2 }, replies: 2, replyTokens: 3 };
  // Every look at the clock is a second later: three steps take three, a call of the generator one.
  const speed = await measureSpeed(await openEngine("cpu", { threads: 1 }), small, () => ++seconds);
  expect(speed).toEqual({ trained: 2 * (small.promptTokens + 6), written: 6 });
});
