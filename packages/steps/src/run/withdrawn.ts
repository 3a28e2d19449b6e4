/**
 * Reason of a step's signal when something that the step needs ended without an entry: an executor
 * that lets jobs go on when a run stops has to end this one, since it waits for nothing.
 */
export const withdrawn = "withdrawn";
