/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <string.h>

/* What harnesses have in common. A harness is one file with
 * LLVMFuzzerTestOneInput (), which returns 0 and aborts where something is not
 * as it has to be, and one row in meson.build. libFuzzer drives it where the
 * build is one for fuzzing, else driver.c does, as a test. */
int LLVMFuzzerTestOneInput (const guint8 *data, size_t size);

/* The input, taken bit by bit from its start. Behind its end there are zeros
 * and empty texts. */
typedef struct
{
  const guint8 *data;
  gsize size;
} FuzzInput;

static inline const guint8 *
fuzz_take (FuzzInput *input, gsize wanted, gsize *size)
{
  const guint8 *data = input->data;

  *size = MIN (wanted, input->size);
  input->data += *size;
  input->size -= *size;
  return data;
}

/* Big endian, of n bytes. */
static inline guint64
fuzz_take_number (FuzzInput *input, guint n)
{
  gsize size;
  const guint8 *data = fuzz_take (input, n, &size);
  guint64 number = 0;

  for (gsize i = 0; i < size; i++)
    number = number << 8 | data[i];
  return number;
}

static inline guint8
fuzz_take_u8 (FuzzInput *input)
{
  return fuzz_take_number (input, 1);
}

/* A block behind its length of 16 bits, in memory of its own, so that reading
 * behind it is noticed. (transfer full) */
static inline guint8 *
fuzz_take_block (FuzzInput *input, gsize *size)
{
  const guint8 *data = fuzz_take (input, fuzz_take_number (input, 2), size);
  guint8 *copy = g_malloc (*size + (*size == 0));

  if (*size > 0)
    memcpy (copy, data, *size);
  return copy;
}

/* libFuzzer hands out no data as NULL, of which GLib makes no text. */
static inline gchar *
fuzz_copy_text (const guint8 *data, gsize size)
{
  return size > 0 ? g_strndup ((const gchar *) data, size) : g_strdup ("");
}

/* Up to a line feed or zero, which is taken as well. (transfer full) */
static inline gchar *
fuzz_take_line (FuzzInput *input)
{
  gsize n = 0, size;
  gchar *text;

  while (n < input->size && input->data[n] != '\n' && input->data[n] != '\0')
    n++;
  text = fuzz_copy_text (input->data, n);
  fuzz_take (input, n + 1, &size);
  return text;
}

/* All that is left, up to a zero. (transfer full) */
static inline gchar *
fuzz_take_text (FuzzInput *input)
{
  gsize size;
  const guint8 *data = fuzz_take (input, input->size, &size);

  return fuzz_copy_text (data, size);
}

/* Where only UTF-8 gets by what calls it. (transfer full) */
static inline gchar *
fuzz_make_valid (gchar *text)
{
  gchar *valid = g_utf8_make_valid (text, -1);

  g_free (text);
  return valid;
}
