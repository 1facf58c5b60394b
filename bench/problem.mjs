/**
 * What a caught error says.
 * @param {unknown} error
 */
export const problemOf = (error) => (error instanceof Error ? error.message : String(error));
