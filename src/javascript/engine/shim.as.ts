// Connects QuickJS with the Extism kernel. `e2e/setup/build-javascript.mjs` merges it with QuickJS into `javascript.wasm`.
//
// A plug-in's own module calls `run` and provides `javascript:source`, which copies its program, and `javascript:host`, which calls an import.
// A program is a list of records: the length of the name, the length of the text, the name, the text. The first record is the prelude
// (`prelude/prelude.ts`), an expression whose value is called with the native functions below and returns `[start, proceed, resolve]`.
// Code here uses raw memory, no runtime and no static data: QuickJS owns the memory.

// QuickJS. A value is the address of a box that the caller frees; `qjs_call` and the like return a new one.
@external("qjs", "_initialize") declare function initialize(): void;
@external("qjs", "__stack_pointer") declare let stackPointer: i32;
@external("qjs", "wasm_malloc") declare function malloc(size: usize): usize;
@external("qjs", "wasm_free") declare function free(address: usize): void;
@external("qjs", "qjs_init") declare function createContext(): i32;
@external("qjs", "qjs_set_runtime_and_context") declare function setRuntime(runtime: usize, context: usize): void;
@external("qjs", "qjs_set_max_stack_size") declare function setMaxStackSize(size: usize): void;
@external("qjs", "qjs_set_module_loader") declare function setModuleLoader(enabled: i32): void;
@external("qjs", "qjs_get_context_ptr") declare function context(): usize;
@external("qjs", "JS_ThrowOutOfMemory") declare function throwOutOfMemory(context: usize): i64;
@external("qjs", "qjs_eval") declare function evaluate(text: usize, length: usize, name: usize, flags: i32): usize;
@external("qjs", "qjs_call") declare function call(callee: usize, self: usize, count: i32, values: usize): usize;
@external("qjs", "qjs_is_job_pending") declare function isJobPending(): i32;
@external("qjs", "qjs_execute_pending_job") declare function executeJob(): i32;
@external("qjs", "qjs_get_exception") declare function takeException(): usize;
@external("qjs", "qjs_is_exception") declare function isException(value: usize): i32;
@external("qjs", "qjs_throw") declare function throwValue(value: usize): usize;
@external("qjs", "qjs_is_string") declare function isString(value: usize): i32;
@external("qjs", "qjs_is_array_buffer") declare function isArrayBuffer(value: usize): i32;
@external("qjs", "qjs_get_undefined") declare function undefinedValue(): usize;
@external("qjs", "qjs_dup_value") declare function duplicate(value: usize): usize;
@external("qjs", "qjs_free_value") declare function freeValue(value: usize): void;
@external("qjs", "qjs_new_number") declare function newNumber(value: f64): usize;
@external("qjs", "qjs_get_float64") declare function numberOf(value: usize): f64;
@external("qjs", "qjs_new_object") declare function newObject(): usize;
@external("qjs", "qjs_new_string") declare function newString(text: usize, length: usize): usize;
@external("qjs", "qjs_get_string_len") declare function stringOf(value: usize, length: usize): usize;
@external("qjs", "qjs_free_cstring") declare function freeString(text: usize): void;
@external("qjs", "qjs_new_uint8_array") declare function newBytes(bytes: usize, length: usize): usize;
@external("qjs", "qjs_get_array_buffer") declare function bufferOf(value: usize, length: usize): usize;
@external("qjs", "qjs_get_typed_array_buffer")
declare function viewedBuffer(value: usize, offset: usize, length: usize, elementSize: usize): usize;
@external("qjs", "qjs_new_host_function") declare function newNative(name: usize, length: usize, id: i32): usize;
@external("qjs", "qjs_set_prop_string") declare function setProperty(object: usize, name: usize, value: usize): i32;
@external("qjs", "qjs_get_prop_uint32") declare function itemOf(array: usize, index: u32): usize;

// The Extism kernel.
@external("extism:host/env", "alloc") declare function alloc(length: u64): u64;
@external("extism:host/env", "free") declare function freeBlock(handle: u64): void;
@external("extism:host/env", "length") declare function lengthOf(handle: u64): u64;
@external("extism:host/env", "load_u8") declare function loadByte(address: u64): u32;
@external("extism:host/env", "load_u64") declare function loadWord(address: u64): u64;
@external("extism:host/env", "store_u8") declare function storeByte(address: u64, value: u32): void;
@external("extism:host/env", "store_u64") declare function storeWord(address: u64, value: u64): void;
@external("extism:host/env", "input_length") declare function inputLength(): u64;
@external("extism:host/env", "input_load_u8") declare function inputByte(offset: u64): u32;
@external("extism:host/env", "input_load_u64") declare function inputWord(offset: u64): u64;
@external("extism:host/env", "output_set") declare function setOutput(address: u64, length: u64): void;
@external("extism:host/env", "error_set") declare function setError(handle: u64): void;
@external("extism:host/env", "config_get") declare function getConfig(key: u64): u64;
@external("extism:host/env", "var_get") declare function getVar(key: u64): u64;
@external("extism:host/env", "var_set") declare function setVar(key: u64, value: u64): void;
@external("extism:host/env", "log_trace") declare function logTrace(handle: u64): void;
@external("extism:host/env", "log_debug") declare function logDebug(handle: u64): void;
@external("extism:host/env", "log_info") declare function logInfo(handle: u64): void;
@external("extism:host/env", "log_warn") declare function logWarn(handle: u64): void;
@external("extism:host/env", "log_error") declare function logError(handle: u64): void;

@external("wasi_snapshot_preview1", "random_get") declare function fillRandom(bytes: usize, length: usize): i32;
@external("wasi_snapshot_preview1", "clock_time_get") declare function readClock(id: i32, precision: u64, out: usize): i32;
@external("wasi_snapshot_preview1", "poll_oneoff")
declare function poll(subscriptions: usize, events: usize, count: i32, out: usize): i32;

// The plug-in's own module.
@external("main", "javascript:source") declare function copyProgram(target: usize): void;
@external("main", "javascript:host") declare function callHost(index: i32, slots: usize): void;

/** The stack ends here at the start, and grows towards 0. */
const stackTop: i32 = 1_048_576;
const maxStackBytes: usize = 262_144;
/** Numbers of an `[index, name, value]` list of natives: the letters a to z. */
const firstNative: u32 = 97;
const natives: u32 = 26;
const exitFailure: i32 = 1;

let isReady: bool = false;
let isInitialized: bool = false;
let program: usize = 0;
let programEnd: usize = 0;
let start: usize = 0;
let proceed: usize = 0;
let resolve: usize = 0;
let none: usize = 0;
/** Room for what QuickJS and WASI write: 96 bytes. */
let scratch: usize = 0;

// What `open` found: the bytes of a string or buffer.
let bytesAt: usize = 0;
let bytesLength: usize = 0;
let openString: usize = 0;

/**
 * Calls the export of this index, and returns its exit code. After a trap nothing that QuickJS held can be trusted: `isReady` is false
 * then, and the next call begins with a new context.
 */
export function run(index: i32, size: usize): i32 {
  stackPointer = stackTop;
  if (!isReady && !begin(size)) return fail();
  isReady = false;
  const code = runExport(index);
  isReady = true;
  return code;
}

function runExport(index: i32): i32 {
  store<usize>(scratch + 64, newNumber(<f64>index));
  let result = call(start, none, 1, scratch + 64);
  freeValue(load<usize>(scratch + 64));
  // NaN: the export is not settled yet.
  while (true) {
    if (isException(result)) {
      freeValue(result);
      return fail();
    }
    const code = numberOf(result);
    freeValue(result);
    while (isJobPending()) if (executeJob() < 0) return fail();
    if (code == code) return <i32>code;
    result = call(proceed, none, 0, 0);
  }
}

/** Reports the pending exception, and returns the exit code of a failure. */
function fail(): i32 {
  const thrown = takeException();
  const text = stringOf(thrown, scratch);
  if (text) {
    bytesAt = text;
    bytesLength = load<u32>(scratch);
    setError(copyToBlock());
    freeString(text);
  } else freeValue(takeException()); // Its conversion to a string failed too.
  freeValue(thrown);
  return exitFailure;
}

function begin(size: usize): bool {
  if (!isInitialized) initialize();
  else setRuntime(0, 0); // QuickJS creates no runtime while it has one. That of before a trap is not freed: it may be inconsistent.
  isInitialized = true;
  if (createContext() != 0) unreachable();
  setMaxStackSize(maxStackBytes);
  setModuleLoader(1);
  none = undefinedValue();
  scratch = malloc(96);
  program = malloc(size);
  if (!scratch || !program) unreachable();
  programEnd = program + size;
  copyProgram(program);
  const prelude = evaluateRecord(program);
  if (isException(prelude)) return false;
  store<usize>(scratch + 64, nativeFunctions());
  const functions = call(prelude, none, 1, scratch + 64);
  freeValue(load<usize>(scratch + 64));
  freeValue(prelude);
  if (isException(functions)) return false;
  start = itemOf(functions, 0);
  proceed = itemOf(functions, 1);
  resolve = itemOf(functions, 2);
  freeValue(functions);
  isReady = true;
  return true;
}

function nativeFunctions(): usize {
  const object = newObject();
  for (let index: u32 = 0; index < natives; index++) {
    store<u16>(scratch, <u16>(firstNative + index));
    const native = newNative(scratch, 1, 0);
    setProperty(object, scratch, native);
    freeValue(native);
  }
  return object;
}

// --- Records of the program ---

function nameOf(record: usize): usize {
  return record + 8;
}

function textOf(record: usize): usize {
  return record + 8 + load<u32>(record);
}

function nextRecord(record: usize): usize {
  return textOf(record) + load<u32>(record, 4);
}

/** Returns a copy that ends with a zero, as QuickJS expects; the caller frees it. */
function copyOf(bytes: usize, length: usize): usize {
  const copy = malloc(length + 1);
  if (!copy) return 0;
  memory.copy(copy, bytes, length);
  store<u8>(copy + length, 0);
  return copy;
}

function evaluateRecord(record: usize): usize {
  const length = load<u32>(record, 4);
  const text = copyOf(textOf(record), length);
  const name = copyOf(nameOf(record), load<u32>(record));
  const value = evaluate(text, length, name, 0);
  free(text);
  free(name);
  return value;
}

function isEqual(left: usize, right: usize, length: usize): bool {
  for (let at: usize = 0; at < length; at++) if (load<u8>(left + at) != load<u8>(right + at)) return false;
  return true;
}

/** Returns the record with this name; 0 for none. */
function findRecord(name: usize, length: usize): usize {
  for (let record = program; record < programEnd; record = nextRecord(record)) {
    if (load<u32>(record) == <u32>length && isEqual(nameOf(record), name, length)) return record;
  }
  return 0;
}

function lengthOfText(text: usize): usize {
  let length: usize = 0;
  while (load<u8>(text + length)) length++;
  return length;
}

// --- What QuickJS imports ---

export function host_get_timezone_offset(_high: i32, _low: i32): i32 {
  return 0;
}

export function host_interrupt(): i32 {
  return 0;
}

export function host_promise_rejection(promise: usize, reason: usize, _isHandled: i32): void {
  freeValue(promise);
  freeValue(reason);
}

/** Returns the name of a module, as `resolve` of the prelude determines it; 0 if that throws. */
export function host_module_normalize(base: usize, name: usize): usize {
  const values = malloc(8);
  if (!values) return 0;
  store<usize>(values, newString(base, lengthOfText(base)));
  store<usize>(values + 4, newString(name, lengthOfText(name)));
  const found = call(resolve, none, 2, values);
  freeValue(load<usize>(values));
  freeValue(load<usize>(values + 4));
  let copy: usize = 0;
  if (isException(found) == 0) {
    const text = stringOf(found, values);
    if (text) {
      copy = copyOf(text, load<u32>(values));
      freeString(text);
    }
  }
  freeValue(found);
  free(values);
  return copy;
}

/** Returns the text of a module; 0 for none. */
export function host_module_load(name: usize, outLength: usize): usize {
  const record = findRecord(name, lengthOfText(name));
  if (!record) return 0;
  const length = load<u32>(record, 4);
  store<u32>(outLength, length);
  return copyOf(textOf(record), length);
}

/** Runs a native function, and returns its result; 0 for an exception. QuickJS frees the arguments. */
export function host_call(name: usize, _length: usize, _self: usize, count: i32, values: usize): usize {
  const first = count > 0 ? load<usize>(values) : none;
  const second = count > 1 ? load<usize>(values + 4) : none;
  switch (<i32>load<u8>(name)) {
    case 0x61: // a(value): a new block with these bytes
      if (!open(first)) return 0;
      return handleValue(close(copyToBlock()));
    case 0x63: // c(key): config_get
      return handleValue(getConfig(handleOf(first)));
    case 0x65: // e(block): error_set
      setError(handleOf(first));
      return duplicate(none);
    case 0x66: // f(block): free
      freeBlock(handleOf(first));
      return duplicate(none);
    case 0x67: // g(level, block): log
      log(<i32>numberOf(first), handleOf(second));
      return duplicate(none);
    case 0x68: // h(index, slots): an import of the plug-in's own module
      return callImport(first, second);
    case 0x69: // i(isText): the input
      return input(numberOf(first) != 0);
    case 0x6c: // l(block, isText): the bytes of a block
      return blockValue(handleOf(first), numberOf(second) != 0);
    case 0x6d: // m(view): random bytes
      return random(first);
    case 0x6e: // n(block): its length
      return newNumber(<f64>lengthOf(handleOf(first)));
    case 0x6f: // o(value): the output
      return output(first);
    case 0x70: // p(milliseconds): sleeps
      sleep(numberOf(first));
      return duplicate(none);
    case 0x72: // r(name): the text of a record
      return recordText(first);
    case 0x74: // t(): the monotonic clock, in milliseconds
      readClock(1, 1000, scratch);
      return newNumber(<f64>load<u64>(scratch) / 1e6);
    case 0x75: // u(view): the text in these bytes
      return textIn(first);
    case 0x76: // v(key): var_get
      return handleValue(getVar(handleOf(first)));
    case 0x77: // w(key, block): var_set
      setVar(handleOf(first), handleOf(second));
      return duplicate(none);
    case 0x78: // x(text): its bytes
      return bytesIn(first);
    default:
      return duplicate(none);
  }
}

// --- Native functions ---

function handleOf(value: usize): u64 {
  const number = numberOf(value);
  return number >= 0 && number < 9007199254740992 ? <u64>number : 0;
}

function handleValue(handle: u64): usize {
  return newNumber(<f64>handle);
}

function outOfMemory(): usize {
  throwOutOfMemory(context());
  return 0;
}

/** Finds the bytes of a string or buffer. False: an exception is pending. */
function open(value: usize): bool {
  openString = 0;
  if (isString(value)) {
    bytesAt = openString = stringOf(value, scratch);
    bytesLength = load<u32>(scratch);
    return openString != 0;
  }
  if (isArrayBuffer(value)) {
    bytesAt = bufferOf(value, scratch);
    bytesLength = bytesAt ? <usize>load<u32>(scratch) : 0;
    return true;
  }
  const buffer = viewedBuffer(value, scratch, scratch + 4, scratch + 8);
  const found = isException(buffer) == 0;
  if (found) {
    const bytes = bufferOf(buffer, scratch + 12);
    bytesAt = bytes + load<u32>(scratch);
    bytesLength = bytes ? <usize>load<u32>(scratch, 4) : 0;
  }
  freeValue(buffer);
  return found;
}

/** Frees what `open` took, and returns `handle`. */
function close(handle: u64): u64 {
  if (openString) freeString(openString);
  return handle;
}

/** Copies what `open` found to a new block of the kernel; 0 if it is empty or there is no room. */
function copyToBlock(): u64 {
  const handle = alloc(bytesLength);
  if (!handle) return 0;
  let at: usize = 0;
  for (; at + 8 <= bytesLength; at += 8) storeWord(handle + at, load<u64>(bytesAt + at));
  for (; at < bytesLength; at++) storeByte(handle + at, load<u8>(bytesAt + at));
  return handle;
}

function valueOf(bytes: usize, length: usize, isText: bool): usize {
  const value = isText ? newString(bytes, length) : newBytes(bytes, length);
  free(bytes);
  return value;
}

function input(isText: bool): usize {
  const length = <usize>inputLength();
  const bytes = malloc(length + 8);
  if (!bytes) return outOfMemory();
  let at: usize = 0;
  for (; at + 8 <= length; at += 8) store<u64>(bytes + at, inputWord(at));
  for (; at < length; at++) store<u8>(bytes + at, <u8>inputByte(at));
  return valueOf(bytes, length, isText);
}

function blockValue(handle: u64, isText: bool): usize {
  const length = <usize>lengthOf(handle);
  const bytes = malloc(length + 8);
  if (!bytes) return outOfMemory();
  let at: usize = 0;
  for (; at + 8 <= length; at += 8) store<u64>(bytes + at, loadWord(handle + at));
  for (; at < length; at++) store<u8>(bytes + at, <u8>loadByte(handle + at));
  return valueOf(bytes, length, isText);
}

function output(value: usize): usize {
  if (!open(value)) return 0;
  const length = bytesLength;
  const handle = close(copyToBlock());
  if (!handle && length > 0) return outOfMemory();
  setOutput(handle, length);
  return duplicate(none);
}

function callImport(index: usize, slots: usize): usize {
  if (!open(slots)) return 0;
  callHost(<i32>numberOf(index), bytesAt);
  return duplicate(none);
}

function log(level: i32, handle: u64): void {
  if (level == 0) logTrace(handle);
  else if (level == 1) logDebug(handle);
  else if (level == 2) logInfo(handle);
  else if (level == 3) logWarn(handle);
  else logError(handle);
}

function random(view: usize): usize {
  if (!open(view)) return 0;
  fillRandom(bytesAt, bytesLength);
  return duplicate(none);
}

function recordText(name: usize): usize {
  if (!open(name)) return 0;
  const record = findRecord(bytesAt, bytesLength);
  close(0);
  return record ? newString(textOf(record), load<u32>(record, 4)) : duplicate(none);
}

function textIn(view: usize): usize {
  return open(view) ? newString(bytesAt, bytesLength) : 0;
}

function bytesIn(text: usize): usize {
  if (!open(text)) return 0;
  const value = newBytes(bytesAt, bytesLength);
  close(0);
  return value;
}

/** Waits with a subscription to the monotonic clock: 48 bytes, and 32 for its event. */
function sleep(milliseconds: f64): void {
  const subscription = malloc(96);
  if (!subscription) return;
  memory.fill(subscription, 0, 96);
  store<u32>(subscription + 16, 1);
  store<u64>(subscription + 24, <u64>(milliseconds * 1e6));
  poll(subscription, subscription + 48, 1, subscription + 80);
  free(subscription);
}
