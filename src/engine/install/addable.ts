/** Engines that need something this package does not bring, and that `engine add` can make available. */
export const ADDABLE = ["tfjs-node", "tfjs-node-gpu", "cuda"] as const;

export type Addable = (typeof ADDABLE)[number];
