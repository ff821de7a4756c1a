// Both ways to give a result: a promise, or a callback.

// biome-ignore lint/suspicious/noExplicitAny: the frameworks' callbacks differ in their types
export type Callback = (error?: any, result?: any) => void;

/** What `run` returns; what it throws is a rejection. */
export function promised<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return run();
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Calls the callback outside of the promise. So what the callback throws is an uncaught exception,
 * not an unhandled rejection, and there is no promise to handle.
 */
export function deliver<Result>(promise: Promise<Result>, callback: Callback | undefined): Promise<Result> {
  if (!callback) return promise;
  return promise.then(
    (result) => {
      process.nextTick(callback, null, result);
      return result;
    },
    (error) => {
      process.nextTick(callback, error);
      return undefined as never;
    },
  );
}
