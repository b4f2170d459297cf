import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { EVENT_TYPES } from "../../../src/bench/files/events.js";
import { EventLog, EventReader, type RunEventInput, readEvents } from "../../../src/bench/files/index.js";
import { InputError } from "../../../src/data/errors.js";
import { anyEvent as event, eventsByType } from "./any-event.js";
import { temporaryFolder } from "./temporary-folder.js";

const step: RunEventInput = {
  type: "train-step",
  seed: 1,
  method: "mva",
  task: "helpful",
  step: 1,
  steps: 9,
  loss: 0.5,
};

function log(path: string, events: readonly RunEventInput[], start = 0): void {
  let time = start;
  const writer = new EventLog(path, { now: () => time++ });
  for (const input of events) writer.append(input);
  writer.close();
}

const timed = (events: readonly RunEventInput[], start = 0) =>
  events.map((input, i) => ({ v: 1, time: start + i, ...input }));

test("the arbitraries of this test make every type that is declared", () => {
  expect(new Set(Object.keys(eventsByType))).toEqual(EVENT_TYPES);
});

property.prop([fc.array(event, { maxLength: 12 })], { numRuns: 80 })(
  "any events come back in order, with version and time",
  (events) => {
    const path = join(temporaryFolder(), "events.jsonl");
    log(path, events);
    expect(readEvents(path)).toEqual(timed(events));
  },
);

property.prop([fc.array(event, { minLength: 1, maxLength: 6 }), fc.nat()], { numRuns: 60 })(
  "cut anywhere, the whole lines are read; the run that goes on continues after them",
  (events, at) => {
    const path = join(temporaryFolder(), "events.jsonl");
    log(path, events);
    const bytes = readFileSync(path);
    truncateSync(path, at % bytes.length);
    const kept =
      bytes
        .subarray(0, at % bytes.length)
        .toString("latin1")
        .split("\n").length - 1;
    const reader = new EventReader(path);
    expect([...reader.next()]).toEqual(timed(events).slice(0, kept));
    expect(reader.cut).toBe(bytes.subarray(0, at % bytes.length).at(-1) !== 10 && at % bytes.length > 0);
    reader.close();
    log(path, [step], 1000);
    expect(readEvents(path)).toEqual([...timed(events).slice(0, kept), ...timed([step], 1000)]);
  },
);

property.prop([fc.array(event, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 8 })], { numRuns: 40 })(
  "read while it is written, in pieces of any size, each event comes once",
  (events, cuts) => {
    const dir = temporaryFolder();
    log(join(dir, "whole.jsonl"), events);
    const bytes = readFileSync(join(dir, "whole.jsonl"));
    const path = join(dir, "growing.jsonl");
    writeFileSync(path, "");
    const reader = new EventReader(path);
    const seen = [];
    const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
    let written = 0;
    for (const end of ends) {
      appendFileSync(path, bytes.subarray(written, end));
      written = end;
      seen.push(...reader.next());
    }
    reader.close();
    expect(seen).toEqual(timed(events));
  },
);

describe("writing", () => {
  test("an event with a NaN, or a missing key, is a mistake of the program, and is not written", () => {
    const path = join(temporaryFolder(), "events.jsonl");
    const writer = new EventLog(path, { now: () => 0 });
    expect(() => writer.append({ ...step, loss: Number.NaN } as RunEventInput)).toThrow(/event "train-step": "loss"/);
    expect(() => writer.append({ type: "warning" } as unknown as RunEventInput)).toThrow(/event "warning": "message"/);
    writer.close();
    expect(readFileSync(path, "utf8")).toBe("");
  });

  test("steps may wait, and are written before whatever comes after them", () => {
    const path = join(temporaryFolder(), "events.jsonl");
    const writer = new EventLog(path, { now: () => 0 });
    writer.append(step);
    expect(readEvents(path)).toEqual([]);
    writer.append({ type: "warning", message: "slow" });
    expect(readEvents(path).map((read) => read.type)).toEqual(["train-step", "warning"]);
    writer.append(step);
    writer.flush();
    expect(readEvents(path).length).toBe(3);
    writer.close();
  });

  test("however fast they come, they do not pile up in memory", () => {
    const path = join(temporaryFolder(), "events.jsonl");
    const writer = new EventLog(path, { now: () => 0 });
    for (let i = 0; i < 1000; i++) writer.append(step);
    expect(readEvents(path).length).toBeGreaterThan(0);
    expect(readEvents(path).length).toBeLessThan(1000);
    writer.close();
    expect(readEvents(path).length).toBe(1000);
  });

  test("what waits is written without another event", async () => {
    const path = join(temporaryFolder(), "events.jsonl");
    const writer = new EventLog(path, { now: () => 0 });
    writer.append(step);
    while (readEvents(path).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(readEvents(path).length).toBe(1);
    writer.close();
  });
});

describe("a damaged file names file and line", () => {
  const good = JSON.stringify({ v: 1, time: 0, type: "warning", message: "x" });
  const read = (lines: string[]) => {
    const path = join(temporaryFolder(), "events.jsonl");
    writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
    return readEvents(path);
  };
  const cases: [string, string, RegExp][] = [
    ["a line that is not JSON", '{"v": 1, ', /events\.jsonl: line 2 is not JSON/],
    ["a line that is no object", "3", /line 2, is not an event/],
    ["a wrong type in a key", '{"v":1,"time":0,"type":"warning","message":4}', /line 2, "message": expected string/],
    ["a missing key", '{"v":1,"time":0,"type":"stage-finished","stage":"x"}', /line 2, "seconds"/],
    [
      "a newer version",
      '{"v":2,"time":0,"type":"warning"}',
      /line 2, is of version 2, and this program reads up to 1; update/,
    ],
    ["no version", '{"type":"warning","message":"x"}', /line 2, "v"/],
  ];
  for (const [what, line, message] of cases) {
    test(what, () => {
      expect(() => read([good, line])).toThrow(InputError);
      expect(() => read([good, line])).toThrow(message);
    });
  }

  test("types that a later version added are counted and left out, as are keys", () => {
    const path = join(temporaryFolder(), "events.jsonl");
    writeFileSync(path, `${good}\n{"v":1,"time":0,"type":"moon-phase","phase":1}\n${good.replace("}", ',"new":1}')}\n`);
    const reader = new EventReader(path);
    expect([...reader.next()].length).toBe(2);
    expect(reader.unknown).toBe(1);
    reader.close();
  });

  test("a file that is not there", () => {
    expect(() => readEvents(join(temporaryFolder(), "events.jsonl"))).toThrow(
      /events\.jsonl: no such file; is this a run folder/,
    );
  });

  test("a file that becomes shorter while it is read", () => {
    const path = join(temporaryFolder(), "events.jsonl");
    log(path, [step, step]);
    const reader = new EventReader(path);
    expect([...reader.next()].length).toBe(2);
    truncateSync(path, 3);
    expect(() => [...reader.next()]).toThrow(/has become shorter/);
    reader.close();
  });
});

test("lines longer than a read, and characters across its edge, come whole", () => {
  const path = join(temporaryFolder(), "events.jsonl");
  const long: RunEventInput = { type: "warning", message: "é😀".repeat(400_000) };
  log(path, [step, long, step]);
  expect(readEvents(path)).toEqual(timed([step, long, step]));
});
