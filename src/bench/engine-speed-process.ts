/**
 * A process that times one engine: a driver that hangs or aborts ends nothing else, and a process can load one TensorFlow only.
 * Reads an order from its standard input and prints an `EngineSpeed`; several workers work at once, as they do in a run.
 */
import "../engine/no-telemetry.js";
import { readFileSync } from "node:fs";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { EngineId } from "../engine/engine.js";
import { openEngine, prepareWorkers } from "../engine/index.js";
import { type EngineSpeed, measureSpeed, type SpeedShape } from "./engine-speed.js";

export interface SpeedOrder {
  readonly engine: EngineId;
  readonly workers: number;
  readonly shape: SpeedShape;
}

async function measure({ engine: id, shape }: SpeedOrder): Promise<EngineSpeed> {
  const engine = await openEngine(id, { threads: 1 });
  return measureSpeed(engine, shape, () => performance.now() / 1000);
}

function inWorker(order: SpeedOrder): Promise<EngineSpeed> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: order });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

if (isMainThread) {
  const order = JSON.parse(readFileSync(0, "utf8")) as SpeedOrder;
  prepareWorkers(order.engine, order.workers);
  const speeds = await Promise.all(Array.from({ length: order.workers }, () => inWorker(order)));
  const sum = (of: (speed: EngineSpeed) => number) => speeds.reduce((total, speed) => total + of(speed), 0);
  const whole: EngineSpeed = { trained: sum(({ trained }) => trained), written: sum(({ written }) => written) };
  process.stdout.write(JSON.stringify(whole), () => process.exit(0));
} else parentPort?.postMessage(await measure(workerData as SpeedOrder));
