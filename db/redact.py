"""Keep passwords and keys out of what is printed, logged or raised."""

import re

HIDDEN = "***"
NAMES = "password|passwd|pwd|secret|token|access_key|secret_access_key|api_key|session_token|sslpassword"
VALUE = r"""'(?:[^'\\]|\\.|'')*'|"[^"]*"|[^\s'",;&)]+"""
# password=..., PASSWORD '...', token: ...
ASSIGNED = re.compile(rf"(?i)({NAMES})(['\"]?\s*[=:]\s*|\s+(?=['\"]))({VALUE})")
# postgres://user:password@host
IN_URI = re.compile(r"(://[^\s:/@'\"]{0,200}):[^\s'\"]{0,2000}@")


def hidden(text: str) -> str:
    """``text`` with every password, secret and token in it replaced by asterisks."""
    return ASSIGNED.sub(rf"\1\2{HIDDEN}", IN_URI.sub(rf"\1:{HIDDEN}@", text))
