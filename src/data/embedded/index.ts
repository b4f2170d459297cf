/** The embedded data set: generator, gold rules, and where the shipped files lie. */
export * from "./conflict.js";
export * from "./dataset.js";
export * from "./generate.js";
export { type GoldScores, type GoldValue, goldScores, goldValues, isValidReply, type ReplyText } from "./gold.js";
