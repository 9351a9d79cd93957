"""rows.py: named faults of an HTTP receiver, with the reaction of uspan that is required for each.

Invariant: each row of the response table (OTLP/HTTP "Failures"; Retry-After of RFC 9110) is here.
Actions: delivered, rejected (delivered except for some spans), retry, refused, config (refused, then a pause),
renew (the headers), split (413), None (several reactions are right)."""

PROTOBUF, JSON, HTML = "application/x-protobuf", "application/json", "text/html"
RPC = {"code": 3, "message": "bad data"}
STUDIO = '{"message":"Processed traces successfully"}'
FILL = "x" * 60


def status_rows():
    rows = {
        "ok": ({"status": 200}, "delivered"),
        "partial": ({"status": 200, "partial": {"rejected": 1, "message": "one span is too old"}},
                    "rejected"),
        "partial_all": ({"status": 200, "partial": {"rejected": 1000000, "message": "none"}}, "rejected"),
        "partial_warning": ({"status": 200, "partial": {"rejected": 0, "message": "deprecated"}},
                            "delivered"),
        "partial_empty": ({"status": 200, "partial": {"rejected": 0, "message": ""}}, "delivered"),
        "partial_negative": ({"status": 200, "partial": {"rejected": -5, "message": "a bug"}}, "delivered"),
        "partial_and_unknown": ({"status": 200, "type": PROTOBUF,
                                 "body_hex": "0a0a0801120474657374" "1801" "a006ffffffffffffffff7f"
                                             "aa0603abcdef" "b1060102030405060708" "bd0601020304"},
                                "rejected"),
        "studio_json": ({"status": 200, "type": JSON + "; charset=utf-8", "body": STUDIO}, "delivered"),
        "undecodable": ({"status": 200, "type": PROTOBUF, "body_hex": "0affffffff0f00"}, "delivered"),
        "cut_message": ({"status": 200, "type": PROTOBUF, "body_hex": "0a0a0801"}, "delivered"),
        "html_200": ({"status": 200, "type": HTML, "body": "<html>captive portal</html>"}, "delivered"),
        "bad_request": ({"status": 400, "rpc": RPC}, "refused"),
        "bad_request_json": ({"status": 400, "type": JSON, "body": '{"message":"no"}'}, "refused"),
        "bad_request_long": ({"status": 400, "rpc": {"code": 3, "message": "m" * 3000}}, "refused"),
    }
    for status in (201, 202, 204):
        rows[str(status)] = ({"status": status}, "delivered")
    for status in (301, 302, 307, 308):
        rows[str(status)] = ({"status": status,
                              "headers": {"Location": "https://elsewhere.example/v1/traces"}},
                             "refused")
    for status, action in ((401, "renew"), (403, "renew"), (404, "config"), (405, "config"), (408, "refused"),
                           (411, "config"), (413, "split"), (415, "config"), (418, "refused"),
                           (422, "config"),
                           (429, "retry"), (500, "refused"), (501, "refused"), (502, "retry"), (503, "retry"),
                           (504, "retry"), (505, "refused"), (507, "refused")):
        rows[str(status)] = ({"status": status, "type": HTML, "body": f"<html>{status}</html>"}, action)
    for status in (429, 503):
        for name, value in (
                ("seconds", 1), ("zero", 0), ("imf", {"in_s": 2, "form": "imf"}),
                ("rfc850", {"in_s": 2, "form": "rfc850"}), ("asctime", {"in_s": 2, "form": "asctime"}),
                ("past", {"in_s": -3600, "form": "imf"}), ("garbage", "soon"), ("negative", "-1"),
                ("fraction", "1.5"), ("huge", "99999999999999999999"), ("empty", ""),
                ("no_such_day", "Sun, 31 Feb 2094 08:49:37 GMT")):
            rows[f"{status}_{name}"] = ({"status": status, "retry_after": value}, "retry")
    return rows


FRAMING = {
    "continue_first": ({"status": 200, "before": [100]}, "delivered"),
    "many_interim": ({"status": 200, "before": [100, 102, 103, 103, 103]}, "delivered"),
    "switching": ({"raw": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", "after": "close"},
                  None),
    "chunked": ({"status": 200, "framing": "chunked", "chunk": 3, "type": JSON, "body": STUDIO}, "delivered"),
    "chunked_extras": ({"status": 200, "framing": "chunked", "chunk": 5, "chunk_ext": ';name="a;b";x',
                        "trailers": {"X-Checksum": "abc", "Expires": "0"}, "type": JSON, "body": STUDIO},
                        "delivered"),
    "chunked_partial": ({"status": 200, "framing": "chunked", "chunk": 1,
                         "partial": {"rejected": 1, "message": "one"}}, "rejected"),
    "chunked_empty": ({"status": 200, "framing": "chunked"}, "delivered"),
    "close_delimited": ({"status": 200, "framing": "close", "type": JSON, "body": STUDIO}, "delivered"),
    "close_delimited_partial": ({"status": 200, "framing": "close",
                                 "partial": {"rejected": 1, "message": "one"}},
                                "rejected"),
    "http_1_0": ({"status": 200, "version": "HTTP/1.0", "framing": "close", "body": "ok", "type": HTML},
                 "delivered"),
    "no_reason": ({"status": 200, "reason": ""}, "delivered"),
    "long_reason": ({"status": 200, "reason": "r" * 5000}, "delivered"),
    "huge_header": ({"status": 200, "header_bytes": 64 * 1024}, None),
    "long_header": ({"status": 200, "header_bytes": 3000}, "delivered"),
    "many_headers": ({"status": 200, "headers": [[f"X-Cookie-{n}", FILL] for n in range(40)]}, "delivered"),
    "odd_case_headers": ({"raw": "HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh:2\r\nX-Type:\t text/plain \t\r\n\r\nok"},
                         "delivered"),
    "folded_header": ({"raw": "HTTP/1.1 200 OK\r\nX-Old: a\r\n b\r\nContent-Length: 0\r\n\r\n"}, None),
    "bare_newlines": ({"raw": "HTTP/1.1 200 OK\nContent-Length: 0\n\n"}, None),
    "endless_headers": ({"endless": "headers"}, "believed"),
    "endless_interim": ({"endless": "interim"}, None),
    "endless_body": ({"endless": "body"}, "believed"),
    "endless_chunks": ({"endless": "chunks"}, "believed"),
    "endless_chunk_ext": ({"endless": "chunk_ext"}, None),
    "body_above_limit": ({"status": 200, "type": HTML, "body_size": 256 * 1024}, "delivered"),
    "two_equal_lengths": ({"raw": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"}, None),
    "two_lengths": ({"raw": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nhello"},
                    "delivered"),
    "length_and_chunked": ({"raw": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
                                   "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}, "delivered"),
    "bad_length": ({"raw": "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok"}, "delivered"),
    "negative_length": ({"raw": "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok"}, "delivered"),
    "overflowing_length": ({"raw": "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nok"},
                           None),
    "bad_chunk_size": ({"raw": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n"},
                       "delivered"),
    "overflowing_chunk": ({"raw": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "fffffffffffffffff\r\nok"},
                          None),
    "chunk_without_end": ({"raw": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokXX0\r\n\r\n"},
                          "delivered"),
    "not_http": ({"raw": "SSH-2.0-OpenSSH_9.2\r\n", "after": "close"}, "retry"),
    "binary": ({"raw_hex": "00ff15030300020228" * 8, "after": "close"}, "retry"),
    "http_2": ({"raw_hex": "00000604000000000000030000006400000408000000000000ff0001", "after": "close"},
               "retry"),
    "bad_status": ({"raw": "HTTP/1.1 20x OK\r\nContent-Length: 0\r\n\r\n", "after": "close"}, "retry"),
    "short_body": ({"raw": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "after": "close"}, "delivered"),
    "extra_bytes": ({"raw": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n"}, "delivered"),
}

TIMING = {
    "drip": ({"status": 200, "type": JSON, "body": STUDIO, "drip": {"bytes": 1, "ms": 1}}, "delivered"),
    "slow": ({"status": 200, "delay_ms": 300}, "delivered"),
    "silent": ({"silent": True}, "retry"),
    "head_then_silent": ({"raw": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "after": "silent"},
                         "delivered"),
    "early_413": ({"status": 413, "early": 0, "after": "drain"}, "split"),
    "early_413_reset": ({"status": 413, "early": 0, "after": "reset"}, None),
    "early_503": ({"status": 503, "early": 16, "after": "drain"}, "retry"),
    "early_200": ({"status": 200, "early": 16, "after": "drain"}, None),
    "close_unasked": ({"close_unasked": True}, "retry"),
    "reset_unasked": ({"close_unasked": True, "how": "reset"}, "retry"),
    "ok_then_close": ({"status": 200, "after": "close"}, "delivered"),
    "ok_then_reset": ({"status": 200, "after": "reset"}, "delivered"),
    "ok_announced_close": ({"status": 200, "after": "announce"}, "delivered"),
    "ok_then_truncate": ({"status": 200, "after": "truncate"}, "delivered"),
    "cut_request": ({"cut_request": 40}, "retry"),
    "cut_answer": ({"status": 200, "cut_answer": 20}, "delivered"),
}

ROWS = {**status_rows(), **FRAMING, **TIMING}

# Faults of a complete connection, "connections" in a script, and the reaction of uspan that is required.
CONNECTIONS = {
    "fine": ({}, "delivered"),
    "accept_close": ({"fault": "close"}, "retry"),
    "accept_reset": ({"fault": "reset"}, "retry"),
    "accept_silent": ({"fault": "silent"}, "retry"),
    "slow_wire": ({"raw_drip": {"bytes": 16, "ms": 1}}, "delivered"),
    "hello_close": ({"fault": "hello_close"}, "retry"),
    "hello_reset": ({"fault": "hello_reset"}, "retry"),
    "plain_on_tls": ({"fault": "plain"}, "retry"),
    "garbage_on_tls": ({"fault": "garbage"}, "retry"),
    "tls_1_0": ({"tls_min": "1.0", "tls_max": "1.0"}, "retry"),
    "tls_1_1": ({"tls_min": "1.1", "tls_max": "1.1"}, "retry"),
    "tls_1_2": ({"tls_max": "1.2"}, "delivered"),
    "tls_1_3": ({"tls_min": "1.3"}, "delivered"),
    "chain": ({"cert": "chain"}, "delivered"),
    "expired": ({"cert": "expired"}, "config"),
    "not_yet": ({"cert": "not_yet"}, "config"),
    "wrong_host": ({"cert": "wrong_host"}, "config"),
    "other_ca": ({"cert": "other_ca"}, "config"),
    "self_signed": ({"cert": "self_signed"}, "config"),
    "client_as_server": ({"cert": "client_as_server"}, "config"),
    "no_client_certificate": ({"client": "required"}, None),
}
