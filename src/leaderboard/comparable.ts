/** May two runs be compared at all, and if not, what differs; then the pairs of scores that both have. */
import type { ScoreBlock } from "./paired-bootstrap.js";
import type { MethodAtSeed, ScoredRun } from "./scored-run.js";

/** What forbids a comparison, one clause each; none where it may be made. */
export function differencesOf(a: ScoredRun, b: ScoredRun): string[] {
  const reasons: string[] = [];
  const one = (what: string, x: unknown, y: unknown) => {
    if (x !== y) reasons.push(`${what}: ${String(x)} in the baseline, ${String(y)} in the run`);
  };
  const suiteA = a.identity.suite;
  const suiteB = b.identity.suite;
  if (suiteA.suite !== suiteB.suite) {
    one("suite", suiteA.suite, suiteB.suite);
    return reasons;
  }
  one("suite version", suiteA.version, suiteB.version);
  if (reasons.length > 0) return reasons;
  const names = (run: ScoredRun) => run.values.map(({ name }) => name).join(", ");
  one("values", names(a), names(b));
  if (reasons.length > 0) return reasons;
  a.values.forEach((value, k) => {
    for (const key of ["center", "scale", "reference"] as const) {
      one(`${key} of ${value.name}`, value[key], b.values[k]?.[key]);
    }
  });
  if (a.identity.suiteHash !== b.identity.suiteHash) {
    const keys = differingKeys(suiteA, suiteB).filter((key) => key !== "seeds" && !key.startsWith("seeds."));
    const shown = keys.slice(0, 4).join(", ");
    const more = keys.length > 4 ? ` and ${keys.length - 4} more` : "";
    const what = keys.length === 0 ? "the lock or the base given from outside" : `${shown}${more}`;
    reasons.push(`suite hash: the same name and version, but other content (${what})`);
  }
  if (a.identity.dataHash !== b.identity.dataHash) reasons.push("data: another data hash");
  one("base weights", a.identity.basePrecision ?? "float32", b.identity.basePrecision ?? "float32");
  if (a.identity.lockHash !== b.identity.lockHash) reasons.push("suite.lock.yaml: other scales and reference points");
  const known = new Set(b.prompts);
  const absent = a.prompts.filter((key) => !known.has(key)).length;
  if (absent > 0 || a.prompts.length !== b.prompts.length) {
    const surplus = b.prompts.length - (a.prompts.length - absent);
    reasons.push(
      `test prompts: ${absent} of the baseline's ${a.prompts.length} are not in the run, and ${surplus} of the run's not in the baseline`,
    );
  }
  const seeds = commonSeeds(a, b);
  if (seeds.length === 0) {
    reasons.push(
      `seeds: ${a.identity.seeds.join(", ")} in the baseline, ${b.identity.seeds.join(", ")} in the run, none in common (run with --seeds ${a.identity.seeds.join(",")})`,
    );
  }
  for (const method of a.methods) {
    const other = b.methods.find(({ id }) => id === method.id);
    for (const { seed, offered } of method.seeds) {
      const there = other?.seeds.find((at) => at.seed === seed);
      if (seeds.includes(seed) && there !== undefined)
        one(`candidates of ${method.id} (seed ${seed})`, offered, there.offered);
    }
  }
  return reasons;
}

/** Paths of leaves that are not equal. */
function differingKeys(a: unknown, b: unknown, path = ""): string[] {
  if (a === b) return [];
  if (a !== null && b !== null && typeof a === "object" && typeof b === "object") {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].flatMap((key) =>
      differingKeys(Reflect.get(a, key), Reflect.get(b, key), path === "" ? key : `${path}.${key}`),
    );
  }
  return [path];
}

export function commonSeeds(a: ScoredRun, b: ScoredRun): number[] {
  return a.identity.seeds.filter((seed) => b.identity.seeds.includes(seed));
}

/** What does not forbid a comparison, but should be known when it is read. */
export function noticesOf(a: ScoredRun, b: ScoredRun): string[] {
  const notices: string[] = [];
  const seeds = commonSeeds(a, b);
  const alone = (run: ScoredRun) => run.identity.seeds.filter((seed) => !seeds.includes(seed));
  if (alone(a).length > 0) notices.push(`seed ${alone(a).join(", ")} of the baseline is not in the run, and left out`);
  if (alone(b).length > 0) notices.push(`seed ${alone(b).join(", ")} of the run is not in the baseline, and left out`);
  if (a.identity.baseHash !== b.identity.baseHash) {
    notices.push(
      "the base policies are of one recipe, but not of the same bits: what differs there is part of the change",
    );
  }
  if (a.identity.scorersHash !== b.identity.scorersHash) {
    notices.push(
      "the judging scorers are of one recipe, but not of the same bits: what differs there is part of the change",
    );
  }
  for (const key of ["engine", "threads", "packageVersion", "cpu"] as const) {
    const [x, y] = [a.identity[key], b.identity[key]];
    const name = key === "packageVersion" ? "mva-bench" : key;
    if (x !== y) notices.push(`${name}: ${x} in the baseline, ${y} in the run`);
  }
  for (const { id, seeds: own } of a.methods) {
    const failed = own.length > 0 ? seeds.filter((seed) => !own.some((at) => at.seed === seed)) : [];
    if (failed.length > 0)
      notices.push(
        `${id} has no selected candidate at seed ${failed.join(", ")} of the baseline, which is left out for it`,
      );
  }
  const surplus = b.methods.filter(({ id }) => !a.methods.some((method) => method.id === id));
  if (surplus.length > 0) notices.push(`not in the baseline, and left out: ${surplus.map(({ id }) => id).join(", ")}`);
  return notices;
}

/** The selected candidates of one cell as a block of scaled scores. */
export function blockOf(run: ScoredRun, { selected }: MethodAtSeed): ScoreBlock {
  const values = run.values.length;
  const prompts = run.prompts.length;
  const scores = new Float64Array(selected.length * values * prompts);
  selected.forEach((candidate, c) => {
    run.values.forEach(({ center, scale }, v) => {
      for (let p = 0; p < prompts; p++) {
        scores[(c * values + v) * prompts + p] = ((candidate.scores[v * prompts + p] ?? Number.NaN) - center) / scale;
      }
    });
  });
  return { candidates: selected.length, scores };
}
