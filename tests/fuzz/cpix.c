/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A CPIX document of any texts and keys: it is XML that libxml2 reads, and says
 * the same. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "cpix.h"
#include "fuzz-xml.h"

static void
check_key (xmlDoc *document, const HabContentKey *key)
{
  g_autofree gchar *kid = hab_key_to_uuid (key->kid);
  g_autofree gchar *expression = g_strdup_printf (
      "string(//*[local-name()='ContentKey'][@kid='%s'])", kid);
  g_autofree gchar *text = fuzz_evaluate (document, expression);
  guint8 again[HAB_KEY_SIZE];

  g_assert_true (hab_key_parse (g_strstrip (text), again, NULL));
  g_assert_cmpmem (again, sizeof again, key->key, sizeof key->key);
}

/* What players are told of the licence server is an element in base64. */
static void
check_license_url (xmlDoc *document)
{
  g_autofree gchar *text = fuzz_evaluate (document,
      "string(//*[local-name()='DRMSystem'][2]"
      "/*[local-name()='ContentProtectionData'])");
  gsize size;
  g_autofree guchar *element = g_base64_decode (text, &size);
  xmlDoc *inner = fuzz_read_xml ((const gchar *) element, size);

  g_assert_nonnull (inner);
  xmlFreeDoc (inner);
}

/* (transfer full): an address has no control characters. */
static gchar *
take_address (FuzzInput *input)
{
  gchar *address = fuzz_take_line (input);

  for (gchar *at = address; *at != '\0'; at++)
    if (!g_ascii_isprint (*at))
      *at = '%';
  return address;
}

static void
take_key (FuzzInput *input, HabContentKey *key)
{
  gsize n;
  const guint8 *bytes = fuzz_take (input, sizeof *key, &n);

  if (n > 0)
    memcpy (key, bytes, n);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  FuzzInput input = { data, size };
  guint flags = fuzz_take_u8 (&input);
  HabCpix cpix = { .encrypted = { TRUE, flags & 1 } };
  g_autofree gchar *content_id = fuzz_make_valid (fuzz_take_line (&input));
  g_autofree gchar *url = take_address (&input);
  g_autofree gchar *text = NULL;
  gboolean same;
  xmlDoc *document;

  cpix.content_id = content_id;
  cpix.license_url = url;
  take_key (&input, &cpix.keys[0]);
  take_key (&input, &cpix.keys[1]);
  if (flags & 2)
    cpix.keys[1] = cpix.keys[0];
  same = memcmp (cpix.keys[0].kid, cpix.keys[1].kid, HAB_KEY_SIZE) == 0;
  text = hab_cpix_to_xml (&cpix);
  document = fuzz_read_xml (text, strlen (text));
  g_assert_nonnull (document);
  fuzz_assert_number (document, "count(//*[local-name()='ContentKey'])",
      flags & 1 && !same ? 2 : 1);
  fuzz_assert_number (document,
      "count(//*[local-name()='ContentKeyUsageRule'])", flags & 1 ? 2 : 1);
  check_key (document, &cpix.keys[0]);
  if (flags & 1 && !same)
    check_key (document, &cpix.keys[1]);
  check_license_url (document);
  xmlFreeDoc (document);
  return 0;
}
