/** What an HTTP request of a plug-in comes back with. */
export interface HttpReply {
  readonly status: number;
  /** Lower-case names; what the browser lets the page see. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array<ArrayBuffer>;
  /** What was left out of the request, one sentence each, for the plug-in's log. */
  readonly warnings: readonly string[];
}
