/** A simulation that cannot be as it was asked for. The message is a sentence for the person who asked. */
export class SimError extends Error {}
