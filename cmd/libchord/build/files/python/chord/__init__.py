"""Language models from GGUF files, through chord's C library.

    import chord

    with chord.Model("model.gguf") as m:
        for piece in m.generate("Once upon a time", max_tokens=64):
            print(piece, end="", flush=True)

Parameters are those of chord.Params and chord.ChatParams, by the names that they have
in JSON. The library is found by the variable CHORD_LIBRARY, beside this package, or
where the system looks for libraries.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, TypeVar

from . import _library as _c
from ._library import ChordError

__all__ = ["Adapter", "ChordError", "Model", "Session", "Text", "features", "version"]

Message = Dict[str, Any]

_H = TypeVar("_H", bound="_Handle")


def version() -> str:
    """The version of the library."""
    return _c.lib.chord_version().decode()


def features() -> Dict[str, Any]:
    """What the library can do here."""
    return json.loads(_c.lib.chord_features())


class _Handle:
    """Something of the library that is closed once."""

    def __init__(self, handle: int, close: Callable[[int], int], owner: Optional[_Handle] = None) -> None:
        self._handle = handle
        self._close = close
        self._owner = owner  # which is not closed before it

    def close(self) -> None:
        """Releases it. Later calls do nothing."""
        handle, self._handle = self._handle, 0
        if handle:
            _c.check(self._close(handle))

    def __enter__(self: _H) -> _H:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", 0):
            try:
                self.close()
            except ChordError:
                pass  # the model was closed before it


class Text(_Handle):
    """A text that is being generated: an iterator over its pieces."""

    result: Optional[Dict[str, Any]]
    """How it ended and how many tokens it has, after the last piece."""

    def __init__(self, handle: int, owner: _Handle) -> None:
        super().__init__(handle, _c.lib.chord_free, owner)
        self.result = None

    def events(self) -> Iterator[Dict[str, Any]]:
        """All events: content, reasoning, tool_call, token and result."""
        while self._handle:
            event = _c.next_event(self._handle)
            if event is None:
                self.close()
                return
            self.result = event.get("result", self.result)
            yield event

    def __iter__(self) -> Iterator[str]:
        for event in self.events():
            if "content" in event:
                yield event["content"]

    def read(self) -> str:
        """The rest of the text."""
        return "".join(self)

    def cancel(self) -> None:
        """Ends the text, from any thread: its iterator raises ChordError."""
        if self._handle:
            _c.check(_c.lib.chord_cancel(self._handle))


class Adapter(_Handle):
    """A LoRA adapter of a model, for the parameter lora=[(adapter, scale)]."""

    def info(self) -> Dict[str, Any]:
        """Its name, rank and size."""
        return json.loads(_c.text(_c.lib.chord_adapter_info, self._handle))


class Session(_Handle):
    """A text that grows, with its cache."""

    def append(self, text: str) -> None:
        """Adds text."""
        _c.check(_c.lib.chord_session_append(self._handle, _c.encode(text)))

    def generate(self, **params: Any) -> Text:
        """Continues the session."""
        return Text(_c.handle(_c.lib.chord_session_generate, self._handle, _params(params)), self)

    def chat(self, messages: Sequence[Message], **params: Any) -> Text:
        """Answers a chat; the session becomes the prompt and the answer."""
        return Text(_c.handle(_c.lib.chord_session_chat, self._handle, _json(messages), _params(params)), self)

    def tokens(self) -> List[int]:
        """All its tokens."""
        return list(_c.array(_c.c_int, _c.lib.chord_session_tokens, self._handle))

    def rewind(self, n: int) -> None:
        """Drops all tokens but the first n."""
        _c.check(_c.lib.chord_session_rewind(self._handle, n))

    def fork(self) -> Session:
        """Another session with the same tokens."""
        return Session(_c.handle(_c.lib.chord_session_fork, self._handle), _c.lib.chord_session_close, self)

    def save(self) -> bytes:
        """The session as bytes, for Model.restore."""
        return bytes(_c.array(_c.c_ubyte, _c.lib.chord_session_save, self._handle))


class Model(_Handle):
    """An open model. Any number of threads may use it at once."""

    def __init__(self, path: str, on_load: Optional[Callable[[int, int], None]] = None, **options: Any) -> None:
        """Opens the GGUF file at path. Options are those of chord.Options; on_load is
        told the bytes that are loaded, and all of them."""
        super().__init__(_c.open_model(path, _json(options), on_load), _c.lib.chord_close)

    def info(self) -> Dict[str, Any]:
        """Describes the model."""
        return json.loads(_c.text(_c.lib.chord_info, self._handle))

    def metrics(self) -> Dict[str, Any]:
        """Its figures since it was opened."""
        return json.loads(_c.text(_c.lib.chord_metrics, self._handle))

    def tokenize(self, text: str, special: bool = False) -> List[int]:
        """The tokens of a text; with special, names of control tokens become those."""
        b = text.encode()
        return list(_c.array(_c.c_int, _c.lib.chord_tokenize, self._handle, b, len(b), int(special)))

    def detokenize(self, ids: Sequence[int]) -> str:
        """The text of tokens, without those that tokenize adds."""
        return _c.text(_c.lib.chord_detokenize, self._handle, _c.ints(ids), len(ids)).decode(errors="replace")

    def generate(self, prompt: str, **params: Any) -> Text:
        """Continues a prompt; grammar= and json_schema= constrain the text."""
        return Text(_c.handle(_c.lib.chord_generate, self._handle, _c.encode(prompt), _params(params)), self)

    def chat(self, messages: Sequence[Message], **params: Any) -> Text:
        """Answers a chat, messages as in OpenAI's API."""
        return Text(_c.handle(_c.lib.chord_chat, self._handle, _json(messages), _params(params)), self)

    def embed(self, texts: Sequence[str], **options: Any) -> List[List[float]]:
        """The vectors of texts, one each: not with pooling="none"."""
        all = _c.array(_c.c_float, _c.lib.chord_embed, self._handle, _json(texts), _params(options))
        dim = len(all) // max(len(texts), 1)
        return [list(all[i * dim:(i + 1) * dim]) for i in range(len(texts))]

    def rerank(self, query: str, documents: Sequence[str]) -> List[float]:
        """The relevance of documents to a query."""
        return list(_c.array(_c.c_float, _c.lib.chord_rerank, self._handle, _c.encode(query), _json(documents)))

    def score(self, prompt: str, answers: Sequence[str], **options: Any) -> List[float]:
        """The log-probabilities of answers after a prompt."""
        return list(_c.array(_c.c_double, _c.lib.chord_score, self._handle, _c.encode(prompt), _json(answers), _params(options)))

    def logits(self, ids: Sequence[int], want: int = 1, **options: Any) -> List[List[float]]:
        """The logits after each of the last want tokens."""
        all = _c.array(_c.c_float, _c.lib.chord_logits, self._handle, _c.ints(ids), len(ids), want, _params(options))
        n = len(all) // want
        return [list(all[i * n:(i + 1) * n]) for i in range(want)]

    def logprobs(self, ids: Sequence[int], top: int = 0, **options: Any) -> List[Dict[str, Any]]:
        """Each token with its log-probability, and the top likeliest in its place."""
        return json.loads(_c.text(_c.lib.chord_logprobs, self._handle, _c.ints(ids), len(ids), top, _params(options)))

    def session(self) -> Session:
        """An empty session."""
        return Session(_c.handle(_c.lib.chord_session_open, self._handle), _c.lib.chord_session_close, self)

    def restore(self, data: bytes) -> Session:
        """The session that Session.save has given."""
        return Session(_c.handle(_c.lib.chord_session_restore, self._handle, data, len(data)), _c.lib.chord_session_close, self)

    def adapter(self, path: str) -> Adapter:
        """Loads the LoRA adapter in the GGUF file at path."""
        return Adapter(_c.handle(_c.lib.chord_adapter_open, self._handle, _c.encode(path)), _c.lib.chord_adapter_close, self)


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _params(params: Dict[str, Any]) -> bytes:
    if "lora" in params:
        params["lora"] = [{"id": a._handle, "scale": scale} for a, scale in params["lora"]]
    return _json(params)
