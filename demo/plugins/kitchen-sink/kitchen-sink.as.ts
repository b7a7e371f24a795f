// One export for each thing a plug-in can do to its host, well behaved or not: for trying things out and for tests.
// Functions take text unless their comment says otherwise. `http_request` is missing on purpose: a module that imports
// it cannot load on a page where a plug-in cannot wait for the network.
import { Config, Host, Memory, Var } from '@extism/as-pdk';
import {
  alloc,
  error_set,
  log_debug,
  log_error,
  log_info,
  log_warn,
  output_set,
  store_u64,
  store_u8,
  var_set,
} from '@extism/as-pdk/lib/env';
import '../abort.as';

// as-pdk 1.0 leaves these two out.
@external('extism:host/env', 'log_trace')
declare function log_trace(message: u64): void;
@external('extism:host/env', 'get_log_level')
declare function get_log_level(): i32;

let calls: i32 = 0;
/** Written by the functions that never end, so that no optimiser finds them empty. */
let spent: i32 = 0;

/** Not Host.outputString: it counts UTF-16 units where bytes are meant and would cut off a non-ASCII answer. */
function answer(text: string): i32 {
  Host.output(Uint8Array.wrap(String.UTF8.encode(text)));
  return 0;
}

function fail(message: string): i32 {
  error_set(Memory.allocateString(message).offset);
  return 1;
}

function inputOr(fallback: string): string {
  const text = Host.inputString();
  return text.length == 0 ? fallback : text;
}

// --- Input and output ---

/** Input: JSON {"name": string}. Answers {"greeting": "Hello, <name>!"}. */
export function greet(): i32 {
  const name = jsonField(Host.inputString(), 'name');
  if (name === null) return fail('expected JSON such as {"name":"Ada"}');
  return answer('{"greeting":"Hello, ' + name + '!"}');
}

/** Answers how long the text is in bytes, UTF-16 units and characters. */
export function measure_text(): i32 {
  const bytes = Host.input();
  const text = String.UTF8.decode(bytes.buffer);
  let characters = 0;
  for (let i = 0; i < text.length; i++) {
    const isLowSurrogate = (text.charCodeAt(i) & 0xfc00) == 0xdc00;
    if (!isLowSurrogate) characters++;
  }
  return answer(
    '{"bytes":' + bytes.length.toString() + ',"units":' + text.length.toString() + ',"characters":' + characters.toString() + '}',
  );
}

export function upper_case(): i32 {
  return answer(Host.inputString().toUpperCase());
}

/** Input: a number n. Answers n bytes, abc...zabc... */
export function big_output(): i32 {
  const length = u64(I64.parseInt(inputOr('1048576')));
  const block = alloc(length);
  if (block == 0 && length != 0) return fail('the host has no room for ' + length.toString() + ' bytes');
  for (let at: u64 = 0; at < length; at++) store_u8(block + at, u8(0x61 + (at % 26)));
  output_set(block, length);
  return 0;
}

/** Sets the output twice; the second counts. */
export function output_twice(): i32 {
  answer('first');
  return answer('second');
}

export function no_output(): i32 {
  return 0;
}

// --- Configuration and variables ---

/** Input: a key of the configuration. */
export function get_config(): i32 {
  const key = Host.inputString();
  const value = Config.get(key);
  if (value === null) return fail('no configuration for "' + key + '"');
  return answer(value);
}

/** Input: key=value; everything after the first = is the value. */
export function set_var(): i32 {
  const text = Host.inputString();
  const split = text.indexOf('=');
  if (split < 0) return fail('expected key=value');
  Var.set(text.substring(0, split), Uint8Array.wrap(String.UTF8.encode(text.substring(split + 1))));
  return answer('set');
}

export function get_var(): i32 {
  const key = Host.inputString();
  const value = Var.getString(key);
  if (value === null) return fail('no variable "' + key + '"');
  return answer(value);
}

export function remove_var(): i32 {
  Var.remove(Host.inputString());
  return answer('removed');
}

/** Input: a number n. Stores n bytes under the key "filler". */
export function fill_var(): i32 {
  const length = u64(I64.parseInt(Host.inputString()));
  const value = alloc(length);
  if (value == 0 && length != 0) return fail('the host has no room for ' + length.toString() + ' bytes');
  for (let at: u64 = 0; at + 8 <= length; at += 8) store_u64(value + at, 0x7878787878787878);
  var_set(Memory.allocateString('filler').offset, value);
  return answer('filled');
}

/** Answers how often it was called: guest globals outlive calls. */
export function count_calls(): i32 {
  calls++;
  return answer(calls.toString());
}

// --- Logs ---

/** Writes the text once at every level. */
export function log_all(): i32 {
  const text = inputOr('hello from the plug-in');
  log_trace(Memory.allocateString('trace: ' + text).offset);
  log_debug(Memory.allocateString('debug: ' + text).offset);
  log_info(Memory.allocateString('info: ' + text).offset);
  log_warn(Memory.allocateString('warn: ' + text).offset);
  log_error(Memory.allocateString('error: ' + text).offset);
  return answer('logged');
}

/** Answers the host's log level: 0 is trace, 4 is error, 2147483647 is off. */
export function log_level(): i32 {
  return answer(get_log_level().toString());
}

// --- Failing ---

/** Fails with the text as its error. */
export function fail_with(): i32 {
  return fail(inputOr('this plug-in was asked to fail'));
}

/** Sets an error, and yet returns 0: the call fails all the same. */
export function fail_with_code_0(): i32 {
  fail(inputOr('an error beside code 0'));
  return 0;
}

/** Input: a number n. Returns it as the exit code, with no error set. */
export function return_code(): i32 {
  return I32.parseInt(inputOr('42'));
}

export function trap(): i32 {
  return unreachable();
}

/** Throws, which AssemblyScript turns into an abort with a message and a place. */
export function throw_error(): i32 {
  throw new Error(inputOr('thrown on request'));
}

/** It asks the host for something in each round: WebKit never stops a loop that does not, and would burn a core for it. */
export function loop_forever(): i32 {
  while (true) {
    Config.get('no such key');
    spent++;
  }
}

export function overflow_stack(): i32 {
  return descend(1);
}

function descend(depth: i32): i32 {
  spent = depth;
  return descend(depth + 1) + spent;
}

// --- Memory ---

/** Input: a number n. Asks for n more pages of guest memory; answers {"before": pages, "granted": boolean, "after": pages}. */
export function grow_memory(): i32 {
  const before = memory.grow(I32.parseInt(inputOr('1')));
  const after = memory.size();
  const was = before < 0 ? after : before;
  const granted = before < 0 ? 'false' : 'true';
  return answer('{"before":' + was.toString() + ',"granted":' + granted + ',"after":' + after.toString() + '}');
}

/** The still escaped text of a string field of a flat JSON object. Enough for an example; a real plug-in uses a JSON library. */
function jsonField(json: string, key: string): string | null {
  const named = json.indexOf('"' + key + '"');
  if (named < 0) return null;
  const colon = json.indexOf(':', named + key.length + 2);
  if (colon < 0) return null;
  const open = json.indexOf('"', colon + 1);
  if (open < 0) return null;
  let close = open + 1;
  while (close < json.length && json.charCodeAt(close) != 0x22) close += json.charCodeAt(close) == 0x5c ? 2 : 1;
  return close < json.length ? json.substring(open + 1, close) : null;
}
