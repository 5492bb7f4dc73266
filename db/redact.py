"""Keep passwords, keys and control characters out of what is printed, logged or raised."""

import re
from collections.abc import Mapping
from typing import Any

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


# Controls but for line breaks and tabs; what turns the direction of text; what has no width, by which two
# equal names differ. The joiners U+200C and U+200D stay: Persian and Indic words are written with them.
CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    """``text`` with every control character spelled out, so that it can't steer a terminal or a page."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def printable_parts(value: Any) -> Any:
    """``value``, of the kinds that JSON has, with every text in it as ``printable`` gives it."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {printable_parts(key): printable_parts(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [printable_parts(inner) for inner in value]
    return value


def hidden(text: str) -> str:
    """``text`` with every password, secret and token in it replaced by asterisks."""
    return ASSIGNED.sub(rf"\1\2{HIDDEN}", IN_URI.sub(rf"\1:{HIDDEN}@", text))
