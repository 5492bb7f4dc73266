"""Keep passwords, keys and control characters out of what is printed, logged or raised."""

import re

HIDDEN = "***"
NAMES = (
    "password|passwd|pwd|secret|token|access_key|secret_access_key|api_key|session_token|sslpassword|"
    "signature|[?&]sig"
)
VALUE = r"""'(?:[^'\\]|\\.|'')*'|"[^"]*"|[^\s'",;&)]+"""
# password=..., PASSWORD '...', token: ...
ASSIGNED = re.compile(rf"(?i)({NAMES})(['\"]?\s*[=:]\s*|\s+(?=['\"]))({VALUE})")
# postgres://user:password@host
IN_URI = re.compile(r"(://[^\s:/@'\"]{0,200}):[^\s'\"]{0,2000}@")


# Controls but for line breaks and tabs, and what turns the direction of text.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """``text`` with every control character spelled out, so that it can't steer a terminal."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def hidden(text: str) -> str:
    """``text`` with every password, secret and token in it replaced by asterisks."""
    return ASSIGNED.sub(rf"\1\2{HIDDEN}", IN_URI.sub(rf"\1:{HIDDEN}@", text))
