/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "http-date.h"

#include <string.h>
#include <time.h>

/* Of the years 1 to 9999. */
#define FIRST_SECOND G_GINT64_CONSTANT (-62135596800)
#define LAST_SECOND G_GINT64_CONSTANT (253402300799)

static void
put_number (gchar *at, guint n_digits, guint number)
{
  while (n_digits-- > 0) {
    at[n_digits] = '0' + number % 10;
    number /= 10;
  }
}

/* By hand: printf () and GDateTime take twenty times as long, and each file that
 * is delivered has one. */
void
hab_http_date_format (gint64 seconds, gchar text[HAB_HTTP_DATE_SIZE])
{
  static const gchar days[] = "SunMonTueWedThuFriSat";
  static const gchar months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  time_t time = CLAMP (seconds, FIRST_SECOND, LAST_SECOND);
  struct tm parts;

  gmtime_r (&time, &parts);
  memcpy (text, "Day, 00 Mon 0000 00:00:00 GMT", HAB_HTTP_DATE_SIZE);
  memcpy (text, days + 3 * parts.tm_wday, 3);
  put_number (text + 5, 2, parts.tm_mday);
  memcpy (text + 8, months + 3 * parts.tm_mon, 3);
  put_number (text + 12, 4, parts.tm_year + 1900);
  put_number (text + 17, 2, parts.tm_hour);
  put_number (text + 20, 2, parts.tm_min);
  put_number (text + 23, 2, parts.tm_sec);
}
