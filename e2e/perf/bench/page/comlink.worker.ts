import { expose, transfer } from 'comlink';

/** The object that this worker exposes. */
export class Echo {
  call(_name: string, input: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    return transfer(input, [input.buffer]);
  }
}

expose(new Echo());
