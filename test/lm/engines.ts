/** The engines that this folder's programs must agree on. */
import type { Engine } from "../../src/engine/index.js";
import { openEngine } from "../../src/engine/index.js";

export const ENGINES = ["tfjs-cpu", "cpu"] as const;

export function openTestEngine(id: (typeof ENGINES)[number]): Promise<Engine> {
  return openEngine(id, { threads: 1 });
}
