/** The first fault that zod found, in the words of this project's errors. */
import type { z } from "zod";

/** "key.path: what is wrong". */
export function schemaFault(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return "is not what it should be";
  const path = issue.path.map(String).join(".");
  const message = (issue.message.split("\n")[0] ?? "").replace(/^Invalid input: /, "");
  return path === "" ? message : `"${path}": ${message}`;
}
