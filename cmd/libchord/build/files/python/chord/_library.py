"""The functions of chord.h by ctypes."""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import os
import sys
from ctypes import POINTER, byref, c_char_p, c_double, c_float, c_int, c_size_t, c_ubyte, c_void_p
from typing import Any, Callable, Dict, Optional, Sequence

__all__ = ["c_double", "c_float", "c_int", "c_ubyte"]

_ABI = 1
_OK, _DONE, _BUFFER = 0, 1, 5
_PROGRESS = ctypes.CFUNCTYPE(None, c_size_t, c_size_t, c_void_p)


class ChordError(Exception):
    """An error of the library. Its status is one of chord_status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _names() -> Sequence[str]:
    file = "libchord.1.dylib" if sys.platform == "darwin" else "libchord.so.1"
    here = os.path.dirname(os.path.abspath(__file__))
    beside = [os.path.join(here, file), os.path.join(here, "..", "..", "lib", file)]
    names = [os.environ.get("CHORD_LIBRARY"), *[p for p in beside if os.path.exists(p)], ctypes.util.find_library("chord"), file]
    return [n for n in names if n]


def _load() -> ctypes.CDLL:
    lib = ctypes.CDLL(_names()[0])
    if lib.chord_abi() != _ABI:
        raise ImportError(f"libchord has version {lib.chord_abi()} of its interface, want {_ABI}")
    s, n, text, out = c_size_t, c_size_t, c_char_p, POINTER(c_size_t)
    ints = POINTER(c_int)
    buffer = [c_void_p, n, out]
    for name, args in {
        "on_load": [_PROGRESS, c_void_p],
        "open": [text, text, out],
        "close": [s],
        "info": [s, *buffer],
        "metrics": [s, *buffer],
        "tokenize": [s, text, n, c_int, *buffer],
        "detokenize": [s, ints, n, *buffer],
        "generate": [s, text, text, out],
        "chat": [s, text, text, out],
        "next": [s, *buffer],
        "cancel": [s],
        "free": [s],
        "session_open": [s, out],
        "session_close": [s],
        "session_append": [s, text],
        "session_generate": [s, text, out],
        "session_chat": [s, text, text, out],
        "session_tokens": [s, *buffer],
        "session_rewind": [s, n],
        "session_fork": [s, out],
        "session_save": [s, *buffer],
        "session_restore": [s, text, n, out],
        "adapter_open": [s, text, out],
        "adapter_info": [s, *buffer],
        "adapter_close": [s],
        "embed": [s, text, text, *buffer],
        "rerank": [s, text, text, *buffer],
        "score": [s, text, text, text, *buffer],
        "logits": [s, ints, n, n, text, *buffer],
        "logprobs": [s, ints, n, c_int, text, *buffer],
    }.items():
        function = getattr(lib, "chord_" + name)
        function.argtypes, function.restype = args, None if name == "on_load" else c_int
    for name in "version", "features", "last_error":
        getattr(lib, "chord_" + name).restype = c_char_p
    return lib


lib = _load()


def check(status: int) -> None:
    """Raises what a status says."""
    if status != _OK:
        raise ChordError(status, lib.chord_last_error().decode(errors="replace"))


def encode(text: str) -> bytes:
    """A string for C."""
    b = text.encode()
    if b"\0" in b:
        raise ValueError("the text has a zero")
    return b


def ints(ids: Sequence[int]) -> Any:
    """Tokens for C."""
    return (c_int * len(ids))(*ids)


def handle(function: Callable[..., int], *args: Any) -> int:
    """The handle that a function makes."""
    h = c_size_t()
    check(function(*args, byref(h)))
    return h.value


def array(kind: Any, function: Callable[..., int], *args: Any) -> Any:
    """What a function writes to a buffer, which grows until that fits."""
    n, cap = c_size_t(), 1 << 10
    while True:
        buffer = (kind * cap)()
        status = function(*args, buffer, cap, byref(n))
        if status != _BUFFER:
            check(status)
            return buffer[:n.value]
        cap = n.value + 1


def text(function: Callable[..., int], *args: Any) -> bytes:
    """The text that a function writes."""
    return bytes(array(c_ubyte, function, *args))


def next_event(stream: int) -> Optional[Dict[str, Any]]:
    """The next event of a stream; None at its end."""
    try:
        return json.loads(text(lib.chord_next, stream))
    except ChordError as e:
        if e.status == _DONE:
            return None
        raise


def open_model(path: str, options: bytes, on_load: Optional[Callable[[int, int], None]]) -> int:
    """The handle of the model at path."""
    if on_load is None:
        return handle(lib.chord_open, encode(path), options)
    tell = on_load
    progress = _PROGRESS(lambda done, total, _: tell(done, total))
    lib.chord_on_load(progress, None)
    try:
        return handle(lib.chord_open, encode(path), options)
    finally:
        lib.chord_on_load(_PROGRESS(), None)
