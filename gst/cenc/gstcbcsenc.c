/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-cbcsenc
 * @title: cbcsenc
 *
 * Encrypts access units with Common Encryption, scheme cbcs (ISO/IEC 23001-7):
 * AES-128-CBC with a constant IV, for video in a 1:9 pattern over what follows
 * each slice header, for audio over every whole block of the sample.
 *
 * The buffers keep their sizes and times and get a #GstProtectionMeta in the
 * form that qtdemux gives to the buffers of an encrypted file. The caps become
 * `application/x-cenc` with what a muxer needs for its init segment. A `pssh`
 * box of the W3C common system goes down as a protection event, and so do those
 * of other systems that the property `pssh` has.
 *
 * With `clear-lead` the start of the stream stays in the clear, so that players
 * show it before they have the key. The lead ends at the first GOP, of audio at
 * the first sample, that starts at or behind that running time. Its buffers have
 * no #GstProtectionMeta, and the caps say `clear-lead=true`. A flush starts the
 * lead anew where running time does.
 *
 * With several key ids in `kid` and a `crypto-period` the key changes at the first
 * GOP, or sample of audio, behind each multiple of that period. Each meta names
 * the key of its buffer; `default-kid` in the caps is the first.
 *
 * Where the caps lack what a muxer must know of the stream and only its first
 * sample tells, which nobody can read once it is encrypted, the caps get it as
 * `codec_data`.
 *
 * The key is read when the element starts and wiped when it stops. It is given
 * as a file, since command lines can be read by every user of a machine;
 * applications may set the property `key`, which cannot be read back.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 cencdashsink name=dash location=out/stream.mpd \
 *   filesrc location=movie.mp4 ! parsebin name=in \
 *   in. ! video/x-h264 ! gopsplit ! \
 *     cbcsenc kid=a16e402b9056e371f36d348aa62bb749 key-file=key.hex ! dash.video_0 \
 *   in. ! audio/mpeg ! dash.audio_0
 * ]|
 *
 * Since: 0.1
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcbcsenc.h"

#include "caps-completion.h"
#include "cenc-protection.h"
#include "encryption-settings.h"
#include "keys.h"
#include "sample-time.h"

GST_DEBUG_CATEGORY_STATIC (cbcs_enc_debug);
#define GST_CAT_DEFAULT cbcs_enc_debug

struct _GstCbcsEnc
{
  GstBaseTransform parent;

  /* protected by OBJECT_LOCK, read in start */
  HabEncryptionSettings settings;

  /* set in start, then constant until stop. Both change it with OBJECT_LOCK,
   * since caps queries read it in any thread, and may outlast the run */
  HabEncryption encryption;

  /* streaming thread only */
  const HabCodec *codec;
  HabCodecParser *parser;      /* NULL for codecs whose samples are one range */
  GstStructure *meta_template; /* of the codec */
  GArray *ranges;              /* of the access unit at hand */
  gboolean pssh_sent;
  gboolean leading;            /* in the clear lead */
  guint key;                   /* of the schedule, the one at hand */
  gboolean failed;             /* caps or a buffer could not be taken */

  /* written by the streaming thread, with OBJECT_LOCK; read with it by caps
   * queries in any thread */
  GstCaps *caps;               /* of the stream that comes in */
  GstBuffer *codec_data;       /* made of the first sample, or NULL */
};

G_DEFINE_FINAL_TYPE_WITH_CODE (GstCbcsEnc, gst_cbcs_enc,
    GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT (cbcs_enc_debug, "cbcsenc", 0, "CBCS encryptor"))
GST_ELEMENT_REGISTER_DEFINE (cbcsenc, "cbcsenc", GST_RANK_NONE,
    GST_TYPE_CBCS_ENC)

/* --- what queries read --------------------------------------------------------- */

/* codec_data (nullable) belongs to caps (nullable). */
static void
set_stream (GstCbcsEnc *self, GstCaps *caps, GstBuffer *codec_data)
{
  GST_OBJECT_LOCK (self);
  gst_caps_replace (&self->caps, caps);
  gst_buffer_replace (&self->codec_data, codec_data);
  GST_OBJECT_UNLOCK (self);
}

/* (transfer full) (nullable): what was made for these caps. */
static GstBuffer *
get_codec_data (GstCbcsEnc *self, GstCaps *caps)
{
  GstBuffer *codec_data = NULL;

  GST_OBJECT_LOCK (self);
  if (self->codec_data && gst_caps_is_equal (caps, self->caps))
    codec_data = gst_buffer_ref (self->codec_data);
  GST_OBJECT_UNLOCK (self);
  return codec_data;
}

/* --- start and stop -------------------------------------------------------- */

static gboolean
load_settings (GstCbcsEnc *self, GError **error)
{
  g_auto (HabEncryptionSettings) settings = { .iv = NULL };
  HabEncryption encryption = { NULL };

  GST_OBJECT_LOCK (self);
  hab_encryption_settings_copy (&self->settings, &settings);
  GST_OBJECT_UNLOCK (self);
  if (!hab_encryption_load (&encryption, &settings, error))
    return FALSE;
  GST_OBJECT_LOCK (self);
  self->encryption = encryption;
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static gboolean
gst_cbcs_enc_start (GstBaseTransform *trans)
{
  GstCbcsEnc *self = GST_CBCS_ENC (trans);
  g_autoptr (GError) error = NULL;

  self->pssh_sent = FALSE;
  self->failed = FALSE;
  if (load_settings (self, &error)) {
    self->leading = self->encryption.clear_lead > 0;
    self->key = 0;
    return TRUE;
  }

  GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
      ("Cannot encrypt: %s", error->message), (NULL));
  return FALSE;
}

static void
forget_stream (GstCbcsEnc *self)
{
  self->codec = NULL;
  g_clear_pointer (&self->parser, hab_codec_parser_free);
  g_clear_pointer (&self->meta_template, gst_structure_free);
}

static gboolean
gst_cbcs_enc_stop (GstBaseTransform *trans)
{
  GstCbcsEnc *self = GST_CBCS_ENC (trans);

  forget_stream (self);
  set_stream (self, NULL, NULL);
  GST_OBJECT_LOCK (self);
  hab_encryption_clear (&self->encryption);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

/* --- caps -------------------------------------------------------------------- */

/* OBJECT_LOCK held. What a muxer must know before the first encrypted sample. */
static void
add_track_encryption (GstCbcsEnc *self, GstCaps *caps)
{
  g_autoptr (GstBuffer) iv = gst_buffer_new_memdup (self->encryption.iv, 16);
  g_autofree gchar *kid = hab_key_to_hex (hab_key_schedule_get_kid (
      self->encryption.keys, 0));

  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    GstStructure *structure = gst_caps_get_structure (caps, i);
    const gchar *original = gst_structure_get_string (structure,
        "original-media-type");
    HabCbcsPattern pattern = original && g_str_has_prefix (original, "video/") ?
        hab_cbcs_video_pattern :
        hab_cbcs_audio_pattern;

    gst_structure_set (structure,
        "default-kid", G_TYPE_STRING, kid,
        "constant-iv", GST_TYPE_BUFFER, iv,
        "crypt-byte-block", G_TYPE_UINT, pattern.crypt_byte_block,
        "skip-byte-block", G_TYPE_UINT, pattern.skip_byte_block,
        "clear-lead", G_TYPE_BOOLEAN, self->encryption.clear_lead > 0, NULL);
  }
}

static GstCaps *
gst_cbcs_enc_transform_caps (GstBaseTransform *trans,
    GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstCbcsEnc *self = GST_CBCS_ENC (trans);
  g_autoptr (GstCaps) other = NULL;
  g_autoptr (GstBuffer) codec_data = NULL;

  if (direction == GST_PAD_SINK) {
    other = hab_protection_caps_protect (caps);
    GST_OBJECT_LOCK (self);
    if (self->encryption.keys)
      add_track_encryption (self, other);
    GST_OBJECT_UNLOCK (self);
    codec_data = get_codec_data (self, caps);
    if (codec_data)
      gst_caps_set_simple (other, "codec_data", GST_TYPE_BUFFER, codec_data,
          NULL);
  } else {
    other = hab_protection_caps_unprotect (caps);
  }
  return filter ? gst_caps_intersect_full (filter, other,
                      GST_CAPS_INTERSECT_FIRST) :
                  g_steal_pointer (&other);
}

/* Of the codec and the key at hand. */
static void
renew_meta_template (GstCbcsEnc *self)
{
  g_clear_pointer (&self->meta_template, gst_structure_free);
  self->meta_template = hab_protection_template_new (
      hab_key_schedule_get_kid (self->encryption.keys, self->key),
      self->encryption.iv,
      self->codec->whole_sample ? hab_cbcs_audio_pattern :
                                  hab_cbcs_video_pattern,
      self->codec->whole_sample);
}

static void
use_key (GstCbcsEnc *self, guint key)
{
  if (self->key == key)
    return;
  self->key = key;
  renew_meta_template (self);
}

static gboolean
parse_codec_data (GstCbcsEnc *self, const GstStructure *structure,
    GError **error)
{
  const GValue *value = gst_structure_get_value (structure, "codec_data");
  GstMapInfo map;
  gboolean parsed;

  /* avc3 and hev1 may have all their parameter sets in band. */
  if (value == NULL || !G_VALUE_HOLDS (value, GST_TYPE_BUFFER))
    return TRUE;
  if (!gst_buffer_map (gst_value_get_buffer (value), &map, GST_MAP_READ))
    return TRUE;
  parsed = self->codec->parse_codec_data (self->parser, map.data, map.size,
      error);
  gst_buffer_unmap (gst_value_get_buffer (value), &map);
  return parsed;
}

static gboolean
take_caps (GstCbcsEnc *self, GstCaps *in)
{
  const GstStructure *structure = gst_caps_get_structure (in, 0);
  g_autoptr (GstBuffer) codec_data = NULL;
  g_autoptr (GError) error = NULL;

  /* In-band parameter sets stay known when caps come again. */
  if (self->codec != hab_codec_of_caps (in))
    forget_stream (self);
  codec_data = get_codec_data (self, in);
  set_stream (self, in, codec_data);
  self->codec = hab_codec_of_caps (in);
  if (self->codec == NULL) {
    GST_ERROR_OBJECT (self, "no rule for encrypting %" GST_PTR_FORMAT, in);
    return FALSE;
  }
  if (self->codec->clear_only) {
    GST_ELEMENT_ERROR (self, STREAM, ENCODE,
        ("The stream cannot be encrypted: %s. Leave it in the clear, or "
         "convert it.", self->codec->clear_only),
        ("%" GST_PTR_FORMAT, in));
    return FALSE;
  }

  renew_meta_template (self);
  if (self->codec->whole_sample)
    return TRUE;

  if (self->parser == NULL)
    self->parser = hab_codec_parser_new (self->codec);
  if (parse_codec_data (self, structure, &error))
    return TRUE;
  GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL),
      ("codec_data: %s", error->message));
  return FALSE;
}

static gboolean
gst_cbcs_enc_set_caps (GstBaseTransform *trans, GstCaps *in, GstCaps *out)
{
  GstCbcsEnc *self = GST_CBCS_ENC (trans);
  gboolean taken = take_caps (self, in);

  self->failed |= !taken;
  return taken;
}

/* --- events ------------------------------------------------------------------ */

static void
send_pssh (GstCbcsEnc *self)
{
  self->pssh_sent = TRUE;
  for (guint i = 0; i < self->encryption.pssh->len; i++) {
    const HabPssh *pssh = self->encryption.pssh->pdata[i];
    g_autoptr (GstBuffer) box = gst_buffer_new_wrapped_bytes (pssh->box);

    gst_pad_push_event (GST_BASE_TRANSFORM_SRC_PAD (self),
        gst_event_new_protection (pssh->system, box, "isobmff/moov"));
  }
}

static gboolean
gst_cbcs_enc_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  GstCbcsEnc *self = GST_CBCS_ENC (trans);
  gboolean segment = GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT;
  gboolean handled;

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP) {
    self->failed = FALSE;
    self->leading = self->encryption.clear_lead > 0;
  }
  /* Sources end a stream behind an error, too. What lacks its end must not be
   * taken for a whole one. */
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS && self->failed) {
    gst_event_unref (event);
    return FALSE;
  }

  handled = GST_BASE_TRANSFORM_CLASS (gst_cbcs_enc_parent_class)
                ->sink_event (trans, event);
  if (segment && handled && !self->pssh_sent)
    send_pssh (self);
  return handled;
}

/* --- data -------------------------------------------------------------------- */

static void
encrypt_range (GstCbcsEnc *self, HabCbcsPattern pattern, guint8 *data,
    gsize size)
{
  const HabEncryption *encryption = &self->encryption;

  hab_cbcs_cipher_encrypt (
      hab_key_schedule_get_cipher (encryption->keys, self->key),
      encryption->iv, pattern, data, size);
}

static void
encrypt_ranges (GstCbcsEnc *self, guint8 *data)
{
  for (guint i = 0; i < self->ranges->len; i++) {
    const HabSubsample *range = &g_array_index (self->ranges, HabSubsample, i);

    data += range->clear_bytes;
    encrypt_range (self, hab_cbcs_video_pattern, data, range->protected_bytes);
    data += range->protected_bytes;
  }
}

/* Players may begin with the first sample of what is encrypted, and of another
 * key, so it is one at which decoding can start. What has no time is not known to
 * be in the lead. */
static void
move_to (GstCbcsEnc *self, GstBuffer *buffer)
{
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  gboolean random_access = self->codec->whole_sample ||
      !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  gboolean timed;
  HabSampleTime time;

  if (!random_access)
    return;
  timed = segment->format == GST_FORMAT_TIME &&
      hab_sample_time_read (&time, segment, buffer, 0);
  self->leading = self->leading && timed &&
      !hab_sample_time_reaches (time.pts, self->encryption.clear_lead);
  if (timed)
    use_key (self, hab_key_schedule_at (self->encryption.keys, time.pts));
}

/* Reads what is left in the clear as well: it may have the parameter sets of
 * what follows. */
static gboolean
encrypt_access_unit (GstCbcsEnc *self, GstMapInfo *map, GError **error)
{
  if (self->codec->whole_sample && self->leading)
    return TRUE;
  if (self->codec->whole_sample) {
    encrypt_range (self, hab_cbcs_audio_pattern, map->data, map->size);
    return TRUE;
  }

  g_array_set_size (self->ranges, 0);
  if (!self->codec->parse_ranges (self->parser, map->data, map->size,
          self->ranges, error))
    return FALSE;
  if (!self->leading)
    encrypt_ranges (self, map->data);
  return TRUE;
}

static void
add_meta (GstCbcsEnc *self, GstBuffer *buffer)
{
  GstStructure *structure = gst_structure_copy (self->meta_template);

  if (!self->codec->whole_sample) {
    guint count;
    g_autoptr (GstBuffer) subsamples =
        hab_protection_subsamples_new (self->ranges, &count);

    gst_structure_set (structure,
        "subsample_count", G_TYPE_UINT, count,
        "subsamples", GST_TYPE_BUFFER, subsamples, NULL);
  }
  gst_buffer_add_protection_meta (buffer, structure);
}

/* The pad has no caps any more when it was deactivated meanwhile. */
static GstFlowReturn
send_codec_data (GstCbcsEnc *self, GstBuffer *codec_data)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  GstPad *pad = GST_BASE_TRANSFORM_SRC_PAD (self);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  if (caps) {
    caps = gst_caps_make_writable (caps);
    gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, codec_data,
        NULL);
    if (gst_base_transform_update_src_caps (trans, caps))
      return GST_FLOW_OK;
  }
  return GST_PAD_IS_FLUSHING (pad) ? GST_FLOW_FLUSHING :
                                     GST_FLOW_NOT_NEGOTIATED;
}

/* Before the first sample is encrypted: what it tells goes into the caps. */
static GstFlowReturn
complete_caps (GstCbcsEnc *self, GstBuffer *first)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstCaps) complete = NULL;
  g_autoptr (GstBuffer) codec_data = NULL;

  if (self->codec_data || self->codec->make_codec_data == NULL)
    return GST_FLOW_OK;
  complete = hab_caps_complete (self->caps, &trans->segment, first, &error);
  if (complete == NULL) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
        ("The stream cannot be described: %s.", error->message),
        ("%" GST_PTR_FORMAT, first));
    return GST_FLOW_NOT_NEGOTIATED;
  }
  gst_structure_get (gst_caps_get_structure (complete, 0),
      "codec_data", GST_TYPE_BUFFER, &codec_data, NULL);
  set_stream (self, self->caps, codec_data);
  return gst_caps_is_equal (complete, self->caps) ?
      GST_FLOW_OK :
      send_codec_data (self, codec_data);
}

static GstFlowReturn
encrypt_buffer (GstCbcsEnc *self, GstBuffer *buffer)
{
  g_autoptr (GError) error = NULL;
  GstFlowReturn flow;
  GstMapInfo map;
  gboolean encrypted;

  if (self->codec == NULL)
    return GST_FLOW_NOT_NEGOTIATED;
  if (gst_buffer_get_size (buffer) == 0)
    return GST_FLOW_OK;
  if (hab_caps_announce_header (self->caps, buffer))
    return GST_BASE_TRANSFORM_FLOW_DROPPED;
  if (gst_buffer_get_protection_meta (buffer)) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, (NULL),
        ("a buffer is encrypted already: %" GST_PTR_FORMAT, buffer));
    return GST_FLOW_ERROR;
  }
  flow = complete_caps (self, buffer);
  if (flow != GST_FLOW_OK)
    return flow;
  if (!gst_buffer_map (buffer, &map, GST_MAP_READWRITE)) {
    GST_ELEMENT_ERROR (self, RESOURCE, FAILED, (NULL),
        ("cannot map %" GST_PTR_FORMAT, buffer));
    return GST_FLOW_ERROR;
  }

  move_to (self, buffer);
  encrypted = encrypt_access_unit (self, &map, &error);
  gst_buffer_unmap (buffer, &map);
  if (!encrypted) {
    GST_ELEMENT_ERROR (self, STREAM, ENCODE,
        ("An access unit cannot be encrypted: %s", error->message),
        ("%" GST_PTR_FORMAT, buffer));
    return GST_FLOW_ERROR;
  }
  if (!self->leading)
    add_meta (self, buffer);
  return GST_FLOW_OK;
}

static GstFlowReturn
gst_cbcs_enc_transform_ip (GstBaseTransform *trans, GstBuffer *buffer)
{
  GstCbcsEnc *self = GST_CBCS_ENC (trans);
  GstFlowReturn flow = encrypt_buffer (self, buffer);

  self->failed |= flow < GST_FLOW_EOS;
  return flow;
}

/* --- properties -------------------------------------------------------------- */

static void
gst_cbcs_enc_set_property (GObject *object, guint id, const GValue *value,
    GParamSpec *pspec)
{
  GstCbcsEnc *self = GST_CBCS_ENC (object);

  GST_OBJECT_LOCK (self);
  if (!hab_encryption_settings_set (&self->settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cbcs_enc_get_property (GObject *object, guint id, GValue *value,
    GParamSpec *pspec)
{
  GstCbcsEnc *self = GST_CBCS_ENC (object);

  GST_OBJECT_LOCK (self);
  if (!hab_encryption_settings_get (&self->settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cbcs_enc_finalize (GObject *object)
{
  GstCbcsEnc *self = GST_CBCS_ENC (object);

  hab_encryption_settings_clear (&self->settings);
  g_array_unref (self->ranges);
  G_OBJECT_CLASS (gst_cbcs_enc_parent_class)->finalize (object);
}

static void
gst_cbcs_enc_class_init (GstCbcsEncClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);
  g_autoptr (GstCaps) clear = hab_protection_clear_caps ();
  g_autoptr (GstCaps) encrypted = hab_protection_protected_caps ();

  object_class->set_property = gst_cbcs_enc_set_property;
  object_class->get_property = gst_cbcs_enc_get_property;
  object_class->finalize = gst_cbcs_enc_finalize;
  hab_encryption_settings_install (object_class);

  trans_class->start = gst_cbcs_enc_start;
  trans_class->stop = gst_cbcs_enc_stop;
  trans_class->transform_caps = gst_cbcs_enc_transform_caps;
  trans_class->set_caps = gst_cbcs_enc_set_caps;
  trans_class->sink_event = gst_cbcs_enc_sink_event;
  trans_class->transform_ip = gst_cbcs_enc_transform_ip;

  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, clear));
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, encrypted));
  gst_element_class_set_static_metadata (element_class, "CBCS encryptor",
      "Filter/Encryptor",
      "Encrypts access units with Common Encryption, scheme cbcs",
      "The Haberdash developers");
}

static void
gst_cbcs_enc_init (GstCbcsEnc *self)
{
  self->ranges = g_array_new (FALSE, FALSE, sizeof (HabSubsample));
}
