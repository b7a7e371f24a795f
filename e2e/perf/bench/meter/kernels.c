// Kernels that the meter is measured on, in C. Each export runs once and gives a checksum.
typedef unsigned int u32;
typedef unsigned char u8;
typedef unsigned long long u64;
#define EXPORT(name) __attribute__((export_name(name)))

static u32 state = 1;
static u32 random_u32(void) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static u32 numbers[200000];

static void quicksort(u32 *low, u32 *high) {
  while (low < high) {
    u32 pivot = low[(high - low) >> 1];
    u32 *left = low, *right = high;
    while (left <= right) {
      while (*left < pivot) left++;
      while (*right > pivot) right--;
      if (left <= right) {
        u32 kept = *left;
        *left++ = *right;
        *right-- = kept;
      }
    }
    if (right - low < high - left) {
      quicksort(low, right);
      low = left;
    } else {
      quicksort(left, high);
      high = right;
    }
  }
}

EXPORT("c_quicksort") u32 c_quicksort(void) {
  state = 1;
  for (int i = 0; i < 200000; i++) numbers[i] = random_u32();
  quicksort(numbers, numbers + 199999);
  return numbers[0] ^ numbers[100000] ^ numbers[199999];
}

static const u32 sha_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static u32 turned(u32 value, int by) { return (value >> by) | (value << (32 - by)); }

static void sha_block(u32 *hash, const u8 *block) {
  u32 words[64];
  for (int i = 0; i < 16; i++)
    words[i] = (u32)block[i * 4] << 24 | block[i * 4 + 1] << 16 | block[i * 4 + 2] << 8 | block[i * 4 + 3];
  for (int i = 16; i < 64; i++) {
    u32 s0 = turned(words[i - 15], 7) ^ turned(words[i - 15], 18) ^ words[i - 15] >> 3;
    u32 s1 = turned(words[i - 2], 17) ^ turned(words[i - 2], 19) ^ words[i - 2] >> 10;
    words[i] = words[i - 16] + s0 + words[i - 7] + s1;
  }
  u32 a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4], f = hash[5], g = hash[6], h = hash[7];
  for (int i = 0; i < 64; i++) {
    u32 t1 = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + sha_constants[i] + words[i];
    u32 t2 = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  hash[0] += a, hash[1] += b, hash[2] += c, hash[3] += d, hash[4] += e, hash[5] += f, hash[6] += g, hash[7] += h;
}

static u8 text[1 << 20];

EXPORT("c_sha256") u32 c_sha256(void) {
  u32 hash[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  for (int i = 0; i < 1 << 20; i++) text[i] = (u8)(i * 7);
  for (int i = 0; i < 1 << 20; i += 64) sha_block(hash, text + i);
  return hash[0] ^ hash[7];
}

static double left[160][160], right[160][160], product[160][160];

EXPORT("c_matrix") u32 c_matrix(void) {
  for (int i = 0; i < 160; i++)
    for (int j = 0; j < 160; j++) left[i][j] = i - j, right[i][j] = i + j;
  for (int i = 0; i < 160; i++)
    for (int j = 0; j < 160; j++) {
      double sum = 0;
      for (int k = 0; k < 160; k++) sum += left[i][k] * right[k][j];
      product[i][j] = sum;
    }
  return (u32)(long long)product[17][91];
}

static const char *find(const char *haystack, const char *needle) {
  for (; *haystack; haystack++) {
    const char *a = haystack, *b = needle;
    while (*b && *a == *b) a++, b++;
    if (!*b) return haystack;
  }
  return 0;
}

EXPORT("c_search") u32 c_search(void) {
  state = 7;
  for (int i = 0; i < (1 << 20) - 1; i++) text[i] = "abcd "[random_u32() % 5];
  text[(1 << 20) - 1] = 0;
  u32 found = 0;
  const char *at = (const char *)text;
  while ((at = find(at, "abcda")) != 0) found++, at++;
  return found;
}

// A machine of a few instructions, and a program for it: the sum of the primes up to a limit, by trial division.
enum { PUSH, ADD, SUB, MOD, LESS, LOAD, STORE, JUMP, JUMP_IF, STOP };
static const int program[] = {PUSH, 2, STORE, 0, PUSH, 0, STORE, 2,
                              /* 8: next candidate */ LOAD, 0, PUSH, 3000, LESS, JUMP_IF, 17, JUMP, 68,
                              /* 17 */ PUSH, 2, STORE, 1,
                              /* 21: next divisor */ LOAD, 1, LOAD, 0, LESS, JUMP_IF, 30, JUMP, 51,
                              /* 30 */ LOAD, 0, LOAD, 1, MOD, JUMP_IF, 40, JUMP, 58, STOP,
                              /* 40 */ LOAD, 1, PUSH, 1, ADD, STORE, 1, JUMP, 21, STOP, STOP,
                              /* 51: prime */ LOAD, 2, LOAD, 0, ADD, STORE, 2,
                              /* 58 */ LOAD, 0, PUSH, 1, ADD, STORE, 0, JUMP, 8, STOP,
                              /* 68 */ STOP};

EXPORT("c_interpreter") u32 c_interpreter(void) {
  int stack[16], slots[4], top = 0, at = 0;
  for (;;) {
    switch (program[at++]) {
      case PUSH: stack[top++] = program[at++]; break;
      case ADD: top--; stack[top - 1] += stack[top]; break;
      case SUB: top--; stack[top - 1] -= stack[top]; break;
      case MOD: top--; stack[top - 1] %= stack[top]; break;
      case LESS: top--; stack[top - 1] = stack[top - 1] < stack[top]; break;
      case LOAD: stack[top++] = slots[program[at++]]; break;
      case STORE: slots[program[at++]] = stack[--top]; break;
      case JUMP: at = program[at]; break;
      case JUMP_IF: at = stack[--top] ? program[at] : at + 1; break;
      default: return slots[2];
    }
  }
}

// JSON: checks and counts the values of a text, by recursive descent.
static const char *json;
static u32 values;
static void skip_space(void) { while (*json == ' ' || *json == '\n') json++; }
static int json_value(void);
static int json_string(void) {
  for (json++; *json && *json != '"'; json++)
    if (*json == '\\') json++;
  return *json++ == '"';
}
static int json_list(char end, int pairs) {
  json++;
  skip_space();
  if (*json == end) return json++, 1;
  for (;;) {
    skip_space();
    if (pairs && (!json_string() || (skip_space(), *json++ != ':'))) return 0;
    if (!json_value()) return 0;
    skip_space();
    if (*json == end) return json++, 1;
    if (*json++ != ',') return 0;
  }
}
static int json_value(void) {
  values++;
  skip_space();
  if (*json == '{') return json_list('}', 1);
  if (*json == '[') return json_list(']', 0);
  if (*json == '"') return json_string();
  const char *start = json;
  while ((*json >= '0' && *json <= '9') || *json == '-' || *json == '.') json++;
  return json > start;
}

EXPORT("c_json") u32 c_json(void) {
  static const char one[] = "{\"id\": 12345, \"name\": \"a plug-in\", \"tags\": [\"wasm\", \"web\", [1, 2, -3.5]], \"o\": {\"deep\": {}}},\n";
  u32 at = 0;
  text[at++] = '[';
  while (at < (1 << 20) - 200)
    for (int i = 0; one[i]; i++) text[at++] = (u8)one[i];
  text[at - 2] = ']';
  text[at - 1] = 0;
  json = (const char *)text;
  values = 0;
  return json_value() ? values : 0;
}

EXPORT("c_crc32") u32 c_crc32(void) {
  static u32 table[256];
  for (u32 i = 0; i < 256; i++) {
    u32 value = i;
    for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ 0xedb88320 : value >> 1;
    table[i] = value;
  }
  for (int i = 0; i < 1 << 20; i++) text[i] = (u8)(i * 31);
  u32 crc = ~0u;
  for (int turn = 0; turn < 3; turn++)
    for (int i = 0; i < 1 << 20; i++) crc = table[(crc ^ text[i]) & 255] ^ crc >> 8;
  return ~crc;
}
