/** Every method that can be run: one line each. */
import type { Method } from "./method.js";
import { modpo } from "./modpo.js";
import { morlhf, morlhfGold } from "./morlhf.js";
import { mva, mvaAlpha0 } from "./mva.js";
import { soup } from "./soup.js";
import { soupAb } from "./soup-ab.js";

export const METHODS: readonly Method[] = [
  soup, //
  soupAb,
  mvaAlpha0,
  mva,
  modpo,
  morlhf,
  morlhfGold,
];

/** @throws Error naming the methods there are. */
export function methodById(id: string): Method {
  const method = METHODS.find((candidate) => candidate.id === id);
  if (method === undefined) {
    throw new Error(`there is no method "${id}"; there are ${METHODS.map((candidate) => candidate.id).join(", ")}`);
  }
  return method;
}
