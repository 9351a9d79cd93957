/* uspan_pb.h: nanopb's headers include this first (PB_SYSTEM_HEADER). The nanopb in uspan is built without streams
 * and messages of errors, so its structs differ from those of another nanopb in the program.
 * Invariant: none of its functions has a name that another nanopb has. */
#ifndef USPAN_PB_H
#define USPAN_PB_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define pb_close_string_substream uspan_pb_close_string_substream
#define pb_decode uspan_pb_decode
#define pb_decode_bool uspan_pb_decode_bool
#define pb_decode_double_as_float uspan_pb_decode_double_as_float
#define pb_decode_ex uspan_pb_decode_ex
#define pb_decode_fixed32 uspan_pb_decode_fixed32
#define pb_decode_fixed64 uspan_pb_decode_fixed64
#define pb_decode_svarint uspan_pb_decode_svarint
#define pb_decode_tag uspan_pb_decode_tag
#define pb_decode_varint uspan_pb_decode_varint
#define pb_decode_varint32 uspan_pb_decode_varint32
#define pb_default_field_callback uspan_pb_default_field_callback
#define pb_encode uspan_pb_encode
#define pb_encode_ex uspan_pb_encode_ex
#define pb_encode_fixed32 uspan_pb_encode_fixed32
#define pb_encode_fixed64 uspan_pb_encode_fixed64
#define pb_encode_float_as_double uspan_pb_encode_float_as_double
#define pb_encode_string uspan_pb_encode_string
#define pb_encode_submessage uspan_pb_encode_submessage
#define pb_encode_svarint uspan_pb_encode_svarint
#define pb_encode_tag uspan_pb_encode_tag
#define pb_encode_tag_for_field uspan_pb_encode_tag_for_field
#define pb_encode_varint uspan_pb_encode_varint
#define pb_field_iter_begin uspan_pb_field_iter_begin
#define pb_field_iter_begin_const uspan_pb_field_iter_begin_const
#define pb_field_iter_begin_extension uspan_pb_field_iter_begin_extension
#define pb_field_iter_begin_extension_const uspan_pb_field_iter_begin_extension_const
#define pb_field_iter_find uspan_pb_field_iter_find
#define pb_field_iter_find_extension uspan_pb_field_iter_find_extension
#define pb_field_iter_next uspan_pb_field_iter_next
#define pb_get_encoded_size uspan_pb_get_encoded_size
#define pb_istream_from_buffer uspan_pb_istream_from_buffer
#define pb_make_string_substream uspan_pb_make_string_substream
#define pb_ostream_from_buffer uspan_pb_ostream_from_buffer
#define pb_read uspan_pb_read
#define pb_release uspan_pb_release
#define pb_skip_field uspan_pb_skip_field
#define pb_validate_utf8 uspan_pb_validate_utf8
#define pb_write uspan_pb_write

#endif
