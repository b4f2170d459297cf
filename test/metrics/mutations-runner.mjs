// Stays up for mutations.mjs: holds the compiled tests and sources, and runs them with one source replaced.
import { createRequire } from "node:module";
import { compileFunction } from "node:vm";
import * as fastCheck from "fast-check";
import * as shim from "./mutations-vitest.mjs";

const require = createRequire(import.meta.url);
const foreign = new Map(
  Object.entries({ vitest: shim, "@fast-check/vitest": shim, "fast-check": fastCheck }).map(([name, all]) => [
    name,
    { ...all, __esModule: true },
  ]),
);
const skipped = Symbol("skipped");
const context = {
  skip() {
    throw skipped;
  },
};

/** Passes of the loops of the sources that are left to a test: what does not end runs out of them, however busy the machine. */
globalThis.passes = { left: Number.POSITIVE_INFINITY };
globalThis.noPassLeft = () => {
  throw new Error("no pass left");
};

const compiled = new Map();
function compile(id, code) {
  const made = compileFunction(code, ["exports", "require", "module"], { filename: id });
  compiled.set(id, made);
  return made;
}

/** Tests of the files named, over fresh instances of every source. */
async function testsOf(files) {
  const loaded = new Map();
  const load = (id) => {
    if (foreign.has(id)) return foreign.get(id);
    // what the bundler puts between modules
    if (id.startsWith("./rolldown-runtime")) return { __toESM: (module) => module };
    const make = compiled.get(id);
    if (make === undefined) return require(id);
    if (loaded.has(id)) return loaded.get(id).exports;
    const module = { exports: {} };
    loaded.set(id, module);
    make(module.exports, load, module);
    return module.exports;
  };
  shim.collect();
  for (const file of files) load(file);
  return shim.collect();
}

/** [milliseconds of processor time, passes, what it threw] of one test. */
async function run({ body }, most) {
  globalThis.passes.left = most;
  const before = process.cpuUsage();
  let error = null;
  try {
    await body(context);
  } catch (thrown) {
    if (thrown !== skipped) error = thrown;
  }
  const { user, system } = process.cpuUsage(before);
  return { ms: (user + system) / 1000, passes: most - globalThis.passes.left, error };
}

/** By set of files: names in the order to run, the quick ones first, with the passes of each. */
const plans = new Map();
const PLENTY = 1e12;

async function plan(files) {
  const key = files.join(" ");
  if (plans.has(key)) return plans.get(key);
  const costs = new Map();
  for (const test of await testsOf(files)) costs.set(test.name, (await run(test, PLENTY)).ms);
  // generators are shared within a file: what passes in one order must be seen to pass in another
  const steps = [];
  const order = (a, b) => costs.get(a.name) - costs.get(b.name);
  for (const test of (await testsOf(files)).sort(order)) {
    const { passes, error } = await run(test, PLENTY);
    if (error !== null) throw new Error(`unbroken code already fails: ${test.name}: ${error.message}`);
    steps.push({ name: test.name, passes });
  }
  plans.set(key, steps);
  return steps;
}

async function firstFailure({ files, id, code, original, runs }) {
  process.env.LAW_RUNS = "60";
  const steps = await plan(files);
  process.env.LAW_RUNS = String(runs);
  try {
    compile(id, code);
    const tests = new Map((await testsOf(files)).map((test) => [test.name, test]));
    for (const { name, passes } of steps) {
      const { error } = await run(tests.get(name), (runs / 60) * 10 * passes + 1e6);
      if (globalThis.passes.left < 0) return "(does not end: ten times the passes of the unbroken loops)";
      if (error !== null) return name;
    }
  } catch {
    return "(fails to load)";
  } finally {
    compile(id, original);
  }
  return null;
}

process.on("message", async (task) => {
  if (task.modules !== undefined) {
    for (const [id, code] of task.modules) compile(id, code);
    return;
  }
  try {
    process.send({ failure: await firstFailure(task) });
  } catch (error) {
    process.send({ broken: error.message });
  }
});
process.send({ ready: true });
