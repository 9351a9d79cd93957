/* keep_resource.c: stores the resource of this boot, encoded as OTLP. The next boot sends kept spans with it.
 * Invariant: the checksum covers the stored bytes. If a reset interrupts the writing, the checksum is wrong,
 * and the next boot uses its own resource instead. */
#include "export/keep_resource.h"
#if USPAN_KEEP
#include "export/otlp.h"
#include "export/otlp_attr.h"
#include "trace/keep.h"

USPAN_STATIC_ASSERT(sizeof((uspan_keep_t *)0)->resources / sizeof(struct uspan_kept_resource) ==
                        USPAN_EPOCHS_MAX,
                    "a resource for each epoch");

bool uspan_keep_resource(uspan_tracer_t *t)
{
    struct uspan_kept_resource *r = &t->keep.resources[t->keep.own];
    uspan_otlp_t o;
    uspan_otlp_begin(&o, t, NULL, 0u);
    o.at = o.unit = r->bytes;
    o.end = r->bytes + sizeof r->bytes;
    (void)uspan_otlp_put_attrs(&o, TAG(Resource_attributes, BYTES), LIST_RESOURCE);
    r->len = (uint16_t)(o.unit - r->bytes);
    r->sum = uspan_keep_sum_resource(r);
    return o.cut != 0u;
}
#endif
