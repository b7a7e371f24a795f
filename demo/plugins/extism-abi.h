// The imports of Extism's ABI that a plug-in in C needs, and nothing else.
// A handle is the address of a block's first byte in the host's memory; 0 is none.
#ifndef EXTISM_ABI_H
#define EXTISM_ABI_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t ExtismHandle;

#define EXTISM_IMPORT(name) __attribute__((import_module("extism:host/env"), import_name(#name)))
#define EXTISM_EXPORT(name) __attribute__((export_name(name)))

EXTISM_IMPORT(alloc) extern ExtismHandle extism_alloc(uint64_t length);
EXTISM_IMPORT(free) extern void extism_free(ExtismHandle);
EXTISM_IMPORT(length) extern uint64_t extism_length(ExtismHandle);
EXTISM_IMPORT(load_u8) extern uint8_t extism_load_u8(uint64_t address);
EXTISM_IMPORT(load_u64) extern uint64_t extism_load_u64(uint64_t address);
EXTISM_IMPORT(store_u8) extern void extism_store_u8(uint64_t address, uint8_t);
EXTISM_IMPORT(store_u64) extern void extism_store_u64(uint64_t address, uint64_t);
EXTISM_IMPORT(input_length) extern uint64_t extism_input_length(void);
EXTISM_IMPORT(input_load_u8) extern uint8_t extism_input_load_u8(uint64_t offset);
EXTISM_IMPORT(input_load_u64) extern uint64_t extism_input_load_u64(uint64_t offset);
EXTISM_IMPORT(output_set) extern void extism_output_set(uint64_t address, uint64_t length);
EXTISM_IMPORT(error_set) extern void extism_error_set(ExtismHandle);
// config_get, var_get and var_set free the handles they are given.
EXTISM_IMPORT(config_get) extern ExtismHandle extism_config_get(ExtismHandle key);
EXTISM_IMPORT(var_get) extern ExtismHandle extism_var_get(ExtismHandle key);
EXTISM_IMPORT(var_set) extern void extism_var_set(ExtismHandle key, ExtismHandle value);

// Copies bytes of the plug-in into a new block; 0 when there are none or the host has no room.
static inline ExtismHandle extism_store(const void *bytes, size_t length) {
  const ExtismHandle block = extism_alloc(length);
  if (block == 0) return 0;
  const uint8_t *from = bytes;
  size_t at = 0;
  for (; length - at >= 8; at += 8) {
    uint64_t word;
    __builtin_memcpy(&word, from + at, 8);
    extism_store_u64(block + at, word);
  }
  for (; at < length; at++) extism_store_u8(block + at, from[at]);
  return block;
}

// Copies the first `length` bytes of a block into the plug-in.
static inline void extism_load(ExtismHandle block, void *bytes, size_t length) {
  uint8_t *to = bytes;
  size_t at = 0;
  for (; length - at >= 8; at += 8) {
    const uint64_t word = extism_load_u64(block + at);
    __builtin_memcpy(to + at, &word, 8);
  }
  for (; at < length; at++) to[at] = extism_load_u8(block + at);
}

#endif
