/** What stops an engine from being installed: one line, the user's to repair. */
import { EngineError } from "../engine.js";

export class InstallError extends EngineError {
  readonly exitCode = 2;
}
