// Stays up for mutations.mjs: told a bundle of tests, runs those whose names match, answers with the first failure.
import { collect } from "./mutations-vitest.mjs";

const SKIPPED = Symbol("skipped");
const context = {
  skip() {
    throw SKIPPED;
  },
};

async function firstFailure({ bundle, names, runs }) {
  process.env.LAW_RUNS = String(runs);
  collect();
  try {
    await import(bundle);
  } catch {
    return "(fails to load)";
  }
  const wanted = new RegExp(names ?? "");
  let ran = 0;
  for (const { name, body } of collect()) {
    if (!wanted.test(name)) continue;
    ran++;
    try {
      await body(context);
    } catch (error) {
      if (error !== SKIPPED) return name;
    }
  }
  if (ran === 0) throw new Error(`no test is called ${names}`);
  return null;
}

process.on("message", async (task) => process.send({ failure: await firstFailure(task) }));
process.send({ ready: true });
