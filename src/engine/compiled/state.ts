/**
 * State of compiled programs. On the CPU it is host memory: fed without a copy, and a run's new values come back in
 * buffers of their own. On WebGPU it is uploaded once and then stays on the device from run to run.
 */
import type * as ort from "onnxruntime-node";
import type { EngineState, HostTensor, TensorMap } from "../engine.js";
import { EngineError } from "../engine.js";
import { toHost, toOrt } from "./tensors.js";
import type { Transfer } from "./transfer.js";

export class CompiledState implements EngineState {
  private readonly values = new Map<string, ort.Tensor>();

  /** With `transfer`, entries move to the device before they are first used. */
  constructor(
    values: TensorMap,
    private readonly transfer: Transfer | null,
  ) {
    for (const [name, value] of Object.entries(values)) this.values.set(name, toOrt(value, true));
  }

  async read(names: readonly string[] = [...this.values.keys()]): Promise<Record<string, HostTensor>> {
    const wanted = new Map(names.map((name) => [name, this.get(name)]));
    const away = new Map([...wanted].filter(([, tensor]) => tensor.location !== "cpu"));
    const fetched = (await this.transfer?.download(away)) ?? new Map<string, ort.Tensor>();
    return Object.fromEntries(
      [...wanted].map(([name, tensor]) => {
        const back = fetched.get(name);
        return [name, back === undefined ? toHost(tensor, true) : toHost(back)];
      }),
    );
  }

  write(values: TensorMap): void {
    for (const [name, value] of Object.entries(values)) {
      const old = this.get(name);
      if (`${old.dims}` !== `${value.shape}`) {
        throw new EngineError(`state "${name}" has shape [${old.dims}], not [${value.shape}]`);
      }
      this.replace(name, toOrt(value, true));
    }
  }

  get(name: string): ort.Tensor {
    const value = this.values.get(name);
    if (value === undefined) throw new EngineError(`state has no entry "${name}"`);
    return value;
  }

  /** Moves entries that are still in host memory to the device, where there is one. */
  async settle(): Promise<void> {
    if (this.transfer === null) return;
    const here = new Map([...this.values].filter(([, tensor]) => tensor.location === "cpu"));
    if (here.size === 0) return;
    for (const [name, tensor] of await this.transfer.upload(here)) this.replace(name, tensor);
  }

  replace(name: string, value: ort.Tensor): void {
    const old = this.values.get(name);
    this.values.set(name, value);
    if (old !== undefined && old.location !== "cpu") old.dispose();
  }

  dispose(): void {
    for (const value of this.values.values()) if (value.location !== "cpu") value.dispose();
    this.values.clear();
  }
}
