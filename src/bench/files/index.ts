/** The files of a run, typed (PROTOCOL §7). Nothing here knows how they come about. */
export { type CandidateRow, type CandidateTable, readCandidates, writeCandidates } from "./candidates.js";
export { EventLog, type EventLogOptions } from "./event-log.js";
export { EventReader, readEvents } from "./event-reader.js";
export {
  EVENT_VERSION,
  type RunEvent,
  type RunEventInput,
  type RunEventOf,
  type RunEventType,
  runEvent,
} from "./events.js";
export { type FolderLock, lockFolder } from "./folder-lock.js";
export { type LedgerRow, readLedger, writeLedger } from "./ledger.js";
export { type PromptRow, readPrompts, writePrompts } from "./prompts.js";
export { adapterFolder, type RunFiles, runFiles } from "./run-files.js";
export { RUN_SCHEMA, type RunDescription, readRunJson, runSchema, writeRunJson } from "./run-json.js";
export { readSamples, SampleLog, type SampleRow } from "./samples.js";
export { type SanitiseOptions, sanitise } from "./sanitise.js";
export {
  compareScores,
  readScores,
  SCORED_SPLITS,
  type ScoredSplit,
  ScoreLog,
  type ScoreRow,
  writeScores,
} from "./scores.js";
