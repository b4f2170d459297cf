import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import {
  type RunDescription,
  readRunJson,
  readSamples,
  SampleLog,
  type SampleRow,
  writeRunJson,
} from "../../../src/bench/files/index.js";
import { InputError } from "../../../src/data/errors.js";
import { temporaryFolder } from "./temporary-folder.js";

const run: RunDescription = {
  schema: 1,
  id: "smoke-1",
  started: "2026-01-02T03:04:05.678Z",
  command: ["mva-bench", "run", "smoke"],
  suite: { suite: "smoke", version: 1, title: "Smoke", values: [{ name: "helpful" }] },
  suiteHash: "0123456789abcdef0123456789abcdef",
  dataHash: "a".repeat(64),
  baseHash: "b".repeat(64),
  scorersHash: null,
  lockHash: null,
  seeds: [1, 2],
  engine: "cpu",
  threads: 2,
  versions: { "mva-bench": "0.1.0", node: "20.19.0", "onnxruntime-node": "1.30.0" },
  hardware: { platform: "linux x64", cpu: "some", cores: 2, memoryBytes: 4e9, gpu: null },
  commit: null,
};

test("a run's description comes back, keys of later versions included", () => {
  const dir = temporaryFolder();
  const path = join(dir, "run.json");
  writeRunJson(path, { ...run, later: { x: 1 } });
  expect(readRunJson(path)).toEqual({ ...run, later: { x: 1 } });
  expect(readdirSync(dir)).toEqual(["run.json"]);
});

test("a wrong one is not written, and not read: the key is named", () => {
  const path = join(temporaryFolder(), "run.json");
  expect(() => writeRunJson(path, { ...run, threads: 0 })).toThrow(/run\.json: "threads"/);
  const cases: [unknown, RegExp][] = [
    [{ ...run, seeds: [] }, /run\.json: "seeds"/],
    [{ ...run, suite: { title: "x", version: 1 } }, /"suite\.suite": expected string/],
    [{ ...run, dataHash: "zz" }, /"dataHash": must be a hash/],
    [{ ...run, started: "yesterday" }, /"started"/],
    [{ ...run, schema: 2 }, /is of schema 2, and this program reads up to 1; update mva-bench/],
    [null, /run\.json: expected object/],
  ];
  for (const [value, message] of cases) {
    writeFileSync(path, JSON.stringify(value));
    expect(() => readRunJson(path)).toThrow(InputError);
    expect(() => readRunJson(path)).toThrow(message);
  }
  writeFileSync(path, '{"schema": 1,');
  expect(() => readRunJson(path)).toThrow(/is not JSON/);
  expect(() => readRunJson(join(temporaryFolder(), "run.json"))).toThrow(
    /run\.json: no such file; is this a run folder/,
  );
});

const text = fc.string({ unit: "binary", maxLength: 12 });
const sample: fc.Arbitrary<SampleRow> = fc.record(
  {
    seed: fc.nat(),
    method: text,
    candidate: text,
    split: fc.constantFrom("validation" as const, "test" as const),
    prompt: text,
    promptText: text,
    sample: fc.nat(),
    reply: text,
    ended: fc.boolean(),
  },
  { noNullPrototype: true },
);

property.prop([fc.array(sample, { maxLength: 8 }), fc.nat(8), fc.nat(60)], { numRuns: 60 })(
  "samples: killed in the middle of a line and resumed, every whole one is there",
  (rows, at, cut) => {
    const path = join(temporaryFolder(), "samples.jsonl");
    const log = new SampleLog(path);
    log.append(rows.slice(0, at));
    log.close();
    writeFileSync(
      path,
      Buffer.concat([readFileSync(path), Buffer.from('{"seed":1,"method":"mva","candidate":"x"}'.slice(0, cut))]),
    );
    expect(readSamples(path)).toEqual(rows.slice(0, at));
    const again = new SampleLog(path);
    again.append(rows.slice(at));
    again.close();
    expect(readSamples(path)).toEqual(rows);
  },
);

test("a damaged sample names file, line and key", () => {
  const path = join(temporaryFolder(), "samples.jsonl");
  writeFileSync(path, '{"seed": 1}\n');
  expect(() => readSamples(path)).toThrow(/samples\.jsonl: line 1, "method": expected string/);
});
