// Why a guard of MCP refuses a call that no mandate would help. Their answers are in src/adapters/mcp/refusals.ts.

/** The body or a header is not what MCP takes, or the operator lists no such tool, method or origin. */
export type CallRefusal =
  | 'not_json'
  | 'too_deep'
  | 'inexact_number'
  | 'unsafe_text'
  | 'batch'
  | 'not_a_message'
  | 'unknown_member'
  | 'other_spelling'
  | 'invalid_params'
  | 'header_mismatch'
  | 'invalid_session_id'
  | 'unexpected_body'
  | 'unexpected_upgrade'
  | 'unlisted_tool'
  | 'unlisted_method'
  | 'origin_not_allowed'
  | 'unknown_session'
  | 'method_not_allowed'
  | 'too_large'
  | 'wrong_content'
