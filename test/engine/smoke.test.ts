import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { float32, openEngine, type Program } from "../../src/engine/index.js";

test("a train step of a tiny regression agrees with the oracle", async () => {
  const program: Program = ({ inputs, state }) => {
    const { x, y } = inputs;
    const { w, b } = state;
    if (!x || !y || !w || !b) throw new Error("missing");
    const { value, grads } = tf.variableGrads
      ? tf.valueAndGrads((w: tf.Tensor, b: tf.Tensor) =>
          tf.mean(tf.square(tf.sub(tf.tanh(tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), b)), y))).asScalar(),
        )([w, b])
      : (() => {
          throw new Error();
        })();
    return {
      outputs: { loss: value },
      state: { w: tf.sub(w, tf.mul(grads[0] as tf.Tensor, 0.1)), b: tf.sub(b, tf.mul(grads[1] as tf.Tensor, 0.1)) },
    };
  };
  const losses: number[][] = [];
  for (const id of ["tfjs-cpu", "cpu"] as const) {
    const engine = await openEngine(id, { threads: 2 });
    const exe = await engine.compile("step", program, {
      inputs: { x: { dtype: "float32", shape: [4, 3] }, y: { dtype: "float32", shape: [4, 2] } },
      state: { w: { dtype: "float32", shape: [3, 2] }, b: { dtype: "float32", shape: [2] } },
    });
    const state = engine.createState({ w: float32([3, 2], [0.1, 0.2, 0.3, -0.1, 0.5, 0.6]), b: float32([2]) });
    const l: number[] = [];
    for (let i = 0; i < 5; i++) {
      const out = await exe.run(
        { x: float32([4, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 0, -1]), y: float32([4, 2], [1, 0, 1, 0, 0.5, 1, 1, 1]) },
        state,
      );
      l.push(out.loss?.data[0] ?? NaN);
    }
    losses.push(l);
  }
  console.log(losses, tf.memory());
  expect(losses[1]).toEqual(losses[0]?.map((x) => expect.closeTo(x, 5)));
});
