/** `doctor` and `engine list`. */

import { environment } from "../../bench/environment.js";
import { sanitise } from "../../bench/files/sanitise.js";
import type { EngineProbe } from "../../engine/probe.js";
import { probeEngines } from "../../engine/probe.js";
import { padEnd, wrap } from "../../report/text-width.js";
import { type ExitCode, exitCodes } from "../exit-codes.js";
import { columnsOf, type Io, writeJson } from "../io.js";

/** The oldest Node that everything here runs on. */
const NODE_NEEDED = [20, 19] as const;

export async function doctor(options: { readonly json?: boolean }, io: Io): Promise<ExitCode> {
  const engines = await probeEngines();
  const { versions, hardware } = environment();
  const problems = [
    ...(nodeIsOld(process.versions.node)
      ? [`Node ${process.versions.node} is too old: install Node ${NODE_NEEDED.join(".")} or newer`]
      : []),
    ...(engines.some(({ id, available }) => id === "cpu" && available)
      ? []
      : ["the engine cpu is not available: nothing can be trained here at a useful speed"]),
  ];
  if (options.json === true) writeJson(io, { versions, hardware, engines, problems });
  else {
    const lines = [
      `mva-bench ${versions["mva-bench"] ?? ""}, Node ${process.versions.node}, ${hardware.platform}`,
      `${sanitise(hardware.cpu)}, ${hardware.cores} cores, ${Math.round((hardware.memoryBytes / 2 ** 30) * 10) / 10} GiB`,
      ...(hardware.gpu === null ? [] : [`graphics: ${sanitise(hardware.gpu)}`]),
      "",
      ...renderEngines(engines, columnsOf(io.stdout)),
      "",
      ...(problems.length === 0 ? ["Ready: mva-bench run"] : problems.map((problem) => `Problem: ${problem}`)),
    ];
    io.stdout.write(`${lines.join("\n")}\n`);
  }
  return problems.length === 0 ? exitCodes.fine : exitCodes.failed;
}

export async function engines(options: { readonly json?: boolean }, io: Io): Promise<ExitCode> {
  const probes = await probeEngines();
  if (options.json === true) writeJson(io, probes);
  else io.stdout.write(`${renderEngines(probes, columnsOf(io.stdout)).join("\n")}\n`);
  return exitCodes.fine;
}

export function renderEngines(probes: readonly EngineProbe[], width: number): string[] {
  const names = Math.max(...probes.map(({ id }) => id.length));
  return probes.flatMap((probe) => {
    const head = `${probe.available ? "yes" : "no "}  ${padEnd(probe.id, names)}  `;
    const detail = probe.available
      ? [probe.description]
      : [probe.description, sanitise(probe.reason), `To do: ${sanitise(probe.remedy)}`];
    const lines = detail.flatMap((text) => wrap(text, width - head.length));
    return lines.map((line, at) => (at === 0 ? head : " ".repeat(head.length)) + line);
  });
}

function nodeIsOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor < NODE_NEEDED[1]);
}
