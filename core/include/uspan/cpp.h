/* cpp.h: C++11 and later: overloads of uspan.h that take a struct by reference, because C++ has no
 * &(uspan_link_t){ ... }:
 *     uspan_options_t how = {};
 *     how.kind = USPAN_KIND_CLIENT;
 *     uspan_t s = uspan_start_with(t, USPAN_ROOT, "water", 5, how);
 * Results and contexts are those of the function of the same name. The struct is read during the call
 * only. */
#if defined(__cplusplus) && defined(USPAN_H) && !defined(USPAN_CPP_H) /* uspan.h brings this file in */
#define USPAN_CPP_H

extern "C++" { /* also where an application includes uspan.h between extern "C" braces */

static inline uspan_t uspan_start_with(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len,
                                       const uspan_options_t &options)
{
    return uspan_start_with(t, parent, name, name_len, &options);
}
static inline uspan_err_t uspan_add_link(uspan_tracer_t *t, uspan_t s, const uspan_link_t &link)
{
    return uspan_add_link(t, s, &link);
}
/* Set all attributes of an array. The compiler knows its length. */
template <size_t count>
static inline uspan_err_t uspan_set_all(uspan_tracer_t *t, uspan_t s, const uspan_attr_t (&attrs)[count])
{
    return uspan_set_all(t, s, attrs, count);
}

} /* extern "C++" */
#endif
