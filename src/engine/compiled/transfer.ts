/**
 * Moves tensors between host and device through sessions that hold nothing but Identity nodes: reading a device tensor
 * directly (`getData`) aborts the process in ONNX Runtime 1.30's Node.js package.
 */
import type * as ort from "onnxruntime-node";
import { deviceError } from "../device-error.js";
import { EngineError } from "../engine.js";
import type { ElementType } from "./graph.js";
import { Graph } from "./graph.js";
import { writeModel } from "./model.js";
import type { SessionSettings } from "./session.js";
import { createSession } from "./session.js";
import type { TrafficCounter } from "./traffic.js";

export class Transfer {
  private readonly sessions = new Map<string, Promise<ort.InferenceSession>>();

  constructor(
    private readonly settings: SessionSettings,
    private readonly traffic: TrafficCounter,
  ) {}

  upload(tensors: ReadonlyMap<string, ort.Tensor>): Promise<Map<string, ort.Tensor>> {
    return this.move(tensors, true);
  }

  download(tensors: ReadonlyMap<string, ort.Tensor>): Promise<Map<string, ort.Tensor>> {
    return this.move(tensors, false);
  }

  async dispose(): Promise<void> {
    const open = [...this.sessions.values()];
    this.sessions.clear();
    for (const session of open) await (await session).release();
  }

  private async move(tensors: ReadonlyMap<string, ort.Tensor>, toDevice: boolean): Promise<Map<string, ort.Tensor>> {
    const moved = new Map<string, ort.Tensor>();
    if (tensors.size === 0) return moved;
    const feeds = Object.fromEntries([...tensors.values()].map((tensor, index) => [`from${index}`, tensor]));
    this.traffic.fed(feeds);
    const results = await this.run(feeds, [...tensors.values()], toDevice);
    this.traffic.given(results);
    for (const [index, name] of [...tensors.keys()].entries()) {
      const tensor = results[`to${index}`];
      if (tensor === undefined) throw new EngineError(`"${name}" did not come back from the device`);
      moved.set(name, tensor);
    }
    return moved;
  }

  /** A state is often the first thing that a card's memory does not hold. */
  private async run(
    feeds: Record<string, ort.Tensor>,
    tensors: readonly ort.Tensor[],
    toDevice: boolean,
  ): Promise<ort.InferenceSession.ReturnType> {
    try {
      const session = await this.session(tensors, toDevice);
      return await session.run(feeds);
    } catch (error) {
      const what = toDevice ? "a state on its way to the device" : "a state on its way from the device";
      throw deviceError(what, this.settings.target, error) ?? error;
    }
  }

  private session(tensors: readonly ort.Tensor[], toDevice: boolean): Promise<ort.InferenceSession> {
    const key = `${toDevice}:${tensors.map(({ type, dims }) => `${type}[${dims}]`).join()}`;
    const known = this.sessions.get(key);
    if (known !== undefined) return known;
    const graph = new Graph(this.settings.target);
    const outputs = tensors.map(({ type, dims }, index) => ({
      name: `to${index}`,
      value: graph.input(`from${index}`, type as ElementType, dims),
    }));
    const model = writeModel("transfer", graph, outputs);
    const made = createSession(model.bytes, this.settings, toDevice ? outputs.map(({ name }) => name) : []);
    this.sessions.set(key, made);
    return made;
  }
}
