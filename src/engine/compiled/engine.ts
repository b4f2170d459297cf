/** The compiled engine: programs recorded as ONNX graphs and run by ONNX Runtime. */
import type * as ort from "onnxruntime-node";
import { deviceError } from "../device-error.js";
import type { CompileHints, Engine, Executable, Program, Signature } from "../engine.js";
import { executableOf } from "./executable.js";
import { writeModel } from "./model.js";
import { CARRIED } from "./series.js";
import { writeSeriesModel } from "./series-model.js";
import type { SessionSettings } from "./session.js";
import { createSession } from "./session.js";
import { CompiledState } from "./state.js";
import { NEW_STATE, trace } from "./trace.js";
import { TrafficCounter } from "./traffic.js";
import { Transfer } from "./transfer.js";

/** Few enough that a run which is to be stopped stops soon; many enough that state's way over the bus is an eighth. */
const STEPS_PER_CALL = 8;

export function createCompiledEngine(settings: SessionSettings): Engine {
  const { target, threads } = settings;
  const counter = target === "cpu" ? null : new TrafficCounter();
  const transfer = target === "webgpu" && counter !== null ? new Transfer(settings, counter) : null;
  return {
    id: target,
    kind: "compiled",
    threads,
    // ONNX Runtime's Node.js package keeps outputs on a device for WebGPU alone.
    ...(target === "cuda" ? { stepsPerCall: STEPS_PER_CALL } : {}),
    async compile(name: string, program: Program, signature: Signature, hints?: CompileHints): Promise<Executable> {
      const { graph, outputs } = trace(name, program, signature, target);
      // State that stays on the device needs no loop to stay there.
      const inLoop = hints?.series === true && transfer === null;
      const model = inLoop
        ? writeSeriesModel(name, graph, outputs, CARRIED, settings.constants)
        : writeModel(name, graph, outputs, settings.constants);
      const onDevice = transfer === null ? [] : outputs.filter((output) => output.name.startsWith(NEW_STATE));
      const session = await openSession(
        name,
        model.bytes,
        { ...settings, threads: Math.min(threads, hints?.threads ?? threads), idle: hints?.idle ?? "spin" },
        onDevice.map((output) => output.name),
      );
      const names = { inputs: model.inputs, outputs: outputs.map((output) => output.name) };
      return executableOf({ name, target, signature, session, names, inLoop, counter });
    },
    createState: (values) => new CompiledState(values, transfer),
    ...(counter === null ? {} : { traffic: () => counter.total() }),
    dispose() {
      void transfer?.dispose();
    },
  };
}

async function openSession(name: string, ...args: Parameters<typeof createSession>): Promise<ort.InferenceSession> {
  try {
    return await createSession(...args);
  } catch (error) {
    throw deviceError(name, args[1].target, error) ?? error;
  }
}
