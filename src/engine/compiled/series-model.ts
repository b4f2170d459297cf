/**
 * Writes a recorded graph as an ONNX model that runs it several times in one call: a Loop
 * (https://onnx.ai/onnx/operators/onnx__Loop.html) around it.
 *
 * What goes from one time to the next is carried by the loop, and comes out once, at its end. What is fed anew each time
 * comes stacked along a new first axis, and so do the outputs. How many times is an input, so one session serves any number.
 */
import type { Graph, Value } from "./graph.js";
import type { ConstantStorage, NamedValue } from "./graph-proto.js";
import { nodeProto, valueInfo, writeNodes } from "./graph-proto.js";
import type { OnnxModel } from "./model.js";
import { modelOf } from "./model.js";
import { ProtoWriter } from "./protobuf.js";

/** Input int64 []: how many times. */
export const TIMES = "times";
/** Names inside the loop must not be those around it. */
const INSIDE = "each/";

const SCALAR = { dtype: "int64", shape: [] } as const;

/** How the graph's inputs and outputs go through the loop. */
export interface SeriesShape {
  /** The input that takes the value of this output for the next time; undefined: the output is one of each time. */
  carriedBy(output: string): string | undefined;
  /** Whether the input is fed anew each time; else it is the same for all. */
  fedEachTime(input: string): boolean;
}

/**
 * Beside `TIMES`, the model has the inputs of the graph that some node reads, and all that are carried; those that are fed
 * each time as [times, ...shape], or [1, ...shape] where they are the same every time. Outputs keep their names: carried ones
 * as they are in the end, others as [times, ...shape].
 */
export function writeSeriesModel(
  name: string,
  graph: Graph,
  outputs: readonly NamedValue[],
  { carriedBy, fedEachTime }: SeriesShape,
  storage: ConstantStorage = "float32",
): OnnxModel {
  const around = new ProtoWriter();
  const body = new ProtoWriter();
  const carried = outputs.flatMap((output) => {
    const input = carriedBy(output.name);
    return input === undefined ? [] : [{ ...output, input }];
  });
  const reported = outputs.filter((output) => carriedBy(output.name) === undefined);
  const inputs = new Map<string, Value>(carried.map(({ input, value }) => [input, value]));
  const inside = ({ name: outer, value }: NamedValue): NamedValue => ({ name: INSIDE + outer, value });

  // Constants stand around the loop: ONNX Runtime treats them as such there too, and keeps those inside a loop twice.
  const written = writeNodes(body, graph, [...carried, ...reported].map(inside), {
    storage,
    constants: around,
    inputName(input, value) {
      if (carried.some((entry) => entry.input === input)) return INSIDE + input;
      inputs.set(input, value);
      if (!fedEachTime(input)) return input;
      // The index is taken modulo the length of the first axis, so that what is the same every time is fed once.
      const [length, scalar, index] = [`${input}/length`, `${input}/count`, `${INSIDE}${input}/index`];
      around.message(1, nodeProto({ op: "Shape", name: length, attributes: { start: 0, end: 1 } }, [input], [length]));
      around.message(1, nodeProto({ op: "Squeeze", name: scalar }, [length], [scalar]));
      body.message(1, nodeProto({ op: "Mod", name: index }, [`${INSIDE}at`, scalar], [index]));
      body.message(1, nodeProto({ op: "Gather", name: `${INSIDE}${input}` }, [input, index], [INSIDE + input]));
      return INSIDE + input;
    },
  });

  body.message(1, nodeProto({ op: "Identity", name: "go on" }, [`${INSIDE}on`], [`${INSIDE}going on`]));
  body.string(2, `each ${name}`);
  body.message(11, valueInfo(`${INSIDE}at`, SCALAR));
  body.message(11, valueInfo(`${INSIDE}on`, { dtype: "bool", shape: [] }));
  for (const { input, value } of carried) body.message(11, valueInfo(INSIDE + input, value));
  body.message(12, valueInfo(`${INSIDE}going on`, { dtype: "bool", shape: [] }));
  for (const { name: output, value } of [...carried, ...reported].map(inside)) {
    body.message(12, valueInfo(output, value));
  }

  const loop = nodeProto(
    { op: "Loop", name },
    [TIMES, "", ...carried.map(({ input }) => input)],
    [...carried, ...reported].map((output) => output.name),
  );
  around.message(1, loop.message(5, new ProtoWriter().string(1, "body").message(6, body).int(20, 5)));
  around.string(2, name);
  around.message(11, valueInfo(TIMES, SCALAR));
  for (const [input, value] of inputs) {
    around.message(11, fedEachTime(input) ? valueInfo(input, value, `${input}/steps`) : valueInfo(input, value));
  }
  for (const { name: output, value } of carried) around.message(12, valueInfo(output, value));
  for (const { name: output, value } of reported) around.message(12, valueInfo(output, value, TIMES));
  return modelOf(name, around, [TIMES, ...inputs.keys()], written);
}
