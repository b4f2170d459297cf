/** `engine` and its subcommands: names, flags, help. */
import { Argument, type Command } from "commander";
import { ADDABLE, type Addable } from "../engine/install/addable.js";
import type { EngineFlags } from "./commands/engine.js";
import type { ExitCode } from "./exit-codes.js";
import type { Io } from "./io.js";

export function addEngineCommands(program: Command, io: Io, answer: (code: ExitCode) => void): void {
  const engine = program.command("engine").description("the engines that tensors can run on");
  engine
    .command("list")
    .description("each engine and whether it is available here")
    .option("--json", "print as one JSON document")
    .action(async (options: { json?: boolean }) => {
      answer(await (await import("./commands/doctor.js")).engines(options, io));
    });
  engine
    .command("add")
    .description("make an engine available from libraries that are here; downloads nothing")
    .addArgument(new Argument("<engine>", "which one").choices([...ADDABLE]))
    .option(
      "--tensorflow <path>",
      "folder, Python environment or wheel of TensorFlow (default: the active environment)",
    )
    .option("--onnxruntime <path>", "the same of onnxruntime-gpu, for cuda")
    .option("--headers <dir>", "Node-API's headers (default: those of this Node.js)")
    .option("--no-check", "do not run the contract on it")
    .action(async (name: Addable, options: EngineFlags) => {
      answer(await (await import("./commands/engine.js")).add(name, options, io));
    });
  engine
    .command("remove")
    .description("take an added engine's files away")
    .addArgument(new Argument("<engine>", "which one").choices([...ADDABLE]))
    .action(async (name: Addable) => {
      answer((await import("./commands/engine.js")).remove(name, io));
    });
  engine
    .command("check")
    .description(
      "hold an engine to the contract: every op and its gradient against the reference; exit code 1 where one differs",
    )
    .argument("<engine>", "which one (see: engine list)")
    .option("--json", "print as one JSON document")
    .action(async (name: string, options: { json?: boolean }) => {
      answer(await (await import("./commands/engine.js")).check(name, options, io));
    });
}
