/** The stream that ink writes to, which is nobody's screen. */
import { Writable } from "node:stream";

export class SilentOutput extends Writable {
  /** Ink is not to steer a cursor. */
  readonly isTTY = false;
  readonly columns = 80;
  readonly rows = 24;

  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
}
