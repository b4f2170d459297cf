/** The worker thread's side of `pool.ts`: receives jobs, runs them one at a time, leaves their results in the run folder. */
import { parentPort } from "node:worker_threads";
import { MethodFailure } from "../methods/method.js";
import { Bench } from "./job-runner.js";
import type { Job, JobResult } from "./jobs.js";
import type { FromWorker, PlainError, ToWorker } from "./pool.js";

const port = parentPort;
if (port === null) throw new Error("worker.ts runs in a worker thread only");
const send = (message: FromWorker): void => port.postMessage(message);
const aborter = new AbortController();
const bench = new Bench((line) => send({ type: "notice", line }));
// Jobs and set-ups in the order they came: a set-up must not overtake the job before it.
let last: Promise<unknown> = Promise.resolve();

port.on("message", (message: ToWorker) => {
  switch (message.type) {
    case "setup":
      last = last.then(() => bench.setup(message.setup));
      return;
    case "job":
      last = last.then(() => runJob(message.id, message.job));
      return;
    case "abort":
      aborter.abort();
      return;
    case "close":
      last = last.then(() => port.close());
      return;
    default:
      message satisfies never;
  }
});

async function runJob(id: number, job: Job): Promise<void> {
  let result: JobResult;
  try {
    result = await bench.run(job, { signal: aborter.signal, emit: (event) => send({ type: "event", id, event }) });
  } catch (error) {
    send({ type: "failed", id, error: plain(error) });
    return;
  }
  send({ type: "done", id, result });
}

function plain(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const field = (key: string): unknown => Reflect.get(error, key);
  const code = field("code");
  const exitCode = field("exitCode");
  const step = field("step");
  return {
    name: error.name,
    message: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(typeof code === "string" ? { code } : {}),
    ...(typeof exitCode === "number" ? { exitCode } : {}),
    ...(typeof step === "number" ? { step } : {}),
    ...(error instanceof MethodFailure ? { spent: error.spent } : {}),
  };
}
