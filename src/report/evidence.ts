/** What a report shows beside the summary, from the files of the run: trainings, replies, the exact suite. */
import type { RunFiles } from "../bench/files/run-files.js";
import type { RunSummary } from "../bench/summary.js";
import { InputError } from "../data/errors.js";
import { type Replies, readReplies } from "./replies.js";
import { type RunRecordText, runRecordText } from "./run-record.js";
import { shownMethods } from "./samples.js";
import { type TrainingCurve, trainingCurves } from "./training.js";

export interface Evidence {
  readonly curves: readonly TrainingCurve[];
  readonly replies: Replies | null;
  readonly record: RunRecordText | null;
  /** What could not be read, and why, not yet safe to show: the report says so, and does without. */
  readonly missing: readonly string[];
}

export const NO_EVIDENCE: Evidence = { curves: [], replies: null, record: null, missing: [] };

/** A damaged file costs its own figures, not the report. */
export function readEvidence(files: RunFiles, summary: RunSummary): Evidence {
  const missing: string[] = [];
  const read = <T>(from: () => T, otherwise: T): T => {
    try {
      return from();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      missing.push(error.message);
      return otherwise;
    }
  };
  return {
    curves: read(() => trainingCurves(files.events), []),
    replies: read(() => readReplies(files, summary, shownMethods(summary)), null),
    record: read(() => runRecordText(files), null),
    missing,
  };
}
