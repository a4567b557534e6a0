"""What a policy plugin in Python needs besides the language.

Comes from `smpp-connector plugin new`; change it if you like. The types of questions and answers are dataclasses of
`wit_world`, which the build makes of the contract: `wit_world.exports.inbound.Answer_Receipt`, for instance.
"""

import json
from enum import IntEnum
from typing import Any, Optional, Sequence

from componentize_py_types import Err
from wit_world.imports import call_context, charset, logging, metrics
from wit_world.imports import smpp_operator_policy_types as types

# Faults, to be raised: `raise smpp.malformed("no number")`. Counted by kind; then the operator's on_failure decides.


def unsupported(text: str) -> Err:
    return Err(types.Fault_Unsupported(text))


def malformed(text: str) -> Err:
    return Err(types.Fault_Malformed(text))


def misconfigured(text: str) -> Err:
    return Err(types.Fault_Misconfigured(text))


def other(text: str) -> Err:
    return Err(types.Fault_Other(text))


# What a hook may know besides its arguments.


def operator() -> str:
    """Id of the operator that this instance serves."""
    return call_context.operator()


def now_ms() -> int:
    """Time of this call in milliseconds since 1970, fixed for its whole length. `time.time()` gives the same."""
    return call_context.now_ms()


_settings: Optional[dict[str, Any]] = None


def settings() -> dict[str, Any]:
    """The settings of the operator's file, parsed once. Fixed for the life of an instance."""
    global _settings
    if _settings is None:
        _settings = json.loads(call_context.settings() or "{}") or {}
    return _settings


class log:
    """The gateway's log: `smpp.log.warn("odd receipt", state=reading.raw_state)`. Limited to 100 lines a second."""

    @staticmethod
    def _write(level: logging.Level, message: str, fields: dict[str, Any]) -> None:
        logging.log(level, message, [(name, str(value)) for name, value in fields.items()])

    @staticmethod
    def debug(message: str, **fields: Any) -> None:
        log._write(logging.Level.DEBUG, message, fields)

    @staticmethod
    def info(message: str, **fields: Any) -> None:
        log._write(logging.Level.INFO, message, fields)

    @staticmethod
    def warn(message: str, **fields: Any) -> None:
        log._write(logging.Level.WARN, message, fields)

    @staticmethod
    def error(message: str, **fields: Any) -> None:
        log._write(logging.Level.ERROR, message, fields)


def count(counter: str, amount: int = 1) -> None:
    """Adds to a counter that plugin.toml declares."""
    metrics.add(counter, amount)


def gsm7_septets(text: str) -> Optional[int]:
    """Length in GSM 7-bit septets; None if a character is not in the tables."""
    return charset.gsm7_septets(text)


# The protocol.


class Tag(IntEnum):
    """Tags of SMPP 3.4, section 5.3.2."""

    RECEIPTED_MESSAGE_ID = 0x001E
    SOURCE_PORT = 0x020A
    DESTINATION_PORT = 0x020B
    SAR_MSG_REF_NUM = 0x020C
    LANGUAGE_INDICATOR = 0x020D
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class Status(IntEnum):
    """Values of command_status of SMPP 3.4, section 5.1.3."""

    OK = 0x00
    INVALID_SOURCE = 0x0A
    INVALID_DESTINATION = 0x0B
    BIND_FAILED = 0x0D
    MESSAGE_QUEUE_FULL = 0x14
    INVALID_ESM_CLASS = 0x43
    SUBMIT_FAILED = 0x45
    THROTTLED = 0x58
    UNKNOWN_ERROR = 0xFF


def tlv(pdu: Any, tag: int) -> Optional[bytes]:
    """The value of a TLV of a PDU; None if it has none of this tag."""
    return next((one.value for one in pdu.tlvs if one.tag == tag), None)


def decimal_id(raw: str, base: int) -> str:
    """An id as the decimal form of its number, of at most 128 bits: one key for every way to write it."""
    digits = raw.strip(" \t\r\n\0")
    allowed, most = ("0123456789", 39) if base == 10 else ("0123456789abcdef", 32)
    if not 1 <= len(digits) <= most or any(digit not in allowed for digit in digits.lower()):
        raise malformed(f"{raw!r} is no number in base {base}")
    return str(int(digits, base))


class Document:
    """A settings document under examination, for `Settings.validate`.

    Ask for each setting that the plugin knows, then return `problems()`. What nobody asked for is a problem, too.
    """

    def __init__(self, text: str) -> None:
        self._settings: dict[str, Any] = {}
        self._known: list[str] = []
        self._problems: list[tuple[str, str]] = []
        try:
            given = json.loads(text or "{}") or {}
            if isinstance(given, dict):
                self._settings = given
            else:
                self._problems.append(("", "settings must be a JSON object"))
        except ValueError as error:
            self._problems.append(("", f"not JSON: {error}"))

    def text(self, key: str, least: int = 1, most: int = 1000) -> Optional[str]:
        """An optional text of so many characters."""
        value = self._take(key)
        if value is None or isinstance(value, str) and least <= len(value) <= most:
            return value
        return self._wrong([key], value, f"a text of {least} to {most} characters")

    def integer(self, key: str, least: int, most: int) -> Optional[int]:
        """An optional whole number."""
        value = self._take(key)
        if value is None or type(value) is int and least <= value <= most:
            return value
        return self._wrong([key], value, f"a whole number from {least} to {most}")

    def word(self, key: str, words: Sequence[str]) -> Optional[str]:
        """An optional word out of a few."""
        value = self._take(key)
        if value is None or value in words:
            return value
        return self._wrong([key], value, f"one of {', '.join(words)}")

    def table(self, key: str, words: Sequence[str]) -> Optional[dict[str, str]]:
        """An optional table whose values are words out of a few."""
        value = self._take(key)
        if value is not None and not isinstance(value, dict):
            return self._wrong([key], value, "a table")
        for name, word in (value or {}).items():
            if word not in words:
                self._wrong([key, name], word, f"one of {', '.join(words)}")
        return value

    def problem(self, key: str, message: str) -> None:
        """Reports something about a setting."""
        self._problems.append((_pointer([key]), message))

    def problems(self) -> list:
        """Every problem found."""
        from wit_world.exports.settings import Problem

        names = f"this plugin knows {', '.join(self._known)}" if self._known else "this plugin has no settings"
        strange = [key for key in self._settings if key not in self._known]
        found = self._problems + [(_pointer([key]), f"unknown setting: {names}") for key in strange]
        return [Problem(path, message) for path, message in found]

    def _take(self, key: str) -> Any:
        self._known.append(key)
        return self._settings.get(key)

    def _wrong(self, keys: list[str], value: Any, what: str) -> None:
        self._problems.append((_pointer(keys), f"must be {what}, is {json.dumps(value)}"))


def _pointer(keys: list[str]) -> str:
    """RFC 6901: `~` and `/` are escaped."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
