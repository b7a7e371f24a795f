/** Looks at a section while it streams by. `offset` counts from the start of the module. */
export interface StreamCheck {
  feed(bytes: Uint8Array, offset: number): void;
  end(offset: number): void;
}
