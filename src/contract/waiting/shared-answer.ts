/**
 * How an answer crosses in shared memory: two 32-bit words, then bytes. The page writes a part of the answer and wakes the
 * worker; the worker copies it, empties the state word, and asks for the next part while there is one.
 */
export const stateWord = 0;
/** What the state word holds: nothing yet, a part with more behind it, the last part. */
export const stateEmpty = 0;
export const stateMore = 1;
export const stateLast = 2;
/** How many bytes the part has. */
export const lengthWord = 1;
export const answerAt = 8;
export const sharedBytes = 262_144;
export const partBytes: number = sharedBytes - answerAt;
