/** What a suite's schema cannot see: rules across keys. */
import { InputError } from "../data/errors.js";
import type { MethodSettings } from "../methods/method.js";
import { MOST_EXPLORED } from "./lattice.js";
import type { Suite } from "./suite.js";

/** Seeds are 32-bit numbers, as on the command line. */
const LARGEST_SEED = 0xffff_ffff;

/** @throws InputError naming file and key path */
export function checkSuite(suite: Suite, file: string): void {
  const fail = (message: string) => {
    throw new InputError(`${file}: ${message}`);
  };
  const names = suite.values.map((value) => value.name);
  if (new Set(names).size !== names.length) fail("values: a name stands there twice");
  if (suite.data.source === "embedded" && suite.data.set === undefined) fail("data.set: missing; mild or entangled");
  if (suite.data.source === "folder" && suite.data.splits === undefined) fail("data.splits: missing");
  if (suite.data.source === "embedded" && suite.scorers.kind !== "gold") {
    fail('scorers.kind: embedded data is scored by "gold"');
  }
  if (suite.data.source === "folder" && suite.scorers.kind === "gold") {
    fail('scorers.kind: "gold" knows the embedded data only; use "linear-probe" or "reward-model"');
  }
  if (suite.base.hiddenSize % suite.base.heads !== 0) fail("base.heads: must divide base.hiddenSize");
  if ((suite.base.hiddenSize / suite.base.heads) % 2 !== 0) fail("base.heads: the head size must be even");
  if (suite.base.heads % suite.base.kvHeads !== 0) fail("base.kvHeads: must divide base.heads");
  if (names.length !== 2 && suite.candidates.lattice !== "vertices-edges-centre") {
    fail(`candidates.lattice: "${suite.candidates.lattice}" is for 2 values; use vertices-edges-centre`);
  }
  for (const value of suite.values) {
    const given = [value.center, value.scale, value.reference].filter((x) => x !== undefined).length;
    if (given !== 0 && given !== 3) fail(`values.${value.name}: give center, scale and reference, or none of them`);
  }
  const perMethod = Object.values(suite.settings.perMethod ?? {});
  for (const order of [suite.settings, ...perMethod, ...suite.variants].map((entry) => entry.mva?.order)) {
    if (order === undefined) continue;
    if ([...order].sort().join() !== [...names].sort().join())
      fail(`mva.order: must name each of ${names.join(", ")} once`);
  }
  const ids = [...suite.methods, ...suite.variants.map((v) => v.id)];
  const twice = firstTwice(ids);
  if (twice !== undefined) fail(`methods: "${twice}" stands there twice`);
  const taken = ids.find((id) => id === "base" || id.endsWith("@grid"));
  if (taken !== undefined) fail(`variants: "${taken}" is the name of a row that every run has; choose another id`);
  const seed = firstTwice(suite.seeds);
  if (seed !== undefined) fail(`seeds: ${seed} stands there twice`);
  const large = suite.seeds.find((candidate) => candidate > LARGEST_SEED);
  if (large !== undefined) fail(`seeds: ${large} is too large; seeds go up to ${LARGEST_SEED}`);
  if (suite.candidates.explore > MOST_EXPLORED) {
    fail(`candidates.explore: at most ${MOST_EXPLORED} points (it is ${suite.candidates.explore})`);
  }
}

function firstTwice<T>(list: readonly T[]): T | undefined {
  return list.find((entry, i) => list.indexOf(entry) !== i);
}

/**
 * Rules across the settings of one row, its own and the shared ones together. Found before anything is trained: a PPO that
 * cannot cut its rollouts into minibatches would else stop a run after everybody else's training.
 * @param where the row, for the message
 * @throws InputError naming the key path
 */
export function checkSettings({ morlhf }: MethodSettings, where: string): void {
  const { rolloutReplies, minibatches } = morlhf.ppo;
  if (rolloutReplies % minibatches !== 0) {
    throw new InputError(
      `${where}: morlhf.ppo.minibatches (${minibatches}) must divide morlhf.ppo.rolloutReplies (${rolloutReplies})`,
    );
  }
  if (!(morlhf.rewardModelShare > 0 && morlhf.rewardModelShare < 1)) {
    throw new InputError(
      `${where}: morlhf.rewardModelShare is ${morlhf.rewardModelShare}; it must lie between 0 and 1, both left out`,
    );
  }
}
