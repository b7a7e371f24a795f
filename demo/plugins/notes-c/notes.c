// Keeps notes in a file, /notes.txt, and says on standard output what it does. Built as a reactor: `_initialize` must
// have run before the first call.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../extism-abi.h"

static const char PATH[] = "/notes.txt";

// Says why the call failed, in errno's words.
static int32_t fail(const char *what) {
  char message[256];
  const int length = snprintf(message, sizeof message, "%s: %s", what, strerror(errno));
  fprintf(stderr, "%s\n", message);
  extism_error_set(extism_store(message, length));
  return 1;
}

static void answer(const char *text, size_t length) {
  const ExtismHandle block = extism_store(text, length);
  if (block != 0) extism_output_set(block, length);
}

// Adds the input as one line; answers how many there are.
EXTISM_EXPORT("add_note") int32_t add_note(void) {
  const uint64_t length = extism_input_length();
  char *note = malloc(length + 1);
  if (note == NULL) return fail("no room for the note");
  for (uint64_t at = 0; at < length; at++) {
    const char byte = (char)extism_input_load_u8(at);
    note[at] = byte == '\n' ? ' ' : byte;
  }
  note[length] = 0;
  FILE *file = fopen(PATH, "a+");
  if (file == NULL) return fail("the notes cannot be opened");
  const time_t now = time(NULL);
  fprintf(file, "%.24s  %s\n", asctime(gmtime(&now)), note);
  if (fflush(file) != 0) return fail("the note cannot be written");
  rewind(file);
  int count = 0;
  for (int byte = getc(file); byte != EOF; byte = getc(file)) count += byte == '\n';
  fclose(file);
  printf("note %d: %s\n", count, note);
  free(note);
  char text[32];
  answer(text, snprintf(text, sizeof text, "%d notes", count));
  return 0;
}

// Answers with all notes.
EXTISM_EXPORT("read_notes") int32_t read_notes(void) {
  FILE *file = fopen(PATH, "r");
  if (file == NULL) return fail("there are no notes");
  fseek(file, 0, SEEK_END);
  const long length = ftell(file);
  rewind(file);
  char *text = malloc(length + 1);
  if (text == NULL) return fail("no room for the notes");
  const size_t count = fread(text, 1, length, file);
  fclose(file);
  printf("%zu bytes of notes\n", count);
  answer(text, count);
  free(text);
  return 0;
}

// Removes all notes.
EXTISM_EXPORT("forget_notes") int32_t forget_notes(void) {
  if (remove(PATH) != 0) return fail("the notes cannot be removed");
  printf("all notes are gone\n");
  return 0;
}
