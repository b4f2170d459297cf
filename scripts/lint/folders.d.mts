/** The folders of src, each importing only from those before it. */
export const ORDER: readonly string[];
