/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-cbcsdec
 * @title: cbcsdec
 *
 * Decrypts what cbcsenc, or qtdemux from a file with Common Encryption of
 * scheme cbcs, gives: `application/x-cenc, cipher-mode=cbcs` with
 * #GstProtectionMeta on the buffers. It needs the content key as it is; it
 * speaks to no licence server.
 *
 * It names the systems W3C common, ClearKey, Widevine and PlayReady in its
 * caps, not because it can do what those systems do, but because qtdemux gives
 * no stream of a file with their `pssh` boxes unless some decryptor names one
 * of them, and whoever holds the key needs none of them. To a query for a
 * context `drm-preferred-decryption-system-id` it answers W3C common.
 *
 * Buffers without the meta pass as they are, as do video buffers whose meta
 * lists no subsamples: qtdemux 1.22.0 gives such a meta to the samples of a
 * clear lead. For audio that form means the opposite, a sample that is encrypted
 * whole, and nothing tells the two apart: give #GstCbcsDec:clear-lead the value
 * that cbcsenc had to get audio back whose start is in the clear.
 *
 * ## Keys
 *
 * A key is looked for when the first buffer with its key id comes, in this
 * order:
 *
 * 1. #GstCbcsDec:key, a key alone, of the id #GstCbcsDec:kid or, where that is
 *    unset, of every id, or lines `KID:KEY`; else #GstCbcsDec:key-file, a file
 *    with the same; else, as that, the file that the environment variable
 *    `HABERDASH_KEY_FILE` names.
 * 2. The contexts of type `drm-content-keys` that the element was given, by
 *    gst_element_set_context() on it or on a bin around it, before or after
 *    this element was added to it.
 * 3. A context of that type that a neighbour has.
 * 4. The application: a #GST_MESSAGE_NEED_CONTEXT of that type, with the key id
 *    as a field `kid` (string, 32 hex digits) beside `context-type`. It has to
 *    be answered by gst_element_set_context() on the message's source, or on
 *    the pipeline, while it is handled, that is from gst_bus_set_sync_handler()
 *    or the signal #GstBus::sync-message. A bin that already has a context of
 *    the type hands that out instead of asking.
 *
 * The structure of a `drm-content-keys` context has one field for each key. Its
 * name is the key id, as 32 hex digits, a UUID, or base64. Its value is a
 * #GstMemory of 16 bytes, the key. It is no #GBytes, no #GstBuffer and no
 * string because GStreamer writes the fields of contexts into its debug log,
 * and those would stand there as they are; a #GstMemory is written as `NULL`,
 * with a harmless warning that it cannot be serialized. Keys of several
 * contexts add up.
 *
 * |[<!-- language="C" -->
 * GstContext *context = gst_context_new ("drm-content-keys", TRUE);
 * GstMemory *memory = gst_allocator_alloc (NULL, 16, NULL);
 * GstMapInfo map;
 *
 * gst_memory_map (memory, &map, GST_MAP_WRITE);
 * memcpy (map.data, key, 16);
 * gst_memory_unmap (memory, &map);
 * gst_structure_set (gst_context_writable_structure (context),
 *     "a16e402b9056e371f36d348aa62bb749", GST_TYPE_MEMORY, memory, NULL);
 * gst_memory_unref (memory);
 * gst_element_set_context (playbin, context);
 * gst_context_unref (context);
 * ]|
 *
 * In Python 1.22 that cannot be done: the bindings give a copy of a context's
 * structure. There the properties are set on the element when it is made:
 *
 * |[<!-- language="Python" -->
 * def on_element(playbin, bin, element):
 *     factory = element.get_factory()
 *     if factory and factory.get_name() == "cbcsdec":
 *         element.set_property("key", "\n".join(
 *             f"{kid}:{key}" for kid, key in keys.items()))
 *
 * playbin.connect("deep-element-added", on_element)
 * ]|
 *
 * Without a key for the id the element posts an error
 * #GST_STREAM_ERROR_DECRYPT_NOKEY that names the id.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=encrypted.mp4 ! qtdemux ! \
 *   cbcsdec key-file=key.hex ! h264parse ! avdec_h264 ! autovideosink
 * ]|
 * |[
 * HABERDASH_KEY_FILE=keys.txt gst-launch-1.0 playbin3 \
 *   uri=http://127.0.0.1:8080/out/stream.mpd
 * ]|
 *
 * Since: 0.1
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcbcsdec.h"

#include <string.h>

#include "cenc-protection.h"
#include "error-source.h"
#include "key-context.h"
#include "key-settings.h"
#include "sample-time.h"

/* Names a key file where the properties give no key: the elements that playbin
 * makes cannot be reached from a command line. */
#define KEY_FILE_VARIABLE "HABERDASH_KEY_FILE"

GST_DEBUG_CATEGORY_STATIC (cbcs_dec_debug);
#define GST_CAT_DEFAULT cbcs_dec_debug

enum
{
  PROP_CLEAR_LEAD = HAB_KEY_PROP_LAST,
};

/* A list of systems in one structure would not do: qtdemux looks for a
 * structure whose field is the one string. */
static const gchar *const systems[] = {
  HAB_SYSTEM_W3C_COMMON,
  HAB_SYSTEM_CLEARKEY,
  HAB_SYSTEM_WIDEVINE,
  HAB_SYSTEM_PLAYREADY,
  NULL,
};

struct _GstCbcsDec
{
  GstBaseTransform parent;

  /* protected by OBJECT_LOCK */
  HabKeySettings settings;      /* read in start */
  HabContentKeys *context_keys; /* of all contexts that came */
  guint64 clear_lead_setting;   /* ns, read in start */

  /* set in start, then constant until stop */
  HabContentKeys *given_keys;
  GError *variable_error; /* of the file that KEY_FILE_VARIABLE names */
  guint64 clear_lead;           /* stream time, ns */

  /* streaming thread only */
  gboolean video;
  HabCbcsCipher *cipher; /* NULL until a key is needed; of: */
  gboolean has_kid;
  guint8 kid[16];
  gboolean failed;       /* a sample could not be decrypted */
};

G_DEFINE_FINAL_TYPE_WITH_CODE (GstCbcsDec, gst_cbcs_dec,
    GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT (cbcs_dec_debug, "cbcsdec", 0, "CBCS decryptor"))
GST_ELEMENT_REGISTER_DEFINE (cbcsdec, "cbcsdec", GST_RANK_MARGINAL,
    GST_TYPE_CBCS_DEC)

/* --- start and stop -------------------------------------------------------- */

static gboolean
load_settings (GstCbcsDec *self, GError **error)
{
  g_auto (HabKeySettings) settings = { NULL };

  GST_OBJECT_LOCK (self);
  hab_key_settings_copy (&self->settings, &settings);
  self->clear_lead = self->clear_lead_setting;
  GST_OBJECT_UNLOCK (self);

  self->given_keys = hab_content_keys_new ();
  if (settings.key || settings.key_file)
    return hab_key_settings_load_keys (&settings, self->given_keys, error);

  /* An error now would make decodebin look for another decryptor, and speak of
   * a missing plug-in in the end: it comes when a key is needed. */
  settings.key_file = g_strdup (g_getenv (KEY_FILE_VARIABLE));
  hab_key_settings_load_keys (&settings, self->given_keys,
      &self->variable_error);
  return TRUE;
}

static void
forget_keys (GstCbcsDec *self)
{
  g_clear_pointer (&self->given_keys, hab_content_keys_free);
  g_clear_pointer (&self->cipher, hab_cbcs_cipher_free);
  g_clear_error (&self->variable_error);
}

static gboolean
gst_cbcs_dec_start (GstBaseTransform *trans)
{
  GstCbcsDec *self = GST_CBCS_DEC (trans);
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GError) error = NULL;

  self->failed = FALSE;
  if (load_settings (self, &error))
    return TRUE;
  forget_keys (self);
  source = hab_error_source (GST_ELEMENT (self));
  GST_ELEMENT_ERROR (source, RESOURCE, SETTINGS,
      ("Cannot decrypt: %s", error->message), (NULL));
  return FALSE;
}

static gboolean
gst_cbcs_dec_stop (GstBaseTransform *trans)
{
  forget_keys (GST_CBCS_DEC (trans));
  return TRUE;
}

/* --- caps -------------------------------------------------------------------- */

static GstCaps *
with_system (const GstCaps *caps, const gchar *system)
{
  GstCaps *result = gst_caps_copy (caps);

  if (system)
    gst_caps_set_simple (result, "protection-system", G_TYPE_STRING, system,
        NULL);
  return result;
}

/* The systems are many for one clear stream, so upstream may use any. */
static GstCaps *
protected_caps (const GstCaps *clear)
{
  g_autoptr (GstCaps) encrypted = hab_protection_caps_protect (clear);
  GstCaps *result = gst_caps_new_empty ();

  for (guint i = 0; i < G_N_ELEMENTS (systems); i++)
    gst_caps_append (result, with_system (encrypted, systems[i]));
  return result;
}

static GstCaps *
gst_cbcs_dec_transform_caps (GstBaseTransform *trans,
    GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  g_autoptr (GstCaps) other = direction == GST_PAD_SINK ?
      hab_protection_caps_unprotect (caps) :
      protected_caps (caps);

  return filter ? gst_caps_intersect_full (filter, other,
                      GST_CAPS_INTERSECT_FIRST) :
                  g_steal_pointer (&other);
}

static gboolean
gst_cbcs_dec_set_caps (GstBaseTransform *trans, GstCaps *in, GstCaps *out)
{
  GstCbcsDec *self = GST_CBCS_DEC (trans);
  const gchar *original = gst_structure_get_string (
      gst_caps_get_structure (in, 0), "original-media-type");

  self->video = original && g_str_has_prefix (original, "video/");
  return TRUE;
}

/* --- keys -------------------------------------------------------------------- */

static void
gst_cbcs_dec_set_context (GstElement *element, GstContext *context)
{
  GstCbcsDec *self = GST_CBCS_DEC (element);
  g_autoptr (HabContentKeys) keys = hab_content_keys_new ();

  if (hab_key_context_read (context, keys)) {
    GST_OBJECT_LOCK (self);
    hab_content_keys_merge (self->context_keys, keys);
    GST_OBJECT_UNLOCK (self);
  }
  GST_ELEMENT_CLASS (gst_cbcs_dec_parent_class)->set_context (element, context);
}

static gboolean
gst_cbcs_dec_query (GstBaseTransform *trans, GstPadDirection direction,
    GstQuery *query)
{
  if (direction == GST_PAD_SINK &&
      hab_key_context_answer_system (query, HAB_SYSTEM_W3C_COMMON))
    return TRUE;
  return GST_BASE_TRANSFORM_CLASS (gst_cbcs_dec_parent_class)
      ->query (trans, direction, query);
}

/* Makes the cipher if there is a key. */
static gboolean
try_key (GstCbcsDec *self, const guint8 *kid)
{
  const guint8 *key;

  GST_OBJECT_LOCK (self);
  key = hab_content_keys_find (self->given_keys, kid);
  if (key == NULL)
    key = hab_content_keys_find (self->context_keys, kid);
  if (key)
    self->cipher = hab_cbcs_cipher_new (key);
  GST_OBJECT_UNLOCK (self);
  return key != NULL;
}

static gboolean
find_key (GstCbcsDec *self, const guint8 *kid)
{
  if (try_key (self, kid))
    return TRUE;
  hab_key_context_query (GST_ELEMENT (self), GST_BASE_TRANSFORM_SRC_PAD (self));
  if (try_key (self, kid))
    return TRUE;
  hab_key_context_query (GST_ELEMENT (self), GST_BASE_TRANSFORM_SINK_PAD (self));
  if (try_key (self, kid))
    return TRUE;
  hab_key_context_ask (GST_ELEMENT (self), kid);
  return try_key (self, kid);
}

static gboolean
is_kid_of_cipher (GstCbcsDec *self, const HabProtection *protection)
{
  return self->cipher && self->has_kid == protection->has_kid &&
      (!self->has_kid || memcmp (self->kid, protection->kid, 16) == 0);
}

static void
post_no_key (GstCbcsDec *self, const guint8 *kid)
{
  g_autoptr (GstElement) source = hab_error_source (GST_ELEMENT (self));
  g_autofree gchar *name = kid ? hab_key_to_hex (kid) : g_strdup ("unknown");

  GST_ELEMENT_ERROR (source, STREAM, DECRYPT_NOKEY,
      ("The stream is encrypted with key id %s, and there is no key for it: %s.",
       name, self->variable_error ? self->variable_error->message :
           "give one by cbcsdec's key-file, by a context of type "
           HAB_KEY_CONTEXT ", or by a file that " KEY_FILE_VARIABLE " names"),
      (NULL));
}

static gboolean
prepare_cipher (GstCbcsDec *self, const HabProtection *protection)
{
  const guint8 *kid = protection->has_kid ? protection->kid : NULL;

  if (is_kid_of_cipher (self, protection))
    return TRUE;
  g_clear_pointer (&self->cipher, hab_cbcs_cipher_free);
  if (!find_key (self, kid)) {
    post_no_key (self, kid);
    return FALSE;
  }
  self->has_kid = protection->has_kid;
  memcpy (self->kid, protection->kid, 16);
  return TRUE;
}

/* --- data -------------------------------------------------------------------- */

static gboolean
decrypt_subsamples (GstCbcsDec *self, const HabProtection *protection,
    const guint8 *entries, guint8 *data, gsize size)
{
  for (guint i = 0; i < protection->n_subsamples; i++) {
    const guint8 *entry = entries + i * HAB_SUBSAMPLE_ENTRY;
    gsize clear = GST_READ_UINT16_BE (entry);
    gsize encrypted = GST_READ_UINT32_BE (entry + 2);

    if (clear > size || encrypted > size - clear)
      return FALSE;
    hab_cbcs_cipher_decrypt (self->cipher, protection->iv, protection->pattern,
        data + clear, encrypted);
    data += clear + encrypted;
    size -= clear + encrypted;
  }
  return TRUE;
}

static gboolean
decrypt_data (GstCbcsDec *self, const HabProtection *protection, guint8 *data,
    gsize size)
{
  GstMapInfo entries;
  gboolean decrypted;

  if (protection->n_subsamples == 0) {
    hab_cbcs_cipher_decrypt (self->cipher, protection->iv, protection->pattern,
        data, size);
    return TRUE;
  }

  if (!gst_buffer_map (protection->subsamples, &entries, GST_MAP_READ))
    return FALSE;
  decrypted = decrypt_subsamples (self, protection, entries.data, data, size);
  gst_buffer_unmap (protection->subsamples, &entries);
  return decrypted;
}

static GstFlowReturn
fail (GstCbcsDec *self, const gchar *why)
{
  g_autoptr (GstElement) source = hab_error_source (GST_ELEMENT (self));

  GST_ELEMENT_ERROR (source, STREAM, DECRYPT,
      ("A sample cannot be decrypted: %s.", why), (NULL));
  return GST_FLOW_ERROR;
}

static GstFlowReturn
decrypt (GstCbcsDec *self, GstBuffer *buffer, const HabProtection *protection)
{
  GstMapInfo map;
  gboolean decrypted;

  if (!prepare_cipher (self, protection))
    return GST_FLOW_ERROR;
  if (!gst_buffer_map (buffer, &map, GST_MAP_READWRITE))
    return fail (self, "the sample cannot be written to");

  decrypted = decrypt_data (self, protection, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return decrypted ?
      GST_FLOW_OK :
      fail (self, "its subsamples are longer than the sample");
}

/* Stream time, since it stays that of the file behind a seek. */
static gboolean
in_clear_lead (GstCbcsDec *self, GstBuffer *buffer)
{
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  guint64 time = 0;
  gint sign;

  if (segment->format != GST_FORMAT_TIME || !GST_BUFFER_PTS_IS_VALID (buffer))
    return FALSE;
  sign = gst_segment_to_stream_time_full (segment, GST_FORMAT_TIME,
      GST_BUFFER_PTS (buffer), &time);
  return sign != 0 &&
      !hab_sample_time_reaches (sign * (gint64) time, self->clear_lead);
}

/* What only its form says of a sample without subsamples. */
static gboolean
is_whole_sample (GstCbcsDec *self, GstBuffer *buffer)
{
  return !self->video &&
      (self->clear_lead == 0 || !in_clear_lead (self, buffer));
}

static GstFlowReturn
decrypt_buffer (GstCbcsDec *self, GstBuffer *buffer)
{
  GstProtectionMeta *meta = gst_buffer_get_protection_meta (buffer);
  HabProtection protection;
  GstFlowReturn flow = GST_FLOW_OK;

  if (meta == NULL)
    return GST_FLOW_OK;
  if (!hab_protection_from_structure (meta->info, &protection))
    return fail (self, "its protection metadata is malformed");

  if (protection.encrypted &&
      (protection.has_subsamples || is_whole_sample (self, buffer)))
    flow = decrypt (self, buffer, &protection);
  gst_buffer_remove_meta (buffer, (GstMeta *) meta);
  return flow;
}

static GstFlowReturn
gst_cbcs_dec_transform_ip (GstBaseTransform *trans, GstBuffer *buffer)
{
  GstCbcsDec *self = GST_CBCS_DEC (trans);
  GstFlowReturn flow = decrypt_buffer (self, buffer);

  self->failed |= flow < GST_FLOW_EOS;
  return flow;
}

/* Sources end a stream behind an error, too. What lacks its end must not be
 * taken for a whole one. */
static gboolean
gst_cbcs_dec_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstCbcsDec *self = GST_CBCS_DEC (trans);

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    self->failed = FALSE;
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS && self->failed) {
    gst_event_unref (event);
    return FALSE;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_cbcs_dec_parent_class)
      ->sink_event (trans, event);
}

/* --- properties -------------------------------------------------------------- */

static void
gst_cbcs_dec_set_property (GObject *object, guint id, const GValue *value,
    GParamSpec *pspec)
{
  GstCbcsDec *self = GST_CBCS_DEC (object);

  GST_OBJECT_LOCK (self);
  if (id == PROP_CLEAR_LEAD)
    self->clear_lead_setting = g_value_get_uint64 (value);
  else if (!hab_key_settings_set (&self->settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cbcs_dec_get_property (GObject *object, guint id, GValue *value,
    GParamSpec *pspec)
{
  GstCbcsDec *self = GST_CBCS_DEC (object);

  GST_OBJECT_LOCK (self);
  if (id == PROP_CLEAR_LEAD)
    g_value_set_uint64 (value, self->clear_lead_setting);
  else if (!hab_key_settings_get (&self->settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cbcs_dec_finalize (GObject *object)
{
  GstCbcsDec *self = GST_CBCS_DEC (object);

  hab_key_settings_clear (&self->settings);
  hab_content_keys_free (self->context_keys);
  G_OBJECT_CLASS (gst_cbcs_dec_parent_class)->finalize (object);
}

/* Templates hold names only: a demuxer's caps may lack the fields by which
 * encoders and muxers negotiate. */
static GstCaps *
bare_codec_caps (void)
{
  GstCaps *result = gst_caps_new_empty ();
  guint n_codecs;
  const HabCodec *const *codecs = hab_codec_list (&n_codecs);

  for (guint i = 0; i < n_codecs; i++)
    gst_caps_append (result, gst_caps_new_empty_simple (codecs[i]->media_type));
  return result;
}

static void
gst_cbcs_dec_class_init (GstCbcsDecClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);
  g_autoptr (GstCaps) clear = bare_codec_caps ();
  g_autoptr (GstCaps) encrypted = protected_caps (clear);

  object_class->set_property = gst_cbcs_dec_set_property;
  object_class->get_property = gst_cbcs_dec_get_property;
  object_class->finalize = gst_cbcs_dec_finalize;
  hab_key_settings_install (object_class,
      "The id of the key, as 32 hex digits, a UUID, or base64 (plain or for "
      "URLs) of 16 bytes; when unset, a key that has no id is used for all");
  g_object_class_install_property (object_class, PROP_CLEAR_LEAD,
      g_param_spec_uint64 ("clear-lead", "Clear lead",
          "Stream time in nanoseconds up to which audio without subsamples is "
          "in the clear, which qtdemux 1.22.0 cannot say; that of cbcsenc",
          0, G_MAXINT64, 0,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
              GST_PARAM_MUTABLE_READY));

  element_class->set_context = gst_cbcs_dec_set_context;

  trans_class->start = gst_cbcs_dec_start;
  trans_class->stop = gst_cbcs_dec_stop;
  trans_class->query = gst_cbcs_dec_query;
  trans_class->transform_caps = gst_cbcs_dec_transform_caps;
  trans_class->set_caps = gst_cbcs_dec_set_caps;
  trans_class->sink_event = gst_cbcs_dec_sink_event;
  trans_class->transform_ip = gst_cbcs_dec_transform_ip;

  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, encrypted));
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, clear));
  gst_element_class_set_static_metadata (element_class, "CBCS decryptor",
      GST_ELEMENT_FACTORY_KLASS_DECRYPTOR,
      "Decrypts Common Encryption of scheme cbcs with a key at hand",
      "The Haberdash developers");
}

static void
gst_cbcs_dec_init (GstCbcsDec *self)
{
  self->context_keys = hab_content_keys_new ();
}
