/**
 * `submission.yaml`: who a row from elsewhere is of. It names a method, never a person: contact data is refused, for the file
 * is kept for good.
 */
import { type Document, parseDocument } from "yaml";
import { z } from "zod";
import { sanitise } from "../bench/files/sanitise.js";
import { readWholeText } from "../bench/files/whole-file.js";
import { nearestName } from "../bench/nearest-name.js";
import { InputError } from "../data/errors.js";

const line = z
  .string()
  .trim()
  .min(1)
  .max(300)
  .refine((text) => sanitise(text) === text, "one line, without control characters");

export const submissionSchema = z.strictObject({
  /** A suite that ships; its version. */
  suite: z.string(),
  version: z.number().int().positive(),
  /** Short name, as it is listed. */
  method: z.string().regex(/^[a-z0-9][a-z0-9_.@-]{0,39}$/i, "letters, digits, '_', '-', '.', '@' only, at most 40"),
  title: line,
  /** The model that was aligned, and what it was aligned on. */
  base: line,
  data: line,
  /** As the sender says; nobody has measured it. Null: not known. */
  budget: z
    .strictObject({ flops: z.number().positive(), per: z.enum(["method", "policy"]).default("method") })
    .nullable(),
  seeds: z.array(z.number().int().nonnegative()).min(1),
  /** The suite's values are better when larger; scores that are not must be turned round first. */
  sense: z.union([z.enum(["max", "min"]), z.record(z.string(), z.enum(["max", "min"]))]).default("max"),
  /** Day that the scores were made, ISO 8601. */
  date: z.iso.date(),
  notes: line.nullable().default(null),
});

export type Submission = z.infer<typeof submissionSchema>;

const CONTACT = /[\p{L}\p{N}_.+-]+(?:@|\s*[([]\s*at\s*[)\]]\s*)[\p{L}\p{N}_-]+\.[\p{L}\p{N}_.]+|\+?\d[\d ()/-]{8,}\d/iu;

/** Everything that is wrong with it, or the submission. */
export function readSubmission(path: string, source = path): { submission: Submission } | { faults: string[] } {
  const document = parseDocument(readWholeText(path), { prettyErrors: true });
  const fault = document.errors[0];
  if (fault !== undefined) {
    throw new InputError(`${source}: not valid YAML: ${fault.message.split("\n")[0] ?? ""}`);
  }
  const checked = submissionSchema.safeParse(plain(document, source));
  if (!checked.success) {
    return {
      faults: checked.error.issues.flatMap((issue) => {
        const { path: at, message } = issue;
        const where = at.map(String).join(".");
        if (issue.code === "unrecognized_keys") {
          const known = at.length === 0 ? Object.keys(submissionSchema.shape) : ["flops", "per"];
          return issue.keys.map((key) => {
            const near = nearestName(key, known);
            const hint = near === undefined ? "" : `; did you mean "${near}"?`;
            return `${source}: unknown key "${where === "" ? "" : `${where}.`}${key}"${hint}`;
          });
        }
        return [`${source}: ${where === "" ? "" : `${where}: `}${message.replace(/^Invalid input: /, "")}`];
      }),
    };
  }
  const contact = Object.entries(checked.data).filter(
    ([, value]) => typeof value === "string" && value !== checked.data.date && CONTACT.test(value),
  );
  if (contact.length > 0) {
    return {
      faults: contact.map(([key]) => `${source}: ${key}: looks like contact data; a submission names no person`),
    };
  }
  return { submission: checked.data };
}

/** @throws InputError where an alias has no anchor, or aliases of aliases would fill the memory */
function plain(document: Document.Parsed, source: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new InputError(`${source}: not valid YAML: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
