// What the dashboard costs: opening long runs, one frame, and training beside it at 1,000 events a second.
//   npm run build && node benchmarks/perf/dashboard.mjs [--events 100000,1000000] [--seconds 8] [--rounds 3]
// Values are checked before anything is timed: what is read in part must end where what is read in whole ends.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";

process.env.NODE_ENV ??= "production";
const { values: flags } = parseArgs({
  options: {
    events: { type: "string", default: "100000,1000000" },
    seconds: { type: "string", default: "8" },
    rounds: { type: "string", default: "3" },
    dist: { type: "string", default: fileURLToPath(new URL("../../dist/", import.meta.url)) },
  },
});
const from = (path) => import(join(flags.dist, path));
const { RunFollower } = await from("ui/state/follow.js");
const { EventTail } = await from("ui/state/event-tail.js");
const { RunState } = await from("ui/state/run-state.js");
const { Controller } = await from("ui/app/controller.js");
const { openDashboard } = await from("ui/app/dashboard.js");
const { openInline } = await from("ui/app/inline.js");
const { InlineRun } = await from("ui/app/inline-run.js");
const { loadInk } = await from("ui/app/load-ink.js");
const { ScreenView } = await from("ui/app/screen-view.js");
const { glyphsFor } = await from("ui/draw/glyphs.js");
const { EventLog } = await from("bench/files/event-log.js");
const { PANELS } = await from("ui/state/view.js");

const folder = mkdtempSync(join(tmpdir(), "dashboard-"));
const TASKS = 24;

/** Events as a run of `count` training steps writes them, a few candidates in between. */
function* steps(count) {
  const start = 1_790_000_000_000;
  yield {
    type: "run-started",
    ...{ run: "made", suite: "made", title: "Made for measuring", suiteHash: "0".repeat(16) },
    ...{ values: ["helpful", "harmless", "humorous"], seeds: [1], budget: { flops: 1e12, per: "method" } },
    methods: ["a", "b", "c", "d", "e", "f"].map((id) => ({ id, title: `Method ${id}`, ranked: true })),
    scales: [0, 0, 0].map(() => ({ center: 0, scale: 1, reference: 0 })),
    ...{ engine: "cpu", threads: 2, pid: process.pid, host: "here", resumed: false, time: start },
  };
  const each = Math.floor(count / TASKS);
  for (let i = 0; i < each * TASKS; i++) {
    const [task, step] = [Math.floor(i / each), (i % each) + 1];
    yield {
      type: "train-step",
      ...{ seed: 1, method: "abcdef"[task % 6], task: `dpo value ${task}`, step, steps: each, time: start + i * 10 },
      ...{
        spentFlops: step * 4e7,
        loss: Math.exp(-step / each) + Math.sin(i) / 30,
        rewardAccuracy: 0.5 + step / each / 3,
      },
      ...{
        kl: (2 * step) / each,
        penalty: 0.01,
        learningRate: 1e-3,
        gradientNorm: 1.2,
        chosenShift: -0.3,
        margin: 0.4,
      },
    };
  }
  for (const [m, method] of [..."abcdef"].entries()) {
    for (let k = 0; k < 16; k++) {
      const weights = [k / 16, 1 - k / 16, 0];
      yield {
        type: "candidate-scored",
        ...{
          seed: 1,
          method,
          candidate: `w${k}`,
          split: "validation",
          weights,
          coefficients: weights,
          kl: 1,
          broken: 0,
        },
        means: [k / 20 + m / 50, 1 - (k / 20) ** 2, 0.3],
        time: start + count * 10,
      };
    }
    const value = 0.1 + m / 100;
    yield {
      type: "hypervolume",
      ...{ seed: 1, method, split: "validation", candidates: 16, value, low: value - 0.01, high: value + 0.01 },
      time: start + count * 10,
    };
  }
}

async function write(path, count) {
  const file = createWriteStream(path);
  let block = "";
  for (const { time, ...event } of steps(count)) {
    block += `${JSON.stringify({ v: 1, time, ...event })}\n`;
    if (block.length < 1 << 20) continue;
    if (!file.write(block)) await once(file, "drain");
    block = "";
  }
  file.end(block);
  await once(file, "finish");
}

/** Milliseconds of processor that the main thread has had; Linux counts in ticks of 10 ms. */
function mainThreadMs() {
  const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

/** A terminal that swallows what it is sent. */
function terminal(columns, rows) {
  const output = {
    columns,
    rows,
    isTTY: true,
    bytes: 0,
    write: (text) => (output.bytes += text.length),
    on() {},
    off() {},
  };
  const input = { isTTY: true, on() {}, off() {}, once() {}, addListener() {}, removeListener() {}, setRawMode() {} };
  Object.assign(input, { ref() {}, unref() {}, setEncoding() {}, read: () => null, resume() {}, pause() {} });
  return { output, input };
}

function controllerOf(source, output, onFrame = () => {}, now = Date.now) {
  const controller = new Controller({
    ...{ source, glyphs: glyphsFor("braille"), depth: "true", ground: "dark", owned: false, now },
    ...{ size: () => output, onLeave() {}, onStop() {} },
  });
  const { spent } = controller;
  controller.spent = (ms) => {
    onFrame(ms);
    spent.call(controller, ms);
  };
  return controller;
}

// 1. Opening: a process of its own from its start to the picture, as a reader waits for it.
const opener = `
  const [dist, folder] = process.argv.slice(1);
  process.env.NODE_ENV = "production";
  // All that the command itself loads before it reads.
  await import(dist + "cli/program.js");
  await import(dist + "cli/commands/dash.js");
  const { RunFollower } = await import(dist + "ui/state/follow.js");
  const { Controller } = await import(dist + "ui/app/controller.js");
  const { openDashboard } = await import(dist + "ui/app/dashboard.js");
  const { glyphsFor } = await import(dist + "ui/draw/glyphs.js");
  const follower = new RunFollower(folder);
  follower.poll();
  const read = performance.now();
  let drawn;
  const output = { columns: 120, rows: 40, isTTY: true, on() {}, off() {}, write(text) { if (text.includes("mva-bench")) drawn ??= performance.now(); } };
  const input = { isTTY: true };
  for (const name of ["on", "off", "once", "addListener", "removeListener", "setRawMode", "ref", "unref", "setEncoding", "read", "resume", "pause"]) input[name] = () => null;
  const controller = new Controller({ source: follower, glyphs: glyphsFor("braille"), depth: "true", ground: "dark", owned: false, now: Date.now, size: () => output, onLeave() {}, onStop() {} });
  const opened = await openDashboard({ input, output }, controller);
  await new Promise((resolve) => setTimeout(resolve, 50));
  opened.close();
  console.log(JSON.stringify({ read, drawn, events: follower.state.events, fault: follower.fault ?? null, megabytes: process.resourceUsage().maxRSS / 1024 }));
  process.exit(0);
`;
const dist = flags.dist.endsWith("/") ? flags.dist : `${flags.dist}/`;
for (const count of flags.events.split(",").map(Number)) {
  const run = join(folder, String(count));
  mkdirSync(run);
  await write(join(run, "events.jsonl"), count);
  if (count <= 100_000) {
    const [whole, some] = [new RunState(), new RunState()];
    const all = new EventTail(join(run, "events.jsonl"), { mostSteps: Number.MAX_SAFE_INTEGER });
    for (const event of all.next()) whole.apply(event);
    const part = new EventTail(join(run, "events.jsonl"));
    for (const event of part.next()) some.apply(event);
    const ends = (state) =>
      state.trainings.map(({ method, task, step, spentFlops }) => [method, task, step, spentFlops]);
    assert.deepEqual(ends(some), ends(whole));
    assert.equal(some.candidates.length, whole.candidates.length);
  }
  const times = [];
  for (let round = 0; round < Number(flags.rounds); round++) {
    const began = performance.now();
    const child = spawn(process.execPath, ["--input-type=module", "-e", opener, dist, run], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.on("data", (data) => (text += data));
    await once(child, "close");
    const result = JSON.parse(text);
    assert.equal(result.fault, null);
    // From the process's start; what it took to end is not waited for by anybody.
    times.push({ ...result, outside: performance.now() - began });
  }
  const { megabytes, events } = times[0];
  console.log(
    `open ${count} events: picture after ${median(times.map(({ drawn }) => drawn)).toFixed(0)} ms (read after ${median(times.map(({ read }) => read)).toFixed(0)} ms, ${events} events parsed), ${megabytes.toFixed(0)} MB`,
  );
}

// 2. One frame, ink and all, on every panel.
{
  const follower = new RunFollower(join(folder, flags.events.split(",")[0]));
  follower.poll();
  for (const [columns, rows] of [
    [80, 24],
    [120, 40],
    [200, 60],
  ]) {
    const { output, input } = terminal(columns, rows);
    const costs = [];
    // Nobody holds the folder that was made here; for the picture the run goes on.
    follower.state.status = { kind: "running" };
    let clock = follower.state.lastMs;
    const source = { state: follower.state, fault: undefined, poll() {} };
    const controller = controllerOf(source, output, undefined, () => clock);
    const opened = await openDashboard({ input, output }, controller);
    const texts = [];
    for (const panel of PANELS) {
      controller.view = { ...controller.view, panel };
      const times = [];
      let sent = output.bytes;
      for (let i = 0; i < 40; i++) {
        // The clock in the title goes on with every frame: else ink has nothing to do.
        clock += 1000;
        const began = performance.now();
        controller.redraw();
        // React hands the frame on when it comes to it.
        for (let turn = 0; output.bytes === sent; turn++) {
          assert.ok(turn < 1e6, "a frame is drawn");
          await new Promise(setImmediate);
        }
        sent = output.bytes;
        times.push(performance.now() - began);
      }
      texts.push(`${panel} ${median(times.slice(10)).toFixed(1)}`);
      costs.push(median(times.slice(10)));
    }
    opened.close();
    console.log(`frame at ${columns} × ${rows}, ms: ${texts.join(", ")}; worst panel ${Math.max(...costs).toFixed(1)}`);
  }
  follower.close();
}

// 2b. The same screen put there by ink's own output instead of the painter (docs/decisions/0006): what it costs and sends.
// And a frame of `--display plain`, which ink does put on the terminal, because it is small.
{
  const follower = new RunFollower(join(folder, flags.events.split(",")[0]));
  follower.poll();
  follower.state.status = { kind: "running" };
  let clock = follower.state.lastMs;
  const { render, createElement } = await loadInk();
  const source = { state: follower.state, fault: undefined, poll() {} };
  const [columns, rows] = [120, 40];
  /** Milliseconds and characters a frame, medians of 30 after 10. */
  const measure = async (output, next) => {
    const [times, sizes] = [[], []];
    for (let i = 0; i < 40; i++) {
      clock += 1000;
      const [sent, began] = [output.bytes, performance.now()];
      next();
      for (let turn = 0; output.bytes === sent; turn++) {
        assert.ok(turn < 1e6, "a frame is drawn");
        await new Promise(setImmediate);
      }
      times.push(performance.now() - began);
      // What ink writes in several pieces is waited for.
      await new Promise((resolve) => setTimeout(resolve, 5));
      sizes.push(output.bytes - sent);
    }
    return `${median(times.slice(10)).toFixed(1)} ms, ${median(sizes.slice(10))} characters`;
  };
  const found = [];
  const painted = terminal(columns, rows);
  const shown = controllerOf(source, painted.output, undefined, () => clock);
  const opened = await openDashboard(painted, shown);
  found.push(`painter ${await measure(painted.output, () => shown.redraw())}`);
  opened.close();
  for (const incrementalRendering of [false, true]) {
    const { output, input } = terminal(columns, rows);
    const controller = controllerOf(source, output, undefined, () => clock);
    const instance = render(createElement(ScreenView, { shown: controller }), {
      ...{ stdout: output, stdin: input, exitOnCtrlC: false, patchConsole: false, maxFps: 1000, incrementalRendering },
    });
    found.push(
      `ink ${incrementalRendering ? "incremental" : "standard"} ${await measure(output, () => controller.redraw())}`,
    );
    instance.unmount();
  }
  console.log(`overview at ${columns} × ${rows}, a frame: ${found.join("; ")}`);
  const { output } = terminal(columns, rows);
  const run = new InlineRun({
    ...{ source, glyphs: glyphsFor("braille"), depth: "true", ground: "dark", verdict: false },
    ...{ now: () => clock, size: () => output },
  });
  const inline = await openInline(output, run, { reflows: true });
  console.log(`--display plain at ${columns} × ${rows}, a frame: ${await measure(output, () => run.redraw())}`);
  inline.close();
  follower.close();
}

// 3. Training beside it: two threads that compute all the time, the main thread writes 1,000 events a second as a run does;
// with the dashboard on its screen, and without. What is compared is how much the threads got done.
{
  const seconds = Number(flags.seconds);
  const source = `
    const { parentPort } = require("node:worker_threads");
    const size = 192, a = new Float64Array(size * size).fill(0.5), b = new Float64Array(size * size).fill(0.25), c = new Float64Array(size * size);
    let stop = false;
    parentPort.on("message", () => { stop = true; });
    let done = 0;
    const work = () => {
      if (stop) { parentPort.postMessage(done); parentPort.close(); return; }
      for (let i = 0; i < size; i++) for (let k = 0; k < size; k++) { const x = a[i * size + k]; for (let j = 0; j < size; j++) c[i * size + j] += x * b[k * size + j]; }
      done++;
      setImmediate(work);
    };
    work();
  `;
  const train = async (watched, round) => {
    const path = join(folder, `live-${watched}-${round}.jsonl`);
    const log = new EventLog(path, { now: Date.now });
    const state = new RunState();
    const { output, input } = terminal(120, 40);
    const made = steps(1_000_000);
    const tell = () => {
      const { time: _, ...event } = made.next().value;
      const written = log.append(event);
      if (watched) state.apply(written);
    };
    tell();
    let frames = 0;
    const opened = watched
      ? await openDashboard(
          { input, output },
          controllerOf({ state, fault: undefined, poll() {} }, output, () => frames++),
        )
      : undefined;
    const workers = [0, 1].map(() => new Worker(source, { eval: true }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const began = performance.now();
    const busy = mainThreadMs();
    let told = 0;
    await new Promise((resolve) => {
      const timer = setInterval(() => {
        const due = performance.now() - began;
        while (told < due) {
          tell();
          told++;
        }
        if (due < seconds * 1000) return;
        clearInterval(timer);
        resolve();
      }, 5);
    });
    const cpu = mainThreadMs() - busy;
    const done = await Promise.all(
      workers.map(async (worker) => {
        worker.postMessage("stop");
        return (await once(worker, "message"))[0];
      }),
    );
    opened?.close();
    log.close();
    return { rate: done.reduce((sum, n) => sum + n, 0) / ((performance.now() - began) / 1000), frames, told, cpu };
  };
  const shares = [];
  const costs = [];
  for (let round = 0; round < Number(flags.rounds); round++) {
    // In turns, so that a drift of the machine meets both.
    const order = round % 2 === 0 ? [false, true] : [true, false];
    const found = new Map();
    for (const watched of order) found.set(watched, await train(watched, round));
    const [without, withIt] = [found.get(false), found.get(true)];
    shares.push(1 - withIt.rate / without.rate);
    // What the dashboard takes of both processors: told apart from what else goes on on this machine.
    costs.push((withIt.cpu - without.cpu) / (seconds * 1000 * 2));
    console.log(
      `1,000 events/s for ${seconds} s: ${without.rate.toFixed(1)} products/s without, ${withIt.rate.toFixed(1)} with the dashboard (${(100 * shares.at(-1)).toFixed(2)} % slower, ${(withIt.frames / seconds).toFixed(1)} frames/s; main thread ${without.cpu} and ${withIt.cpu} ms)`,
    );
  }
  console.log(
    `the dashboard's own share of two processors: ${(100 * median(costs)).toFixed(2)} % (median of ${costs.length})`,
  );
  console.log(`slower by ${(100 * median(shares)).toFixed(2)} % (median of ${shares.length}; goal: at most 1 %)`);
}
rmSync(folder, { recursive: true, force: true });
process.exit(0);
