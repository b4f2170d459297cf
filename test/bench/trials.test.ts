import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { loadSuite } from "../../src/bench/suite.js";
import { ValidationTrials } from "../../src/bench/trials.js";
import { temporaryFolder } from "./files/temporary-folder.js";

/** Says one line when it starts, and fails every job. */
const WORKER = `
import { parentPort } from "node:worker_threads";
parentPort.postMessage({ type: "notice", line: "a worker is here" });
parentPort.on("message", ({ type, id }) => {
  if (type === "job") parentPort.postMessage({ type: "failed", id, error: { name: "Error", message: "no job is done here" } });
  if (type === "close") parentPort.close();
});`;

test("trials have the workers of a run on their engine, and what those say is heard", {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  const script = join(folder, "worker.mjs");
  writeFileSync(script, WORKER);
  const heard: string[] = [];
  const opened = ValidationTrials.open({
    suite: loadSuite("smoke"),
    data: undefined,
    folder: join(folder, "trials"),
    engine: "webgpu",
    threads: 3,
    signal: new AbortController().signal,
    onProgress: () => {},
    onNotice: (line) => heard.push(line),
    workerScript: pathToFileURL(script),
  });
  await expect(opened).rejects.toThrow("no job is done here");
  // A card serves one caller at a time.
  expect(heard).toEqual(["a worker is here"]);
});
