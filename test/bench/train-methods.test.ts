import { describe, expect, test } from "vitest";
import type { ArtefactFolder } from "../../src/bench/artefacts.js";
import type { TaskJob } from "../../src/bench/jobs.js";
import { simplexLattice } from "../../src/bench/lattice.js";
import { JobError, type WorkerPool } from "../../src/bench/pool.js";
import { Session } from "../../src/bench/session.js";
import { loadSuite } from "../../src/bench/suite.js";
import { type TrainedRow, trainRow } from "../../src/bench/train-methods.js";
import { trainedRows } from "../../src/bench/trained-rows.js";
import { exitCodeOf } from "../../src/cli/exit-codes.js";
import { InputError } from "../../src/data/errors.js";
import { DeviceError } from "../../src/engine/device-error.js";
import type { Method } from "../../src/methods/method.js";
import type { TaskSummary } from "../../src/methods/task.js";

const suite = loadSuite("smoke");
const values = suite.values.map((value) => value.name);
const plan = {
  values,
  lattice: simplexLattice(suite.candidates.lattice, values.length),
  seed: 1,
  budget: { per: "method" as const, flops: 1000 },
  context: "test",
};

/** A session whose workers answer at once, spending what `spend` says of what they were given. */
function pretend(spend: (job: TaskJob) => number | Error): { session: Session; jobs: TaskJob[] } {
  const jobs: TaskJob[] = [];
  const pool = {
    async run(job: TaskJob) {
      jobs.push(job);
      const flops = spend(job);
      if (flops instanceof Error) throw flops;
      const ledger: TaskSummary["ledger"] = [{ kind: "gradient", tokens: 1, steps: 1, flops }];
      return {
        kind: "task",
        artefacts: ["adapter", "reward-model"],
        summary: { steps: 1, curve: [], planned: ledger, ledger },
        seconds: 1,
      };
    },
  } as unknown as WorkerPool;
  const nothingStored = { readJson: () => undefined } as unknown as ArtefactFolder;
  return { session: new Session(pool, nothingStored, () => {}), jobs };
}

function rowOf(method: Method): TrainedRow {
  return { id: method.id, title: method.title, ranked: method.ranked, method, settings: suite.settings };
}

const asking = (...budgets: readonly number[]): Method => ({
  id: "greedy",
  title: "Greedy",
  ranked: true,
  async run(context) {
    const settings = context.settings.preference;
    for (const [i, flops] of budgets.entries()) {
      await context.train({ kind: "dpo", value: `v${i}`, settings, penalty: null }, flops);
    }
    return { adapters: [], candidates: [], mixes: null };
  },
});

describe("a method's purse", () => {
  test("a method that asks for more than its budget is stopped, and only what was done is charged", async () => {
    const { session, jobs } = pretend((job) => job.budgetFlops ?? 0);
    const outcome = await trainRow(session, plan, rowOf(asking(600, 600)));
    expect(outcome).toMatchObject({ kind: "failed", message: expect.stringMatching(/wants 600 FLOPs, 400 of .*1000/) });
    expect(jobs).toHaveLength(1);
    expect(outcome.ledger.map(({ spent }) => spent)).toEqual([600]);
  });

  test("a task that spends more than it was given stops its method", async () => {
    const { session } = pretend((job) => (job.budgetFlops ?? 0) + 1);
    const outcome = await trainRow(session, plan, rowOf(asking(500, 500)));
    expect(outcome).toMatchObject({
      kind: "failed",
      message: expect.stringMatching(/was given 500 FLOPs and spent 501/),
    });
  });

  test("what a task leaves over is the method's again", async () => {
    const { session } = pretend(() => 100);
    const outcome = await trainRow(session, plan, rowOf(asking(1000, 900, 800)));
    expect(outcome.kind).toBe("offered");
    expect(outcome.ledger.map(({ spent }) => spent)).toEqual([300]);
  });

  test("a budget that does not pay for one step is the user's to mend", async () => {
    const { session } = pretend(() => new JobError({ name: "BudgetExceeded", message: "too small for one step" }));
    await expect(trainRow(session, plan, rowOf(asking(10)))).rejects.toThrow(InputError);
  });

  test("a training that fails is that method's alone; a fault of the program is not hidden", async () => {
    const failing = pretend(() => new JobError({ name: "MethodFailure", message: "the loss is NaN" }));
    expect(await trainRow(failing.session, plan, rowOf(asking(10)))).toMatchObject({
      kind: "failed",
      message: "the loss is NaN",
    });
    const late = pretend(
      () =>
        new JobError({
          name: "MethodFailure",
          message: "the loss is NaN",
          spent: [{ kind: "gradient", tokens: 5, steps: 1, flops: 7 }],
        }),
    );
    const { ledger } = await trainRow(late.session, plan, rowOf(asking(10)));
    expect(ledger).toMatchObject([{ kind: "gradient", planned: 0, spent: 7, tokens: 5, steps: 1 }]);
    const broken = pretend(() => new JobError({ name: "TypeError", message: "x is undefined" }));
    await expect(trainRow(broken.session, plan, rowOf(asking(10)))).rejects.toThrow("x is undefined");
  });
});

describe("no ranked method sees a scorer", () => {
  const rows = trainedRows({ ...suite, methods: [...suite.methods, "morlhf-gold"] });

  test.each(rows.map((row) => ({ id: row.id, row })))("$id trains on the training split", async ({ row }) => {
    const { session, jobs } = pretend((job) => Math.min(1, job.budgetFlops ?? 0));
    const outcome = await trainRow(session, { ...plan, budget: { per: "method", flops: 1e12 } }, row);
    expect(outcome.kind).toBe("offered");
    expect(jobs.length).toBeGreaterThan(0);
    for (const job of jobs) {
      expect(job.split).toBe("train");
      const mentions = JSON.stringify(job.task).includes('"gold"');
      expect(mentions).toBe(row.id === "morlhf-gold");
    }
    expect(row.ranked && row.id === "morlhf-gold").toBe(false);
  });
});

test.each(["memory", "lost"] as const)(
  "what befalls a device (%s) ends the run, to be resumed, and is no method's failure",
  async (kind) => {
    const error = new DeviceError("dpo/4x64: no memory left on the engine webgpu", kind);
    const { name, message, exitCode } = error;
    const { session } = pretend(() => new JobError({ name, message, exitCode }));
    const stopped: unknown = await trainRow(session, plan, rowOf(asking(500))).catch((reason: unknown) => reason);
    expect(stopped).toMatchObject({ message: error.message });
    expect(exitCodeOf(stopped)).toBe(70);
  },
);
