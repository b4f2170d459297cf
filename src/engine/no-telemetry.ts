/**
 * Switches ONNX Runtime's telemetry off: from 1.30 on its Linux library queues usage events for upload, keeps a database in the
 * user's cache folder and writes logs into the temporary one. Its library reads the variable when it is loaded, so this module
 * is imported before it, and by the thread that starts workers: what a worker sets in its own environment no library sees.
 */
process.env.ORT_DISABLE_TELEMETRY ??= "1";

export {};
