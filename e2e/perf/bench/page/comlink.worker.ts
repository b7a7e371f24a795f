import { expose, transfer } from 'comlink';

/** What the page sees of this worker. */
export class Echo {
  call(_name: string, input: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    return transfer(input, [input.buffer]);
  }
}

expose(new Echo());
