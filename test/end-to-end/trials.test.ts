import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runFiles } from "../../src/bench/files/run-files.js";
import { readTables } from "../../src/bench/recompute.js";
import { loadSuite } from "../../src/bench/suite.js";
import { trainedRows } from "../../src/bench/trained-rows.js";
import { ValidationTrials } from "../../src/bench/trials.js";
import { mvaBench, workplace } from "./command.js";
import { tiny, writeSuite } from "./tiny-suite.js";

const { dir, remove } = workplace();
afterAll(remove);

test("trials give the validation scores of a run, answer no test prompt, and are not computed twice", async () => {
  const suite = { ...tiny, methods: ["soup", "mva"], variants: [], questions: [] };
  const file = writeSuite(dir, suite);
  const run = await mvaBench(["run", file, "--out", "run", "--seeds", "7", "--engine", "cpu"], { cwd: dir });
  expect(run.code, run.stderr).toBe(0);
  const { candidates } = readTables(runFiles(join(dir, "run")));

  const loaded = loadSuite(join(dir, file));
  const labels: string[] = [];
  const tryAll = async () => {
    const trials = await ValidationTrials.open({
      suite: loaded,
      data: undefined,
      folder: join(dir, "trials"),
      engine: "cpu",
      threads: 2,
      signal: new AbortController().signal,
      onProgress: (progress) => {
        if (progress.type === "job-finished" && !progress.stored) labels.push(progress.label);
      },
      onNotice: () => {},
      workerScript: new URL("../../dist/bench/worker.js", import.meta.url),
    });
    try {
      return await trials.run(trainedRows(loaded), 7);
    } finally {
      await trials.close();
    }
  };
  const found = await tryAll();
  expect(labels.filter((label) => label.includes("test"))).toEqual([]);
  for (const method of ["soup", "mva"]) {
    const outcome = found.get(method);
    if (outcome?.kind !== "tried") throw new Error(`${method} was not tried`);
    expect(outcome.vertices.map(({ value }) => value)).toEqual(["helpful", "harmless"]);
    expect(outcome.candidates).toHaveLength(5);
    for (const { name, scores } of outcome.candidates) {
      const row = candidates.find((c) => c.method === method && c.candidate === name);
      expect([...scores.flatMap((column) => [...column])]).toEqual([...(row?.scores.validation ?? [])]);
    }
  }
  const before = labels.length;
  expect(await tryAll()).toEqual(found);
  expect(labels.length).toBe(before);
}, 600_000);
