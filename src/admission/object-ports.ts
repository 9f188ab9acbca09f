/** How a question to the API server ended. Only what was read, and what is certainly not there, tells anything. */
export type ObjectReading =
  | { readonly state: 'read'; readonly object: unknown }
  | { readonly state: 'missing' }
  | { readonly state: 'forbidden' }
  | { readonly state: 'failed'; readonly problem: string };

/** Reads by path what the API server has, within the signal's deadline. Never rejects. */
export interface StoredObjectReader {
  read(path: string, signal: AbortSignal): Promise<ObjectReading>;
}
