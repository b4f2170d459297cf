import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../../src/bench/files/events.js";
import { workedSeconds } from "../../../src/bench/files/worked-time.js";
import { EventTail } from "../../../src/ui/state/event-tail.js";
import { RunFollower } from "../../../src/ui/state/follow.js";
import { RunState } from "../../../src/ui/state/run-state.js";
import { temporaryFolder } from "../../bench/files/temporary-folder.js";
import { summaryFixture } from "../../report/summary-fixture.js";
import { recordedRun } from "../recorded-run.js";

const lines = (events: readonly object[]): string => events.map((event) => `${JSON.stringify(event)}\n`).join("");

function folderOf(events: readonly object[]): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "events.jsonl"), lines(events));
  return folder;
}

/** As `folder-lock.ts` writes it; without a start, a process is known by its number. */
function hold(folder: string, pid: number): void {
  writeFileSync(join(folder, "run.lock"), JSON.stringify({ pid, host: hostname(), start: null, token: "t" }));
}

describe("a run's folder, followed", () => {
  test("events are read once, as they come; a half-written last line is left until it is whole", () => {
    const all = recordedRun("scoring");
    const folder = folderOf(all.slice(0, 50));
    hold(folder, process.pid);
    const follower = new RunFollower(folder);
    expect(follower.poll()).toBe(true);
    expect(follower.state.events).toBe(50);
    expect(follower.poll()).toBe(false);
    const next = lines(all.slice(50, 52));
    const path = join(folder, "events.jsonl");
    appendFileSync(path, next.slice(0, -10));
    follower.poll();
    expect(follower.state.events).toBe(51);
    appendFileSync(path, next.slice(-10));
    follower.poll();
    expect(follower.state.events).toBe(52);
    expect(follower.state.status).toEqual({ kind: "running" });
    follower.close();
  });

  test("a folder that has no events yet is waited for", () => {
    const folder = temporaryFolder();
    const follower = new RunFollower(folder);
    expect(follower.poll()).toBe(false);
    expect(follower.state.status.kind).toBe("waiting");
    writeFileSync(join(folder, "events.jsonl"), lines(recordedRun("training").slice(0, 3)));
    expect(follower.poll()).toBe(true);
    follower.close();
  });

  test("killed with −9: said so, and what it had is kept", async () => {
    const folder = folderOf(recordedRun("training"));
    const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 1e6)"], { stdio: "ignore" });
    hold(folder, child.pid ?? 0);
    const follower = new RunFollower(folder);
    follower.poll();
    expect(follower.state.status.kind).toBe("running");
    const gone = new Promise((resolve) => child.on("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    expect(follower.poll()).toBe(true);
    expect(follower.state.status.kind).toBe("dead");
    expect(follower.state.trainings.length).toBeGreaterThan(0);
    follower.close();
  });

  test("resumed after that: it runs again", () => {
    const folder = folderOf(recordedRun("training"));
    const follower = new RunFollower(folder);
    follower.poll();
    expect(follower.state.status.kind).toBe("dead");
    hold(folder, process.pid);
    const [start] = recordedRun("training");
    appendFileSync(join(folder, "events.jsonl"), lines([{ ...start, resumed: true }]));
    follower.poll();
    expect(follower.state.status.kind).toBe("running");
    follower.close();
  });

  test("resumed after a day: the clock counts the time worked, as the report does, and the log's times stand", () => {
    const before = recordedRun("training");
    const last = before.at(-1)?.time ?? 0;
    const [start] = before;
    const again = last + 24 * 3_600_000;
    const folder = folderOf([...before, { ...start, resumed: true, time: again } as (typeof before)[number]]);
    const follower = new RunFollower(folder);
    follower.poll();
    const worked = follower.state.workedMs(again + 5000);
    expect(worked).toBe(last - (start?.time ?? 0) + 5000);
    expect(worked / 1000).toBe(workedSeconds(join(folder, "events.jsonl"), again + 5000));
    const times = follower.state.notices.map(({ workedMs }) => workedMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBe(0);
    follower.close();
  });

  test("a finished run's summary is fetched; one that is damaged is a notice, not an end", () => {
    const folder = folderOf(recordedRun("finished"));
    writeFileSync(join(folder, "summary.json"), JSON.stringify(summaryFixture()));
    const follower = new RunFollower(folder);
    follower.poll();
    expect(follower.state.summary?.leader).toBe("alpha");
    follower.close();
    const other = folderOf(recordedRun("finished"));
    const second = new RunFollower(other);
    second.poll();
    expect(second.state.summary).toBeUndefined();
    expect(second.state.notices.at(-1)).toMatchObject({ tone: "bad" });
    second.close();
  });

  test.each([
    ["a damaged line", "not json\n", /events\.jsonl: line 4 is not JSON; the file is damaged/],
    ["a newer version's", '{"v":2,"time":0,"type":"run-started"}\n', /of version 2.*update mva-bench/],
    ["an event that is none", '{"v":1,"time":0,"type":"warning"}\n', /line 4 is no event: "message"/],
    ["a step of wrong numbers", '{"v":1,"time":0,"type":"train-step","step":"x"}\n', /line 4 is no event/],
  ])("%s stops the reading and is said; what was read stays", (_, text, words) => {
    const folder = folderOf(recordedRun("training").slice(0, 3));
    appendFileSync(join(folder, "events.jsonl"), text);
    const follower = new RunFollower(folder);
    follower.poll();
    expect(follower.fault).toMatch(words);
    expect(follower.state.events).toBe(3);
    expect(follower.poll()).toBe(false);
    follower.close();
  });

  test("types that a later version adds are passed over", () => {
    const folder = folderOf([...recordedRun("training").slice(0, 3), { v: 1, time: 5, type: "tea-is-ready" }]);
    const tail = new EventTail(join(folder, "events.jsonl"));
    expect([...tail.next()].length).toBe(3);
    expect(tail.unknown).toBe(1);
    tail.close();
  });

  test("of an older version, without what came later: shown as far as it goes", () => {
    const later = new Set(["hypervolume", "sample", "run-progress", "task-shared", "stage-progress"]);
    const folder = folderOf(recordedRun("finished").filter(({ type }) => !later.has(type)));
    const follower = new RunFollower(folder);
    follower.poll();
    expect(follower.fault).toBeUndefined();
    expect(follower.state.candidates.length).toBe(25);
    follower.close();
  });
});

test("a long history: few steps are parsed, each training's last among them, and nothing else is left out", () => {
  const events: RunEvent[] = [];
  for (const event of recordedRun("finished")) {
    if (event.type !== "train-step") events.push(event);
    else
      for (let i = 0; i < 50; i++) events.push({ ...event, step: event.step * 50 - 49 + i, steps: event.steps * 50 });
  }
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "events.jsonl");
  writeFileSync(path, lines(events));
  const whole = new RunState();
  for (const event of events) whole.apply(event);
  const tail = new EventTail(path, { mostSteps: 500 });
  const read = [...tail.next()];
  tail.close();
  const some = new RunState();
  for (const event of read) some.apply(event);
  const steps = (list: readonly RunEvent[]): number => list.filter(({ type }) => type === "train-step").length;
  expect(steps(read)).toBeLessThan(700);
  expect(steps(read)).toBeGreaterThan(300);
  const others = (list: readonly RunEvent[]): RunEvent[] => list.filter(({ type }) => type !== "train-step");
  expect(others(read)).toEqual(others(events));
  expect(some.trainings.map(({ step, steps: all, spentFlops }) => [step, all, spentFlops])).toEqual(
    whole.trainings.map(({ step, steps: all, spentFlops }) => [step, all, spentFlops]),
  );
  expect(readFileSync(path, "utf8").split("\n").length - 1).toBe(events.length);
});
