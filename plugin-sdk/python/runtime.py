"""Stands between the gateway and the plugin's own module, in every component made of Python."""

import _strptime  # noqa: F401: datetime imports it when it is first used
import builtins
import codecs
import sys
import time
from dataclasses import fields, is_dataclass
from enum import Enum
from types import UnionType
from typing import Any, Callable, Optional, Union, get_args, get_origin, get_type_hints

from componentize_py_types import Err
from wit_world.imports import call_context, logging
from wit_world.imports import smpp_operator_policy_types as types

# Of operators' texts, and of what Python writes into octets.
ENCODINGS = ["ascii", "cp1252", "cp437", "hex", "iso8859-15", "latin-1", "utf-16", "utf-16-be", "utf-16-le", "utf-8"]

FAULTS = (types.Fault_Unsupported, types.Fault_Malformed, types.Fault_Misconfigured, types.Fault_Other)


class Lines:
    """What the plugin prints goes to the gateway's log, line by line."""

    def __init__(self, level: logging.Level) -> None:
        self.level = level
        self.line = ""

    def write(self, text: str) -> int:
        *lines, self.line = (self.line + text).split("\n")
        for line in lines:
            if line:
                logging.log(self.level, line, [])
        return len(text)

    def flush(self) -> None:
        pass


class NoFiles:
    """Ends the search for a module. A search through files would be a trap without a text."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        raise ImportError(f"{name} cannot be imported in a hook: import it at the top of the plugin's module")


def no_file(*_: Any, **__: Any) -> None:
    raise OSError("a policy has no files")


# What the language itself imports when it is first used.
for name in ENCODINGS:
    codecs.lookup(name)

is_detached = False


def detach() -> None:
    """Takes the machine away, at the first call: a policy has no clock and no files.

    What the language calls the time is the time of the call, so that a recorded call replays to the same answer. Not
    before: componentize-py goes on to import after the plugin's module is loaded.
    """
    global is_detached
    is_detached = True
    sys.meta_path[:] = [finder for finder in sys.meta_path if getattr(finder, "__name__", "") != "PathFinder"]
    sys.meta_path.append(NoFiles)
    builtins.open = no_file
    sys.stdout = Lines(logging.Level.INFO)
    sys.stderr = Lines(logging.Level.WARN)
    time.time = lambda: call_context.now_ms() / 1000
    time.time_ns = lambda: call_context.now_ms() * 1_000_000


def place(error: BaseException) -> str:
    """The last line of the plugin's own code that the error went through.

    Not by the module `traceback`: that looks into the sources, and there are no files.
    """
    found, step = "", error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if "smpp_connector" not in code.co_filename:
            found = f" ({code.co_filename.rsplit('/', 1)[-1]}:{step.tb_lineno} in {code.co_name})"
        step = step.tb_next
    return found


def fault(error: BaseException) -> Err:
    """An exception that left the hook would cost the instance, and its text would be lost."""
    if isinstance(error, Err) and isinstance(error.value, FAULTS):
        return error
    return Err(types.Fault_Other(f"{type(error).__name__}: {error}{place(error)}"))


Check = Callable[[Any], Optional[str]]
MOST = {"u8": 0xFF, "u16": 0xFFFF, "u32": 0xFFFFFFFF}
# By the names of fields: the bindings call all of them int.
WIDTHS = {
    **dict.fromkeys(["reference", "max_octets", "tag"], MOST["u16"]),
    **dict.fromkeys(["after_ms", "max_attempts", "pause_ms", "max_rate"], MOST["u32"]),
}


def wrong(what: str, value: Any) -> str:
    return f"must be {what}, is {value!r:.80}"


def checker(hint: Any, most: int = MOST["u8"]) -> Check:
    """A check of a value against its type: a value of another type would end in a trap without a text."""
    if hint is int:
        return lambda value: (
            None
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
            else wrong(f"a whole number from 0 to {most}", value)
        )
    if get_origin(hint) in (Union, UnionType):
        return union(get_args(hint), most)
    if get_origin(hint) is list:
        return sequence(checker(get_args(hint)[0]))
    if hint is type(None):
        return lambda value: None if value is None else wrong("None", value)
    if is_dataclass(hint):
        return record(hint)
    name = "a member of " + hint.__qualname__ if issubclass(hint, Enum) else hint.__name__
    return lambda value: None if isinstance(value, hint) else wrong(name, value)


def union(choices: tuple, most: int) -> Check:
    if type(None) in choices:
        rest = checker(Union[tuple(choice for choice in choices if choice is not type(None))], most)
        return lambda value: None if value is None else rest(value)
    known = {choice: checker(choice) for choice in choices}
    names = ", ".join(choice.__name__ for choice in choices)

    def check(value: Any) -> Optional[str]:
        inner = known.get(type(value))
        return inner(value) if inner else wrong(f"one of {names}", value)

    return check


def sequence(inner: Check) -> Check:
    def check(value: Any) -> Optional[str]:
        if not isinstance(value, list):
            return wrong("a list", value)
        for at, item in enumerate(value):
            problem = inner(item)
            if problem:
                return f"[{at}] {problem}"
        return None

    return check


def record(kind: type) -> Check:
    # Handles of the growth points: nobody can make one.
    hints = get_type_hints(kind) if not kind.__name__.endswith("_Extra") else {}
    checks = []
    for field in fields(kind):
        most = WIDTHS.get(field.name, MOST["u8"])
        # `message-payload` counts above 65,535, and a refusal of `inbound` is a command_status.
        if (kind.__name__, field.name) in (("PayloadPlan", "max_octets"), ("Answer_Refuse", "value")):
            most = MOST["u32"]
        if field.name in hints:
            checks.append((field.name, checker(hints[field.name], most)))

    def check(value: Any) -> Optional[str]:
        if not isinstance(value, kind):
            return wrong(kind.__name__, value)
        for name, inner in checks:
            problem = inner(getattr(value, name))
            if problem:
                return f"{kind.__name__}.{name} {problem}"
        return None

    return check


def own_hook(module: Any, group: str, name: str, call: str) -> Callable:
    given = getattr(getattr(module, group, None), call, None)
    if given is None:
        raise SystemExit(
            f"plugin.toml names the hook `{name}`, but the entry has no class {group} with a method {call}"
        )
    return getattr(getattr(module, group)(), call)


def settings_hook(module: Any) -> Callable:
    """`settings.validate`: the plugin returns a list of problems, or raises Err with one."""
    from wit_world.exports.settings import Problem

    given = own_hook(module, "Settings", "settings", "validate")
    check = sequence(record(Problem))

    def validate(document: str) -> None:
        if not is_detached:
            detach()
        try:
            problems = given(document) or []
        except Exception as error:
            listed = isinstance(error, Err) and isinstance(error.value, list)
            problems = error.value if listed else [Problem("", fault(error).value.value)]
        problem = check(problems)
        if problem:
            problems = [Problem("", f"settings.validate gave no answer of the contract: {problem}")]
        if problems:
            raise Err(problems)

    return validate


def hook(module: Any, group: str, name: str, call: str, answers: Any) -> Callable:
    """A hook of the plugin's module as the gateway calls it."""
    given = own_hook(module, group, name, call)
    check = checker(answers.Answer if name != "message-ids" else Optional[str])
    abstain = answers.Answer_HostDefault() if name != "message-ids" else None

    def answer(*question: Any) -> Any:
        if not is_detached:
            detach()
        try:
            said = given(*question)
        except Exception as error:
            raise fault(error) from None
        said = abstain if said is None else said
        problem = check(said)
        if problem:
            raise Err(types.Fault_Other(f"{name}.{call} gave no answer of the contract: {problem}"))
        return said

    return answer


def complete(module: Any, every: dict[str, str], named: list[str]) -> None:
    """Every hook that the module has must be named, too: one that is forgotten in plugin.toml would never run."""
    for group, name in every.items():
        if group in vars(module) and name not in named:
            raise SystemExit(f"the entry has a class {group}, but plugin.toml does not name the hook `{name}`")
