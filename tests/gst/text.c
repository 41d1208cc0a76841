/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text tracks without elements: cue text, WebVTT read and written, segments. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>

#include "cue-segmenter.h"
#include "cue-text.h"
#include "webvtt-reader.h"
#include "webvtt.h"

#define MS G_GUINT64_CONSTANT (1000000)
#define HEADER "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n"

/* --- cue text ---------------------------------------------------------------- */

typedef gchar *(*Convert) (const gchar *data, gsize size);

typedef struct
{
  const gchar *what, *from, *to; /* to: NULL for nothing to be shown */
} TextCase;

static const TextCase plain[] = {
  { "as it is", "Hello", "Hello" },
  { "escaped", "a < b && b > c", "a &lt; b &amp;&amp; b &gt; c" },
  { "an arrow", "1 --> 2", "1 --&gt; 2" },
  { "no markup", "<b>&amp;</b>", "&lt;b&gt;&amp;amp;&lt;/b&gt;" },
  { "CR LF", "one\r\ntwo\r\n", "one\ntwo" },
  { "CR", "one\rtwo", "one\ntwo" },
  { "an empty line", "one\n\ntwo", "one\ntwo" },
  { "a line of blanks", "one\n \t\ntwo", "one\ntwo" },
  { "blank lines around", "\n\none\n\n", "one" },
  { "blanks in a line", "- one  \n  - two\t", "- one\n  - two" },
  { "no UTF-8", "Stra\xdf" "e", "Stra\xef\xbf\xbd" "e" },
  { "UTF-8", "Stra\xc3\x9f" "e", "Stra\xc3\x9f" "e" },
  { "nothing", "", NULL },
  { "blanks", " \r\n\t\n", NULL },
};

static const TextCase markup[] = {
  { "kept", "<b>a</b> <i>b</i> <u>c</u>", "<b>a</b> <i>b</i> <u>c</u>" },
  { "upper case", "<B>a</B>", "<b>a</b>" },
  { "nested", "<b><i>a</i></b>", "<b><i>a</i></b>" },
  { "crossed", "<b>a<i>b</b>c</i>", "<b>a<i>b</i></b><i>c</i>" },
  { "left open", "<b><i>a", "<b><i>a</i></b>" },
  { "never opened", "a</b>", "a" },
  { "twice", "<i><i>a</i>b</i>", "<i>a</i>b" },
  { "with attributes", "<i class=\"x\">a</i>", "<i>a</i>" },
  { "span", "<span foreground=\"#fff\" size='8'>a</span>", "a" },
  { "font", "<font color=\"red\"><b>a</b></font>", "<b>a</b>" },
  { "others", "<s>a</s><tt>b</tt><sub>c</sub>d<br/>", "abcd" },
  { "voice and class of WebVTT", "<v Bob>a</v> <c.red>b</c>", "a b" },
  { "references", "a &amp; b &lt;c&gt; &quot;d&quot; &apos;e&apos;",
      "a &amp; b &lt;c&gt; \"d\" 'e'" },
  { "numbers", "&#65;&#x42;&#38;&#60;", "AB&amp;&lt;" },
  { "no characters", "&#0;&#xd800;&#99999999;",
      "&amp;#0;&amp;#xd800;&amp;#99999999;" },
  { "a break by number", "a&#13;b", "ab" },
  { "an empty line by number", "a&#10;&#10;b", "a\nb" },
  { "no-break space", "a&nbsp;b", "a\xc2\xa0" "b" },
  { "not a reference", "R&D; AT&T &", "R&amp;D; AT&amp;T &amp;" },
  { "not a tag", "a < b, 1<2, <3 <>", "a &lt; b, 1&lt;2, &lt;3 &lt;&gt;" },
  { "an arrow", "<i>--></i>", "<i>--&gt;</i>" },
  { "a tag without end", "a <i", "a &lt;i" },
  { "tags only", "<i> \n</i>", NULL },
  { "nothing", "", NULL },
};

static const TextCase webvtt[] = {
  { "kept", "<v Bob><c.red>a &amp; b</c>", "<v Bob><c.red>a &amp; b</c>" },
  { "line ends", "a\r\nb\n", "a\nb" },
  { "an empty line", "a\n\nb", "a\nb" },
  { "no UTF-8", "\xff", "\xef\xbf\xbd" },
  { "tags only", "<b></b>", NULL },
};

static void
check_texts (const TextCase *cases, guint n, Convert convert)
{
  for (guint i = 0; i < n; i++) {
    g_autofree gchar *text = convert (cases[i].from, strlen (cases[i].from));

    g_test_message ("%s", cases[i].what);
    g_assert_cmpstr (text, ==, cases[i].to);
  }
}

static void
test_text (void)
{
  check_texts (plain, G_N_ELEMENTS (plain), hab_cue_text_from_plain);
  check_texts (markup, G_N_ELEMENTS (markup), hab_cue_text_from_markup);
  check_texts (webvtt, G_N_ELEMENTS (webvtt), hab_cue_text_from_webvtt);
}

/* NULs at the end go, one in the middle is no character. */
static void
test_text_with_nul (void)
{
  g_autofree gchar *text = hab_cue_text_from_plain ("a\0b\0\0", 5);

  g_assert_cmpstr (text, ==, "a\xef\xbf\xbd" "b");
  g_assert_null (hab_cue_text_from_markup ("\0\0", 2));
}

/* Whatever comes, no line of it is empty and nothing ends a cue. */
static void
test_text_of_noise (void)
{
  const gchar alphabet[] = "<>/&;#bi\n\r \xc3\x9f-0x";
  Convert convert[] = { hab_cue_text_from_plain, hab_cue_text_from_markup };

  for (guint round = 0; round < 20000; round++) {
    gchar data[24];
    g_autofree gchar *text = NULL;

    for (guint i = 0; i < sizeof data; i++)
      data[i] = alphabet[g_test_rand_int_range (0, sizeof alphabet)];
    text = convert[round % 2](data, sizeof data);
    if (text == NULL)
      continue;
    g_assert_true (g_utf8_validate (text, -1, NULL));
    g_assert_null (strstr (text, "-->"));
    g_assert_null (strstr (text, "\n\n"));
    g_assert_null (strchr (text, '\r'));
    g_assert_true (*text != '\n' && !g_str_has_suffix (text, "\n"));
  }
}

/* --- writing --------------------------------------------------------------------- */

static const struct
{
  guint64 start, end; /* ns */
  const gchar *settings, *line;
} times[] = {
  { 0, 1500 * MS, NULL, "00:00:00.000 --> 00:00:01.500" },
  { 1 * MS, 3599999 * MS, NULL, "00:00:00.001 --> 00:59:59.999" },
  { 3600000 * MS, 360000000 * MS, NULL, "01:00:00.000 --> 100:00:00.000" },
  { 1499999, 2500000, NULL, "00:00:00.001 --> 00:00:00.003" },
  { 5 * MS, 5 * MS, NULL, "00:00:00.005 --> 00:00:00.006" },
  { 5 * MS, 2 * MS, NULL, "00:00:00.005 --> 00:00:00.006" },
  { 0, 1000 * MS, "line:0 align:start",
      "00:00:00.000 --> 00:00:01.000 line:0 align:start" },
};

static void
test_writing (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (times); i++) {
    g_autoptr (HabCue) cue = hab_cue_new (times[i].start, times[i].end,
        times[i].settings, g_strdup ("a\nb"));
    g_autoptr (GString) text = g_string_new (NULL);
    g_autofree gchar *wanted = g_strdup_printf ("%s\na\nb\n\n", times[i].line);

    hab_webvtt_append_cue (text, cue);
    g_assert_cmpstr (text->str, ==, wanted);
  }
}

/* --- reading ------------------------------------------------------------------- */

static const struct
{
  const gchar *what, *from;
  const gchar *to; /* as written, without the header */
} files[] = {
  { "a cue", "WEBVTT\n\n00:01.000 --> 00:02.500\nHello\n\n",
      "00:00:01.000 --> 00:00:02.500\nHello\n\n" },
  { "no end", "WEBVTT\n\n00:01.000 --> 00:02.500\nHello",
      "00:00:01.000 --> 00:00:02.500\nHello\n\n" },
  { "CR LF", "WEBVTT\r\n\r\n00:01.000 --> 00:02.500\r\na\r\nb\r\n\r\n",
      "00:00:01.000 --> 00:00:02.500\na\nb\n\n" },
  { "CR", "WEBVTT\r\r00:01.000 --> 00:02.500\ra\r\r"
      "00:03.000 --> 00:04.000\rb\r",
      "00:00:01.000 --> 00:00:02.500\na\n\n"
      "00:00:03.000 --> 00:00:04.000\nb\n\n" },
  { "hours, settings, identifiers",
      "WEBVTT - title\nKind: captions\n\n1\n"
      "123:59:59.999 --> 124:00:00.000 line:0\talign:start  \na\n\n",
      "123:59:59.999 --> 124:00:00.000 line:0\talign:start\na\n\n" },
  { "a header of HLS", "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n"
      "00:01.000 --> 00:02.000\na\n",
      "00:00:01.000 --> 00:00:02.000\na\n\n" },
  { "notes, style sheets, regions",
      "WEBVTT\n\nSTYLE\n::cue {}\n\nREGION\nid:a\n\nNOTE\nno cue\n\n"
      "00:01.000 --> 00:02.000\na\n", "00:00:01.000 --> 00:00:02.000\na\n\n" },
  { "no empty line between", "WEBVTT\n\n00:01.000 --> 00:02.000\na\n"
      "00:02.000 --> 00:03.000\nb\n",
      "00:00:01.000 --> 00:00:02.000\na\n\n"
      "00:00:02.000 --> 00:00:03.000\nb\n\n" },
  { "no blanks", "WEBVTT\n\n00:01.000-->00:02.000\na\n",
      "00:00:01.000 --> 00:00:02.000\na\n\n" },
  { "settings that are none", "00:01.000 --> 00:02.000 --> 00:03.000\na\n",
      "00:00:01.000 --> 00:00:02.000\na\n\n" },
  { "times that are none",
      "WEBVTT\n\n00:01 --> 00:02\na\n\n00:01.0 --> 00:02.0\na\n\n"
      "x --> 00:02.000\na\n\n00:01.000 -->\na\n\n"
      "00:99.000 --> 01:99.000\na\n\n99:01.000 --> 99:02.000\na\n\n"
      "999999:00:00.000 --> 999999:01:00.000\na\n\n"
      "00:01.000 --> 00:02.000x\na\n\n", "" },
  { "no time at all", "WEBVTT\n\n00:02.000 --> 00:02.000\na\n\n"
      "00:03.000 --> 00:02.000\nb\n", "" },
  { "nothing to be shown", "WEBVTT\n\n00:01.000 --> 00:02.000\n\n"
      "00:01.000 --> 00:02.000\n<b></b>\n\n", "" },
  { "nothing", "", "" },
};

static gchar *
write_all (GPtrArray *cues)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < cues->len; i++)
    hab_webvtt_append_cue (text, cues->pdata[i]);
  return g_string_free (text, FALSE);
}

/* size: of a piece. */
static gchar *
read_in_pieces (HabWebvttReader *reader, const gchar *file, gsize size)
{
  g_autoptr (GPtrArray) cues = g_ptr_array_new_with_free_func (
      (GDestroyNotify) hab_cue_free);
  gsize left = strlen (file);

  for (; left > size; left -= size, file += size)
    hab_webvtt_reader_push (reader, file, size, cues);
  hab_webvtt_reader_push (reader, file, left, cues);
  hab_webvtt_reader_end (reader, cues);
  return write_all (cues);
}

static void
test_reading (void)
{
  const gsize sizes[] = { 1, 7, 100000 };
  g_autoptr (HabWebvttReader) reader = hab_webvtt_reader_new ();

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_test_message ("%s", files[i].what);
    for (guint j = 0; j < G_N_ELEMENTS (sizes); j++) {
      g_autofree gchar *text = read_in_pieces (reader, files[i].from,
          sizes[j]);

      g_assert_cmpstr (text, ==, files[i].to);
    }
  }
}

/* A line or a block without end takes no more memory than others. */
static void
test_reading_without_end (void)
{
  g_autoptr (HabWebvttReader) reader = hab_webvtt_reader_new ();
  g_autoptr (GString) file = g_string_new ("00:01.000 --> 00:02.000\n");
  g_autofree gchar *text = NULL;

  for (guint i = 0; i < 100000; i++)
    g_string_append (file, i % 1000 == 0 ? "a\n" : "a");
  for (guint i = 0; i < 200000; i++)
    g_string_append_c (file, 'b');
  text = read_in_pieces (reader, file->str, 4096);
  g_assert_cmpuint (strlen (text), >, 1000);
  g_assert_cmpuint (strlen (text), <, HAB_WEBVTT_MAX_BLOCK + 100);
}

/* --- segments -------------------------------------------------------------------- */

static void
add_cue (HabCueSegmenter *segmenter, guint start_ms, guint end_ms,
    const gchar *text)
{
  hab_cue_segmenter_add (segmenter, hab_cue_new (start_ms * MS, end_ms * MS,
      NULL, g_strdup (text)));
}

static void
assert_segment (HabCueSegmenter *segmenter, const gchar *wanted)
{
  g_autoptr (GString) text = hab_cue_segmenter_finish (segmenter);

  g_assert_true (g_str_has_prefix (text->str, HEADER));
  g_assert_cmpstr (text->str + strlen (HEADER), ==, wanted);
}

static void
test_segments (void)
{
  g_autoptr (HabCueSegmenter) segmenter = hab_cue_segmenter_new (4000 * MS);

  add_cue (segmenter, 0, 4000, "up to the line");
  add_cue (segmenter, 3000, 12500, "through all");
  g_assert_cmpuint (hab_cue_segmenter_get_end (segmenter), ==, 4000 * MS);
  assert_segment (segmenter, "00:00:00.000 --> 00:00:04.000\nup to the line\n\n"
      "00:00:03.000 --> 00:00:12.500\nthrough all\n\n");
  add_cue (segmenter, 4000, 4500, "from the line");
  add_cue (segmenter, 1000, 2000, "too late");
  assert_segment (segmenter, "00:00:03.000 --> 00:00:12.500\nthrough all\n\n"
      "00:00:04.000 --> 00:00:04.500\nfrom the line\n\n");
  assert_segment (segmenter, "00:00:03.000 --> 00:00:12.500\nthrough all\n\n");
  g_assert_cmpuint (hab_cue_segmenter_get_end (segmenter), ==, 16000 * MS);
  assert_segment (segmenter, "00:00:03.000 --> 00:00:12.500\nthrough all\n\n");
  assert_segment (segmenter, "");
}

static void
test_too_many_open (void)
{
  g_autoptr (HabCueSegmenter) segmenter = hab_cue_segmenter_new (1000 * MS);
  g_autofree gchar *text = g_strnfill (1000, 'a');
  g_autoptr (GString) first = NULL, second = NULL;

  for (guint i = 0; i < 500; i++)
    add_cue (segmenter, 1 + i, 3600000, text);
  first = hab_cue_segmenter_finish (segmenter);
  second = hab_cue_segmenter_finish (segmenter);
  g_assert_cmpuint (first->len, >, 500000);
  g_assert_cmpuint (second->len, <, HAB_CUE_SEGMENTER_MAX_OPEN * 3 / 2);
  g_assert_nonnull (strstr (second->str, "00:00:00.500 -->"));
  g_assert_null (strstr (second->str, "00:00:00.001 -->"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text/cue-text", test_text);
  g_test_add_func ("/text/cue-text/nul", test_text_with_nul);
  g_test_add_func ("/text/cue-text/noise", test_text_of_noise);
  g_test_add_func ("/text/webvtt/writing", test_writing);
  g_test_add_func ("/text/webvtt/reading", test_reading);
  g_test_add_func ("/text/webvtt/without-end", test_reading_without_end);
  g_test_add_func ("/text/segments", test_segments);
  g_test_add_func ("/text/segments/too-many-open", test_too_many_open);
  return g_test_run ();
}
