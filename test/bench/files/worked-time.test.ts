import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { EventLog } from "../../../src/bench/files/event-log.js";
import type { RunEventInput } from "../../../src/bench/files/events.js";
import { workedSeconds } from "../../../src/bench/files/worked-time.js";

const dir = mkdtempSync(join(tmpdir(), "mva-worked-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const started: RunEventInput = {
  type: "run-started",
  run: "r",
  suite: "s",
  title: "t",
  suiteHash: "0".repeat(32),
  values: ["a", "b"],
  seeds: [1],
  methods: [],
  budget: { flops: 1, per: "method" },
  scales: null,
  engine: "cpu",
  threads: 1,
  pid: 1,
  host: "h",
  resumed: false,
};

test("pauses between attempts are not worked time, whether an attempt ended by signal or was killed", () => {
  const file = join(dir, "events.jsonl");
  let now = 0;
  const log = new EventLog(file, { now: () => now });
  const at = (seconds: number, event: RunEventInput) => {
    now = seconds * 1000;
    log.append(event);
  };
  expect(workedSeconds(file, 99_000)).toBe(0);
  at(100, started);
  at(130, { type: "warning", message: "half" });
  at(160, { type: "run-interrupted", signal: "SIGINT" });
  // A night.
  at(40_000, { ...started, resumed: true });
  at(40_025, { type: "warning", message: "killed after this" });
  at(90_000, { ...started, resumed: true });
  log.close();
  expect(workedSeconds(file, 90_015_000)).toBe(60 + 25 + 15);
});
