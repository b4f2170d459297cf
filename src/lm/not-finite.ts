/** Numbers that left the real line while a policy wrote: its weights are to blame, not the program. */
export class NotFiniteError extends Error {
  override readonly name = "NotFiniteError";
}
