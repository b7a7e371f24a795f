// Counts the vowels of its input, as ../count-vowels does, in C with wasi-libc but without a WASI import.
// Built as a reactor: `_initialize` must have run before the first call.
#include <stdlib.h>
#include <string.h>

#include "../extism-abi.h"

static const char DEFAULT_VOWELS[] = "aeiouAEIOU";

// A copy of a block, ended by a zero byte; the caller frees it.
static char *copy_block(ExtismHandle block, size_t length) {
  char *text = malloc(length + 1);
  if (text == NULL) return NULL;
  extism_load(block, text, length);
  text[length] = 0;
  return text;
}

static char *configured_vowels(void) {
  const ExtismHandle value = extism_config_get(extism_store("vowels", 6));
  if (value == 0) return strdup(DEFAULT_VOWELS);
  return copy_block(value, extism_length(value));
}

// UTF-8: a character's bytes occur nowhere but at that character, so comparing bytes is exact.
static int is_wide_vowel(const uint8_t *at, size_t left, const uint8_t *vowels) {
  for (; *vowels; vowels++) {
    if (*vowels < 0xc0) continue;
    size_t size = 1;
    while ((vowels[size] & 0xc0) == 0x80) size++;
    if (size <= left && memcmp(at, vowels, size) == 0) return 1;
  }
  return 0;
}

static int32_t count_in(const uint8_t *text, size_t length, const uint8_t *vowels) {
  uint8_t is_ascii_vowel[128] = {0};
  for (const uint8_t *vowel = vowels; *vowel; vowel++) {
    if (*vowel < 0x80) is_ascii_vowel[*vowel] = 1;
  }
  int32_t count = 0;
  for (size_t at = 0; at < length; at++) {
    if (text[at] < 0x80) count += is_ascii_vowel[text[at]];
    else if (text[at] >= 0xc0) count += is_wide_vowel(text + at, length - at, vowels);
  }
  return count;
}

static int32_t add_to_total(int32_t count) {
  int32_t total = 0;
  const ExtismHandle stored = extism_var_get(extism_store("total", 5));
  if (stored != 0 && extism_length(stored) >= sizeof total) extism_load(stored, &total, sizeof total);
  total += count;
  extism_var_set(extism_store("total", 5), extism_store(&total, sizeof total));
  return total;
}

static char *put_number(char *to, int32_t number) {
  char digits[10];
  int size = 0;
  do digits[size++] = (char)('0' + number % 10);
  while ((number /= 10) != 0);
  while (size > 0) *to++ = digits[--size];
  return to;
}

static char *put_text(char *to, const char *text) {
  const size_t length = strlen(text);
  memcpy(to, text, length);
  return to + length;
}

static char *put_quoted(char *to, const char *text) {
  static const char HEX[] = "0123456789abcdef";
  *to++ = '"';
  for (; *text; text++) {
    if ((uint8_t)*text < 0x20) {
      to = put_text(to, "\\u00");
      *to++ = HEX[*text >> 4];
      *to++ = HEX[*text & 15];
      continue;
    }
    if (*text == '"' || *text == '\\') *to++ = '\\';
    *to++ = *text;
  }
  *to++ = '"';
  return to;
}

static int32_t answer(int32_t count, int32_t total, const char *vowels) {
  // Every character may become six ("\u0001"); 64 bytes are room for the rest.
  char *const json = malloc(strlen(vowels) * 6 + 64);
  if (json == NULL) return 1;
  char *end = put_number(put_text(json, "{\"count\":"), count);
  end = put_number(put_text(end, ",\"total\":"), total);
  end = put_text(put_quoted(put_text(end, ",\"vowels\":"), vowels), "}");
  const size_t length = (size_t)(end - json);
  const ExtismHandle output = extism_store(json, length);
  free(json);
  if (output == 0) return 1;
  extism_output_set(output, length);
  return 0;
}

static uint8_t *copy_input(size_t length) {
  uint8_t *const text = malloc(length + 1);
  if (text == NULL) return NULL;
  size_t at = 0;
  for (; length - at >= 8; at += 8) {
    const uint64_t word = extism_input_load_u64(at);
    memcpy(text + at, &word, 8);
  }
  for (; at < length; at++) text[at] = extism_input_load_u8(at);
  return text;
}

EXTISM_EXPORT("count_vowels") int32_t count_vowels(void) {
  const size_t length = extism_input_length();
  uint8_t *const text = copy_input(length);
  char *const vowels = configured_vowels();
  int32_t code = 1;
  if (text != NULL && vowels != NULL) {
    const int32_t count = count_in(text, length, (const uint8_t *)vowels);
    code = answer(count, add_to_total(count), vowels);
  }
  free(text);
  free(vowels);
  return code;
}
