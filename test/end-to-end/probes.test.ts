/** `run --probes N`: watchers see policies move while they train, and not a bit of the run is another. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readEvents } from "../../src/bench/files/event-reader.js";
import type { RunEventOf } from "../../src/bench/files/events.js";
import { readLedger } from "../../src/bench/files/ledger.js";
import { runFiles } from "../../src/bench/files/run-files.js";
import { readRunRecord } from "../../src/bench/run-folder.js";
import type { RunSummary } from "../../src/bench/summary.js";
import { mvaBench, workplace } from "./command.js";
import { tiny, writeSuite } from "./tiny-suite.js";

const suite = {
  ...tiny,
  methods: ["soup", "modpo", "morlhf"],
  variants: [],
  questions: [],
  budget: { flops: 5e8, per: "method" },
};
const { dir, remove } = workplace();
const folder = (out: string): string => join(dir, out);
const text = (out: string, file: string): string => readFileSync(join(folder(out), file), "utf8");
const summary = (out: string): RunSummary => JSON.parse(text(out, "summary.json")) as RunSummary;

beforeAll(async () => {
  for (const [out, more] of [
    ["plain", []],
    ["probed", ["--probes", "2"]],
  ] as const) {
    const args = ["run", writeSuite(dir, suite), "--out", out, "--engine", "cpu", "--threads", "2", ...more];
    const { code, stderr } = await mvaBench(args, { cwd: dir });
    expect(code, stderr).toBe(0);
  }
}, 600_000);
afterAll(remove);

test("scores, candidates, replies and adapters are the same bytes with probes and without", () => {
  for (const file of ["scores.csv", "candidates.csv", "samples.jsonl", "prompts.csv"]) {
    expect(text("probed", file), file).toBe(text("plain", file));
  }
  const adapters = readdirSync(join(folder("plain"), "adapters"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".safetensors"))
    .map((name) => join("adapters", name));
  expect(adapters.length).toBeGreaterThan(4);
  for (const name of adapters) {
    const [a, b] = ["plain", "probed"].map((out) => readFileSync(join(folder(out), name)));
    expect(a !== undefined && b !== undefined && a.equals(b), name).toBe(true);
  }
});

test("each training of a policy is looked at evenly, its last step among them; a judge's or a reward model's is not", () => {
  const events = readEvents(runFiles(folder("probed")).events);
  const probes = events.filter((event): event is RunEventOf<"probe"> => event.type === "probe");
  const planned = events.flatMap((event) => (event.type === "task-planned" ? [`${event.method}/${event.task}`] : []));
  const looked = new Set(probes.map(({ method, task }) => `${method}/${task}`));
  expect([...looked].sort()).toEqual([...new Set(planned.filter((name) => /\/(dpo|modpo|ppo)/.test(name)))].sort());
  for (const name of looked) {
    const own = probes.filter(({ method, task }) => `${method}/${task}` === name);
    expect(own.length, name).toBeLessThanOrEqual(3);
    if (!name.includes("ppo")) expect(own.map(({ step, steps }) => step / steps).at(-1), name).toBe(1);
    for (const { means, prompts, flops } of own) {
      expect(means).toHaveLength(2);
      expect(prompts).toBe(4);
      expect(flops).toBeGreaterThan(0);
    }
  }
});

test("what they cost is in the ledger as evaluation, charged to nobody", () => {
  const spent = (out: string) => readLedger(runFiles(folder(out)).ledger).map(({ seconds: _, ...row }) => row);
  expect(spent("probed")).toEqual(spent("plain"));
  const [entry] = summary("probed").uncharged.filter(({ kind }) => kind.startsWith("evaluation"));
  const probes = readEvents(runFiles(folder("probed")).events).flatMap((event) =>
    event.type === "probe" ? [event] : [],
  );
  expect(entry?.flops).toBe(probes.reduce((sum, { flops }) => sum + flops, 0));
  expect(summary("plain").uncharged.some(({ kind }) => kind.startsWith("evaluation"))).toBe(false);
});

test("the command that reproduces the run names them; a run without them is written as before", () => {
  expect(readRunRecord(folder("probed")).command.join(" ")).toContain("--probes 2");
  expect(readRunRecord(folder("probed")).probes).toBe(2);
  expect(text("plain", "run.json")).not.toContain("probes");
  expect(readRunRecord(folder("probed")).suiteHash).toBe(readRunRecord(folder("plain")).suiteHash);
});
