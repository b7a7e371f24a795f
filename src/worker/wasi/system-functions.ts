import { refuse } from './errno.js';
import type { Binding, Program, WasiFunctions } from './functions.js';
import { textBytes, unsigned } from './guest-memory.js';
import { pollOneoff } from './poll.js';

/** The most bytes that `crypto.getRandomValues` returns at once. */
const randomBytesAtOnce = 65_536;

/** Returns the functions for arguments, environment, clocks, random numbers, waiting and exit. */
export function systemFunctions(binding: Binding): WasiFunctions {
  const { program, memory } = binding;
  return {
    args_get: (pointers: number, buffer: number) => memory.setTexts(pointers, buffer, program.args),
    args_sizes_get: (count: number, size: number) => {
      memory.setU32(count, program.args.length);
      memory.setU32(size, textBytes(program.args));
    },
    environ_get: (pointers: number, buffer: number) => memory.setTexts(pointers, buffer, program.env),
    environ_sizes_get: (count: number, size: number) => {
      memory.setU32(count, program.env.length);
      memory.setU32(size, textBytes(program.env));
    },
    clock_res_get: (id: number, result: number) => memory.setU64(result, program.clocks.resolution(id)),
    clock_time_get: (id: number, _precision: bigint, result: number) => memory.setU64(result, program.clocks.time(id)),
    poll_oneoff: (input: number, output: number, count: number, result: number) => {
      memory.setU32(result, 0);
      return pollOneoff(binding, { input, output, count: unsigned(count), result });
    },
    proc_exit: (code: number) => program.exit(unsigned(code)),
    proc_raise: () => refuse('notsup'),
    sched_yield: () => {},
    random_get: (pointer: number, length: number) => {
      const bytes = memory.bytes(pointer, length);
      for (let done = 0; done < bytes.length; done += randomBytesAtOnce) {
        crypto.getRandomValues(bytes.subarray(done, done + randomBytesAtOnce));
      }
    },
    ...socketFunctions(program),
  };
}

/** Returns the socket functions. There are no sockets: they return `notsock` for every open descriptor. */
function socketFunctions(program: Program): WasiFunctions {
  const refuseSocket = (fd: number): never => {
    program.descriptors.get(fd);
    return refuse('notsock');
  };
  return { sock_accept: refuseSocket, sock_recv: refuseSocket, sock_send: refuseSocket, sock_shutdown: refuseSocket };
}
