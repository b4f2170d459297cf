/** `engine add`, `engine remove` and `engine check`. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { sanitise } from "../../bench/files/sanitise.js";
import { ENGINE_IDS, type EngineId } from "../../engine/engine.js";
import { ADDABLE, type Addable } from "../../engine/install/addable.js";
import { removeStored } from "../../engine/install/store.js";
import { type ExitCode, exitCodes, UsageError } from "../exit-codes.js";
import { type Io, writeJson } from "../io.js";

export interface EngineFlags {
  readonly tensorflow?: string;
  readonly onnxruntime?: string;
  readonly headers?: string;
  readonly check: boolean;
}

/** @throws InstallError in one line with what to do. */
export async function add(name: Addable, flags: EngineFlags, io: Io): Promise<ExitCode> {
  refuseForeignFlags(name, flags);
  if (name === "cuda") {
    const { addCudaProvider } = await import("../../engine/install/cuda-provider.js");
    const { version, source, laid } = await addCudaProvider({ onnxruntime: flags.onnxruntime, env: io.env });
    io.stdout.write(
      sanitise(`cuda: onnxruntime-gpu ${version} from ${source}; ${laid.length} files laid`).concat("\n"),
    );
  } else {
    const { addBinding } = await import("../../engine/install/binding.js");
    const { tensorflow, path } = await addBinding(name, { ...flags, env: io.env });
    const { version, root, cuda } = tensorflow;
    const build = cuda === null ? "for CPUs" : `with CUDA ${cuda.cuda}, cuDNN ${cuda.cudnn}`;
    io.stdout.write(
      `${sanitise(`${name}: built against TensorFlow ${version ?? "(version unknown)"} ${build} in ${root}`)}\n`,
    );
    io.stdout.write(`${sanitise(`${name}: laid at ${path}`)}\n`);
  }
  if (!flags.check) return exitCodes.fine;
  return checkApart(name, io);
}

export function remove(name: Addable, io: Io): ExitCode {
  const others = ADDABLE.filter((other) => other !== name);
  const gone = removeStored(name, others, io.env);
  if (gone.length === 0) io.stdout.write(`${name} was not added here: nothing to remove\n`);
  for (const path of gone) io.stdout.write(`removed ${sanitise(path)}\n`);
  return exitCodes.fine;
}

/** Runs the contract in this process. */
export async function check(name: string, options: { readonly json?: boolean }, io: Io): Promise<ExitCode> {
  const id = engineId(name);
  const { requireEngine } = await import("../../bench/environment.js");
  await requireEngine(id);
  const { openEngine } = await import("../../engine/index.js");
  const { checkContract } = await import("../../engine/contract/check.js");
  const engine = await openEngine(id, { threads: 2 });
  const oracle = await openEngine("tfjs-cpu", { threads: 1 });
  const verdicts = await checkContract(engine, oracle);
  engine.dispose();
  const different = verdicts.filter(({ verdict }) => verdict === "differs");
  if (options.json === true) writeJson(io, { engine: id, verdicts });
  else {
    const agreeing = verdicts.filter(({ verdict }) => verdict === "agrees");
    const worst = agreeing.reduce((most, { worst = 0 }) => Math.max(most, worst), 0);
    io.stdout.write(
      `${id}: ${agreeing.length} of ${verdicts.length} ops agree with tfjs-cpu, forward and gradient (worst ${worst.toExponential(1)})\n`,
    );
    for (const { op, verdict, detail, worst: by } of verdicts) {
      if (verdict === "excepted") io.stdout.write(`${id}: not held to "${op}": ${sanitise(detail ?? "")}\n`);
      if (verdict === "differs") {
        const how = by === undefined || !Number.isFinite(by) ? "" : ` by ${by.toExponential(1)}`;
        io.stdout.write(`${id}: "${op}" differs${how}: ${sanitise(detail ?? "")}\n`);
      }
    }
  }
  return different.length === 0 ? exitCodes.fine : exitCodes.failed;
}

/** The same in a process of its own: a native library that aborts takes nothing else with it. */
function checkApart(id: EngineId, io: Io): Promise<ExitCode> {
  const main = fileURLToPath(new URL("../main.js", import.meta.url));
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, "engine", "check", id], {
      env: { ...io.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let complaint = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => io.stdout.write(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    child.on("close", (code, signal) => {
      if (code === exitCodes.fine || code === exitCodes.failed) {
        resolve(code);
        return;
      }
      const line = complaint.split("\n").find((text) => text.startsWith("mva-bench: ")) ?? "";
      const why =
        line.replace("mva-bench: ", "") || `it ended ${signal === null ? `with code ${code}` : `by ${signal}`}`;
      io.stderr.write(`mva-bench: ${id} was added, and its check did not end: ${sanitise(why)}\n`);
      resolve(exitCodes.failed);
    });
  });
}

/** @throws UsageError for a name that no engine has. */
export function engineId(name: string): EngineId {
  const id = ENGINE_IDS.find((known) => known === name);
  if (id === undefined) throw new UsageError(`there is no engine "${name}"; there are ${ENGINE_IDS.join(", ")}`);
  return id;
}

function refuseForeignFlags(name: string, flags: EngineFlags): void {
  const foreign =
    name === "cuda"
      ? [flags.tensorflow === undefined ? "" : "--tensorflow", flags.headers === undefined ? "" : "--headers"]
      : [flags.onnxruntime === undefined ? "" : "--onnxruntime"];
  const [flag] = foreign.filter((text) => text !== "");
  if (flag !== undefined) throw new UsageError(`${flag} is not for the engine ${name}`);
  // An unset variable in a script would else name the working folder.
  for (const key of ["tensorflow", "onnxruntime", "headers"] as const) {
    if (flags[key] === "") throw new UsageError(`--${key} is empty; name a file or folder, or leave it out`);
  }
}
