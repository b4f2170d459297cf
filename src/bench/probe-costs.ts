/** What looking at policies in training has cost: read from the run's own events, so that interruptions lose none of it. */
import { EventReader } from "./files/event-reader.js";
import type { RunSummary } from "./summary.js";

/** A row of what is charged to nobody; none where no look was asked for. */
export function probeCosts(events: string, probes = 0): RunSummary["uncharged"] {
  if (probes === 0) return [];
  const reader = new EventReader(events);
  let [flops, seconds] = [0, 0];
  try {
    for (const event of reader.next()) {
      if (event.type !== "probe") continue;
      flops += event.flops;
      seconds += event.seconds;
    }
  } finally {
    reader.close();
  }
  return [{ kind: "evaluation (probes during training)", flops, seconds }];
}
