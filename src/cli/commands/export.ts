/** `export RUN`: a candidate, or any mixture of a method's value vectors, in a form that other programs load. */
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { readCandidates } from "../../bench/files/candidates.js";
import { runFiles } from "../../bench/files/run-files.js";
import { sanitise } from "../../bench/files/sanitise.js";
import { nearestName } from "../../bench/nearest-name.js";
import { readRunRecord } from "../../bench/run-folder.js";
import { InputError } from "../../data/errors.js";
import type { Adapter } from "../../lm/adapters.js";
import { loadModel } from "../../lm/huggingface.js";
import { exportMixture as writeMixture } from "../../lm/merge.js";
import { loadAdapter } from "../../lm/peft.js";
import { type ExitCode, exitCodes, UsageError } from "../exit-codes.js";
import { parseNumbers } from "../flags.js";
import { type Io, writeJson } from "../io.js";
import type { ExportFlags } from "../program.js";
import { runFolder } from "../run-folder.js";

interface Mixture {
  /** Folder names under `adapters/<seed>/<method>/`, and the coefficient of each. */
  readonly parts: readonly { readonly adapter: string; readonly coefficient: number }[];
}

/**
 * @throws UsageError for flags that do not fit together
 * @throws InputError where the run has no such method, seed or candidate
 */
export async function exportMixture(run: string, flags: ExportFlags, io: Io): Promise<ExitCode> {
  if ((flags.candidate === undefined) === (flags.mix === undefined)) {
    throw new UsageError("export takes either --candidate NAME or --mix NUMBERS");
  }
  const folder = runFolder(run, io.cwd);
  const { suite, seeds } = readRunRecord(folder);
  const values = suite.values.map(({ name }) => name);
  const seed = flags.seed ?? seeds[0] ?? 0;
  const home = methodFolder(folder, seed, flags.method);
  const { parts } =
    flags.candidate === undefined
      ? { parts: mixtureOf(values, parseNumbers("--mix", flags.mix ?? "", values)) }
      : candidateOf(folder, values, seed, flags.method, flags.candidate);
  const used = parts.filter(({ coefficient }) => coefficient !== 0);
  const model = loadModel(join(folder, "base"));
  if (used.length === 0 && flags.as === "adapter") {
    throw new UsageError("this mixture is the base itself: it has no adapter; use --as merged");
  }
  const adapters: Adapter[] = used.map(({ adapter }) => {
    const path = join(home, adapter);
    if (!existsSync(path)) {
      throw new InputError(
        `${path}: this run holds no adapter "${adapter}" of ${flags.method} (it has: ${foldersIn(home).join(", ")})`,
      );
    }
    return loadAdapter(path, model.config);
  });
  const out = resolve(io.cwd, flags.out);
  writeMixture(out, {
    model,
    adapters,
    coefficients: used.map(({ coefficient }) => coefficient),
    form: flags.as,
  });
  const written = { out, as: flags.as, run: folder, method: flags.method, seed, mixture: used };
  if (flags.json === true) writeJson(io, written);
  else {
    const recipe =
      used.map(({ adapter, coefficient }) => `${coefficient} × ${sanitise(adapter)}`).join(" + ") || "the base";
    io.stdout.write(
      `Wrote ${sanitise(out)} (${flags.as === "adapter" ? "PEFT adapter" : "merged weights"}): ${recipe}\n`,
    );
  }
  return exitCodes.fine;
}

function mixtureOf(values: readonly string[], coefficients: readonly number[]): Mixture["parts"] {
  return values.map((adapter, k) => ({ adapter, coefficient: coefficients[k] ?? 0 }));
}

/** A row of `candidates.csv`: mixing coefficients where it has them, else the adapter of its own name. */
function candidateOf(folder: string, values: readonly string[], seed: number, method: string, name: string): Mixture {
  const file = runFiles(folder).candidates;
  const own = readCandidates(file).rows.filter((row) => row.method === method && row.seed === seed);
  const row = own.find(({ candidate }) => candidate === name);
  if (row === undefined) {
    const names = own.map(({ candidate }) => candidate);
    const near = nearestName(name, names);
    throw new InputError(
      `${file}: ${method} has no candidate "${name}" for seed ${seed}${near === undefined ? "" : `; did you mean "${near}"?`} (it has: ${names.join(", ")})`,
    );
  }
  if (row.coefficients === null) return { parts: [{ adapter: name, coefficient: 1 }] };
  return { parts: mixtureOf(values, row.coefficients) };
}

/** Where a method's adapters lie; explored points (`<id>@…`) are mixtures of the same adapters as `<id>`. */
function methodFolder(folder: string, seed: number, method: string): string {
  const home = join(folder, "adapters", String(seed), method.replace(/@.*$/, ""));
  if (existsSync(home)) return home;
  const seeds = foldersIn(join(folder, "adapters"));
  const methods = foldersIn(join(folder, "adapters", String(seed)));
  if (methods.length === 0)
    throw new InputError(`${folder}: no adapters of seed ${seed} (it has: ${seeds.join(", ")})`);
  const near = nearestName(method, methods);
  throw new InputError(
    `${folder}: no adapters of "${method}"${near === undefined ? "" : `; did you mean "${near}"?`} (it has: ${methods.join(", ")})`,
  );
}

function foldersIn(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}
