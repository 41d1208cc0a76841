/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstdashpad.h"

typedef enum
{
  PROP_LANGUAGE = 1,
  PROP_LABEL,
  PROP_ROLE,
  PROP_ADAPTATION_SET,
} Property;

#define N_PROPS (PROP_ADAPTATION_SET + 1)
static GParamSpec *props[N_PROPS];

struct _GstCencDashSinkPad
{
  GstGhostPad parent;

  /* protected by OBJECT_LOCK */
  gchar *language;
  gchar *label;
  HabRole role;
  gint set;
  GstTagList *tags; /* of the stream, one list on top of the other */
};

G_DEFINE_FINAL_TYPE (GstCencDashSinkPad, gst_cenc_dash_sink_pad,
    GST_TYPE_GHOST_PAD)

#define TYPE_ROLE (role_get_type ())

/* The roles by their words in the scheme. */
static GType
role_get_type (void)
{
  static GEnumValue values[HAB_N_ROLES + 1];
  static gsize type = 0;

  if (g_once_init_enter (&type)) {
    for (gint i = 0; i < HAB_N_ROLES; i++) {
      const gchar *word = i == HAB_ROLE_NONE ? "none" : hab_role_to_string (i);

      values[i] = (GEnumValue){ i, word, word };
    }
    g_once_init_leave (&type,
        g_enum_register_static ("GstCencDashSinkRole", values));
  }
  return type;
}

static void
gst_cenc_dash_sink_pad_set_property (GObject *object, guint id,
    const GValue *value, GParamSpec *pspec)
{
  GstCencDashSinkPad *self = GST_CENC_DASH_SINK_PAD (object);

  GST_OBJECT_LOCK (self);
  switch ((Property) id) {
    case PROP_LANGUAGE:
      g_free (self->language);
      self->language = g_value_dup_string (value);
      break;
    case PROP_LABEL:
      g_free (self->label);
      self->label = g_value_dup_string (value);
      break;
    case PROP_ROLE:
      self->role = g_value_get_enum (value);
      break;
    case PROP_ADAPTATION_SET:
      self->set = g_value_get_int (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cenc_dash_sink_pad_get_property (GObject *object, guint id, GValue *value,
    GParamSpec *pspec)
{
  GstCencDashSinkPad *self = GST_CENC_DASH_SINK_PAD (object);

  GST_OBJECT_LOCK (self);
  switch ((Property) id) {
    case PROP_LANGUAGE:
      g_value_set_string (value, self->language);
      break;
    case PROP_LABEL:
      g_value_set_string (value, self->label);
      break;
    case PROP_ROLE:
      g_value_set_enum (value, self->role);
      break;
    case PROP_ADAPTATION_SET:
      g_value_set_int (value, self->set);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_cenc_dash_sink_pad_finalize (GObject *object)
{
  GstCencDashSinkPad *self = GST_CENC_DASH_SINK_PAD (object);

  g_free (self->language);
  g_free (self->label);
  gst_tag_list_unref (self->tags);
  G_OBJECT_CLASS (gst_cenc_dash_sink_pad_parent_class)->finalize (object);
}

static void
gst_cenc_dash_sink_pad_class_init (GstCencDashSinkPadClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->set_property = gst_cenc_dash_sink_pad_set_property;
  object_class->get_property = gst_cenc_dash_sink_pad_get_property;
  object_class->finalize = gst_cenc_dash_sink_pad_finalize;

  props[PROP_LANGUAGE] = g_param_spec_string ("language", "Language",
      "Language of the content as BCP 47 tag; when unset, that of the "
      "stream's tags",
      NULL, flags);
  props[PROP_LABEL] = g_param_spec_string ("label", "Label",
      "What people choose the content by; when unset, the title in the "
      "stream's tags",
      NULL, flags);
  props[PROP_ROLE] = g_param_spec_enum ("role", "Role",
      "What the content is for (urn:mpeg:dash:role:2011)", TYPE_ROLE,
      HAB_ROLE_NONE, flags);
  props[PROP_ADAPTATION_SET] = g_param_spec_int ("adaptation-set",
      "Adaptation set",
      "Id of the AdaptationSet to be a Representation of, together with all "
      "pads of this number, whose segments must begin at the same times; "
      "-1: with those that have the same content",
      HAB_SET_BY_CONTENT, G_MAXINT, HAB_SET_BY_CONTENT, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
reset_tags (GstCencDashSinkPad *self)
{
  GST_OBJECT_LOCK (self);
  gst_tag_list_unref (self->tags);
  self->tags = gst_tag_list_new_empty ();
  GST_OBJECT_UNLOCK (self);
}

/* Those of the stream, not what is said of all of its container. */
static void
take_tags (GstCencDashSinkPad *self, GstEvent *event)
{
  GstTagList *tags;

  gst_event_parse_tag (event, &tags);
  if (gst_tag_list_get_scope (tags) != GST_TAG_SCOPE_STREAM)
    return;
  GST_OBJECT_LOCK (self);
  gst_tag_list_insert (self->tags, tags, GST_TAG_MERGE_REPLACE);
  GST_OBJECT_UNLOCK (self);
}

/* A pad keeps its last tag event, but parsers send several, each with a part of
 * what there is to say. */
static gboolean
gst_cenc_dash_sink_pad_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstCencDashSinkPad *self = GST_CENC_DASH_SINK_PAD (pad);

  if (GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START)
    reset_tags (self);
  else if (GST_EVENT_TYPE (event) == GST_EVENT_TAG)
    take_tags (self, event);
  return gst_pad_event_default (pad, parent, event);
}

static void
gst_cenc_dash_sink_pad_init (GstCencDashSinkPad *self)
{
  self->set = HAB_SET_BY_CONTENT;
  self->tags = gst_tag_list_new_empty ();
}

GstPad *
gst_cenc_dash_sink_pad_new (const gchar *name, GstPadTemplate *template,
    GstPad *target)
{
  GstPad *pad = g_object_new (GST_TYPE_CENC_DASH_SINK_PAD,
      "name", name, "direction", GST_PAD_SINK, "template", template, NULL);

  gst_ghost_pad_set_target (GST_GHOST_PAD (pad), target);
  gst_pad_set_event_function (pad, gst_cenc_dash_sink_pad_event);
  return pad;
}

/* What becomes part of a document is UTF-8 without control characters. */
static void
clean (gchar **string)
{
  gchar *valid;

  if (*string == NULL)
    return;
  valid = g_utf8_make_valid (*string, -1);
  for (gchar *c = valid; *c; c++) {
    if (g_ascii_iscntrl (*c))
      *c = ' ';
  }
  g_free (*string);
  *string = valid;
}

static void
override_string (gchar **string, const gchar *with)
{
  if (with) {
    g_free (*string);
    *string = g_strdup (with);
  }
  clean (string);
}

void
gst_cenc_dash_sink_pad_override (GstCencDashSinkPad *self,
    HabRepresentation *rep)
{
  HabContent *content = &rep->content;

  GST_OBJECT_LOCK (self);
  rep->set = self->set;
  override_string (&content->language, self->language);
  override_string (&content->label, self->label);
  if (self->role != HAB_ROLE_NONE)
    content->role = self->role;
  GST_OBJECT_UNLOCK (self);
}

GstTagList *
gst_cenc_dash_sink_pad_get_tags (GstCencDashSinkPad *self)
{
  GstTagList *tags;

  GST_OBJECT_LOCK (self);
  tags = gst_tag_list_copy (self->tags);
  GST_OBJECT_UNLOCK (self);
  return tags;
}

gint
gst_cenc_dash_sink_pad_get_set (GstCencDashSinkPad *self)
{
  gint set;

  GST_OBJECT_LOCK (self);
  set = self->set;
  GST_OBJECT_UNLOCK (self);
  return set;
}
