/** The rows that a suite trains: its methods and variants, each with the settings that hold for it. */
import { InputError } from "../data/errors.js";
import type { MethodSettings } from "../methods/method.js";
import { METHODS } from "../methods/registry.js";
import { nearestName } from "./nearest-name.js";
import type { Overrides } from "./settings-schema.js";
import type { Suite } from "./suite.js";
import { checkSettings } from "./suite-rules.js";
import type { TrainedRow } from "./train-methods.js";

/** Methods and variants of a suite. @throws InputError for an id that no method has, or settings that do not go together. */
export function trainedRows(suite: Suite): TrainedRow[] {
  const { perMethod = {}, ...shared } = suite.settings;
  const find = (id: string) => {
    const method = METHODS.find((known) => known.id === id);
    if (method !== undefined) return method;
    const known = METHODS.map((method) => method.id);
    const near = nearestName(id, known);
    throw new InputError(
      `suite "${suite.suite}": there is no method "${id}"${near === undefined ? "" : `; did you mean "${near}"?`} (methods: ${known.join(", ")})`,
    );
  };
  for (const id of Object.keys(perMethod)) find(id);
  for (const id of [...suite.methods, ...suite.variants.map(({ method }) => method)]) {
    if (find(id).needsGold === true && suite.scorers.kind !== "gold") {
      throw new InputError(`suite "${suite.suite}": ${id} is trained on gold rules, which only the embedded data has`);
    }
  }
  // After the methods: a question about a method whose name is mistyped there is no fault of the question.
  checkQuestions(suite);
  const settingsOf = (id: string): MethodSettings => withOverrides(shared, perMethod[id]);
  const rows = [
    ...suite.methods.map((id) => {
      const method = find(id);
      return { id, title: method.title, ranked: method.ranked, method, settings: settingsOf(id) };
    }),
    ...suite.variants.map((variant) => {
      const method = find(variant.method);
      return {
        id: variant.id,
        title: variant.title ?? `${method.title} (${variant.id})`,
        ranked: variant.ranked ?? method.ranked,
        method,
        settings: withOverrides(settingsOf(method.id), variant),
      };
    }),
  ];
  for (const { id, settings } of rows) checkSettings(settings, `suite "${suite.suite}", ${id}`);
  return rows;
}

function checkQuestions({ suite, methods, variants, questions }: Suite): void {
  const rows = [...methods, ...variants.map(({ id }) => id)];
  for (const id of questions.flatMap(({ a, b }) => [a, b])) {
    if (rows.includes(id)) continue;
    const near = nearestName(id, rows);
    throw new InputError(
      `suite "${suite}": a question names "${id}", which is no row of this suite${near === undefined ? "" : `; did you mean "${near}"?`} (rows: ${rows.join(", ")})`,
    );
  }
}

/** `settings` with the entries that `more` names. */
export function withOverrides(settings: MethodSettings, more: Overrides | undefined): MethodSettings {
  const { optimizer, adapter, ...preference } = more?.preference ?? {};
  const { rewardModel: { optimizer: modelOptimizer, ...rewardModel } = {}, ...morlhf } = more?.morlhf ?? {};
  const { optimizer: ppoOptimizer, ...ppo } = morlhf.ppo ?? {};
  const old = settings.morlhf;
  return {
    preference: {
      ...override(settings.preference, preference),
      optimizer: override(settings.preference.optimizer, optimizer),
      adapter: override(settings.preference.adapter, adapter),
    },
    mva: override(settings.mva, more?.mva),
    morlhf: {
      rewardModelShare: morlhf.rewardModelShare ?? old.rewardModelShare,
      rewardModel: {
        ...override(old.rewardModel, rewardModel),
        optimizer: override(old.rewardModel.optimizer, modelOptimizer),
      },
      ppo: { ...override(old.ppo, ppo), optimizer: override(old.ppo.optimizer, ppoOptimizer) },
    },
  };
}

/** `base` with the entries of `more` that are given. */
function override<T extends object>(base: T, more: { readonly [K in keyof T]?: T[K] | undefined } | undefined): T {
  const given = Object.entries(more ?? {}).filter(([, value]) => value !== undefined);
  return { ...base, ...(Object.fromEntries(given) as Partial<T>) };
}
