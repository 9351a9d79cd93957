"""wire_cases.py: compares wire readers with the vendors' own Python clients, OpenAI's, Anthropic's and Google's, on the same
bytes: all exchanges of tests/wire/cases in their dialects.

Invariant: everything that a client reads without an error is in the span too: text, tool calls, finish reason and tokens. If
both differ on purpose, REASONS gives the reason."""
import base64
import json
import os
import subprocess
import sys

from tools import HOST, OUT, ROOT, child, clean_environment

os.environ.setdefault("USPAN_BUILD_DIR", str(HOST))
sys.path.insert(0, str(ROOT / "tests" / "wire"))
from exchanges import Replayer, cases  # noqa: E402

PYTHON = OUT / "models" / "bin" / "python"
HERE = os.path.dirname(os.path.abspath(__file__))
DIALECTS = {"/chat/completions": "chat", "/responses": "responses", "/v1/messages": "messages",
            ":generateContent": "gemini", ":streamGenerateContent": "gemini"}
LEAST = 200  # cases that a client reads
# Deliberate differences of the span: the reason, the field, and the cases.
REASONS = (
    ("the client joins ids and names that are told again, and calls of one index", "calls", """b_args_cumulative
     b_args_cumulative_names_once b_empty_object_before_pieces b_glm4_new_id_each_piece b_id_of_each_piece
     b_ids_zero_and_one b_lmdeploy_empty_ids b_name_empty_then_name b_name_whole_each_piece_no_id b_repeat_id_name_empty_args
     b_same_call_at_two_indices b_same_name_twice_no_ids b_second_call_new_id_same_index_pieces e_args_told_twice
     e_args_told_twice_in_pieces m_tool_name_repeated_no_id tools_all_index_0 tools_id_repeated tools_no_index_no_id"""),
    ("the client has calls of that kind elsewhere", "calls", """b_function_call_and_null_tool_calls b_function_call_legacy
     b_function_call_legacy_whole d_content_output_text_and_function_call k_resp_computer_and_shell k_resp_custom_tool_whole
     k_resp_image_generation k_resp_items_begin_unfinished k_resp_local_shell k_resp_mcp_whole k_resp_shell_apply_patch_whole
     m_ant_mcp_tool m_groq_executed_tools m_groq_executed_tools_stream
     d_content_tool_use_part d_resp_error_of_item j_gigachat_precached"""),
    ("the client makes a call of each piece of Gemini's partial arguments", "calls", "b_gem_partial_args"),
    ("the client joins a text that each piece repeats", "text", """e_cumulative_cjk e_cumulative_content_delta
     e_cumulative_content_short_start e_cumulative_reasoning_then_content"""),
    ("an id that is a number becomes a text", "calls", "b_id_is_a_number"),
    ("NaN in arguments is no JSON, so they stay a text", "calls", "l_nan_in_arguments"),
    ("an id of more than 64 bytes is cut and counted", "calls", "c_id_65_bytes_cut c_thought_signature_in_id"),
    ("a word of more than 40 bytes is cut and counted", "finish", "f_reason_of_45_bytes"),
    ("the client has a transcript elsewhere", "text", "d_audio_message_whole d_audio_stream"),
    ("the client keeps a list or an object as it is, or drops pieces of one", "text", """d_content_list_of_strings
     d_content_object d_content_output_text_and_function_call d_content_tool_use_part d_databricks_summary_whole
     d_mistral_reference_chunk e_content_tool_use_beside_tool_calls
     mistral_content_list_stream mistral_content_list_whole"""),
    ("the client does not look into a wrapped answer", "text", "d_gem_code_assist_stream d_gem_in_response"),
    ("the client does not look into a wrapped answer", "finish", "d_gem_code_assist_stream d_gem_in_response"),
    ("a response that waits has no finish reason", "finish", "h_resp_in_progress h_resp_queued"),
    ("the client wants the other spelling", "finish", "d_gem_snake_call"),
    ("the client tells why there is no answer elsewhere", "finish", "f_gem_prohibited_prompt gem_blocked i_gem_blocked_stream"),
    ("the last reason with a meaning counts, and the reason before the status", "finish", """f_resp_incomplete_max_tokens
     f_stop_then_tool_calls f_tool_calls_then_stop f_two_finish_two_choices resp_status_failed_null_error"""),
    ("the client does not say that an answer broke off, or misses an error that is no event", "finish", """g_broke_off
     g_done_cut i_error_before_text_midstream i_error_event_no_blank_line i_llamacpp_error_field i_raw_error_line
     l_chunk_then_pretty_error l_truncated_in_escape"""),
    ("the conventions' counts include cache and reasoning, and never shrink", "usage", """j_ant_cache_parts j_perplexity_reasoning
     j_usage_twice_smaller j_vertex_gemini_compat j_vertex_openai_reasoning_apart j_xai_live j_xai_reasoning_apart
     m_gem_compat_total"""),
    ("the client does not read such framing", "text", """bom_sse l_data_array l_gem_list_one_whole
     l_ndjson_mixed_data l_nul_keepalives"""),
    ("the client does not read such framing", "finish", "l_data_array l_gem_list_one_whole l_no_final_newline"),
    ("a long answer is cut and counted", "text", "m_long_answer_cut"),
    ("half a surrogate pair is U+FFFD, or left out in a stream", "text",
     "l_half_surrogate_alone l_half_surrogates_of_two_members surrogates_escaped"),
    ("the second delta begins with the first, so it is taken for a repeat, and counted when that shows", "text",
     "e_second_piece_begins_by_chance"),
    ("the client knows arguments by one name only", "calls", "d_call_parameters"),
    ("a count is a number of at most 64 bits", "usage", "j_token_count_long_text usage_strings"),
    ("an empty reason is none", "finish", "f_geniex_empty_reason_never_ends"),
    ("the client knows counts by other names", "usage", "j_input_tokens_details"),
)
EXPLAINED = {(name, what) for _, what, names in REASONS for name in names.split()}


def dialect_of(case):
    path = case.url.split("?")[0]
    return next((dialect for end, dialect in DIALECTS.items() if path.endswith(end)), None)


def is_streamed(case):
    return b'"stream":true' in case.request.replace(b" ", b"") or ":stream" in case.url


def as_json(value):
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def said(span):
    messages = json.loads(span["attrs"].get("gen_ai.output.messages", "[]"))[:1]
    parts = [part for message in messages for part in message["parts"]]
    return {"text": "".join(part["content"] for part in parts if part["type"] == "text" and not part.get("thought")),
            "calls": [[part.get("id") or None, part["name"], part.get("arguments")] for part in parts
                      if part["type"] == "tool_call"],
            "finish": next(iter(span["attrs"].get("gen_ai.response.finish_reasons", [])), None),
            "usage": [span["attrs"].get(f"gen_ai.usage.{way}_tokens", 0) for way in ("input", "output")]}


def faults_of(case, reported, span):
    there = said(span)
    reported["calls"] = [[id_ or None, name, as_json(arguments)] for id_, name, arguments in reported["calls"]]
    if reported["usage"] is None:
        reported["usage"] = there["usage"] = [0, 0]
    reported["usage"] = [max(int(count or 0), 0) if count == count else 0 for count in reported["usage"]]  # NaN is no count
    return [f"{key}: the client has {reported[key]!r}, the span {there[key]!r}" for key in reported
            if reported[key] != there[key] and (case.name, key) not in EXPLAINED]


def run(tally):
    wrong, read, failed = [], 0, {}
    with open(OUT / "case_clients.log", "w", encoding="utf-8") as log, Replayer() as replayer, child(
            [PYTHON, "-B", os.path.join(HERE, "case_clients.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            text=True, env=clean_environment()) as clients:
        for case in cases():
            dialect = dialect_of(case)
            if dialect is None or case.status != 200 or not case.request.strip().startswith(b"{"):
                continue
            job = {"name": case.name, "dialect": dialect, "streamed": is_streamed(case),
                   "request": json.loads(case.request, strict=False), "answer": base64.b64encode(case.response).decode()}
            clients.stdin.write(json.dumps(job) + "\n")
            clients.stdin.flush()
            reported = json.loads(clients.stdout.readline())
            if "failed" in reported:
                failed[case.name] = reported["failed"]
                continue
            read += 1
            wrong += [f"{case.name}: {fault}" for fault in faults_of(case, reported, replayer.play(case))]
    (OUT / "case_clients.json").write_text(json.dumps(failed, indent=1), encoding="utf-8")
    tally.check(f"{read} answers that the vendors' clients read, of {read + len(failed)}", wrong
                + [f"only {read} were read"] * (read < LEAST))


if __name__ == "__main__":
    sys.exit("wire_cases.py is a part of run.py")
