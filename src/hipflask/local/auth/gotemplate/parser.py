"""Turn the scanned template into nodes. Unknown functions and variables are found here."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from hipflask.local.auth.gotemplate import nodes
from hipflask.local.auth.gotemplate.expressions import Scope, Words
from hipflask.local.auth.gotemplate.scanner import Action, TemplateError, Text, scan


@dataclass
class Parsed:
    """The template itself and those that it defines by name."""

    body: tuple[nodes.Node, ...] = ()
    defined: dict[str, tuple[nodes.Node, ...]] = field(default_factory=dict)


def parse(name: str, source: str, functions: Collection[str]) -> Parsed:
    """Parse a template; raise TemplateError with file and line if it is malformed."""
    return _Parser(name, source, functions).template()


class _Parser:
    def __init__(self, name: str, source: str, functions: Collection[str]) -> None:
        self._scope = Scope(name, functions)
        self._segments: Iterator[Text | Action] = scan(name, source)
        self._last_line = source.count("\n") + 1
        self._loops = 0
        self._parsed = Parsed()

    def template(self) -> Parsed:
        body, stopped_by = self._until_end()
        if stopped_by is not None:
            raise self._error(stopped_by.line, f"unexpected {{{{{_first(stopped_by)}}}}}")
        self._parsed.body = body
        return self._parsed

    def _error(self, line: int, reason: str) -> TemplateError:
        return self._scope.error(line, reason)

    def _until_end(self) -> tuple[tuple[nodes.Node, ...], Action | None]:
        """Read nodes up to the next ``end`` or ``else``, which is returned."""
        found: list[nodes.Node] = []
        for segment in self._segments:
            if isinstance(segment, Text):
                found.append(nodes.Literal(segment.text))
            elif _first(segment) in ("end", "else"):
                return tuple(found), segment
            else:
                node = self._action(segment)
                if node is not None:
                    found.append(node)
        return tuple(found), None

    def _action(self, action: Action) -> nodes.Node | None:
        words = Words(self._scope, action)
        match _first(action):
            case "if" | "with" as word:
                words.take()
                return self._branch(words, word)
            case "range":
                words.take()
                return self._loop(words)
            case "define":
                words.take()
                self._define(words)
                return None
            case "block":
                words.take()
                return self._block(words)
            case "template":
                words.take()
                return self._call(words)
            case "break" | "continue" as word:
                words.take()
                words.finish()
                if not self._loops:
                    raise self._error(action.line, f"{{{{{word}}}}} outside of range")
                return nodes.Jump(word)
            case _:
                pipeline = words.pipeline("an action")
                words.finish()
                return nodes.Output(pipeline)

    def _body(self, opened_by: str, line: int) -> tuple[tuple[nodes.Node, ...], Action]:
        body, stopped_by = self._until_end()
        if stopped_by is None:
            raise self._error(self._last_line, f"{{{{{opened_by}}}}} of line {line} has no end")
        return body, stopped_by

    def _branch(self, words: Words, word: str) -> nodes.Branch:
        known = len(self._scope.variables)
        pipeline = words.pipeline(word)
        words.finish()
        body, stop = self._body(word, words.line)
        otherwise: tuple[nodes.Node, ...] = ()
        if _first(stop) == "else":
            after = Words(self._scope, stop)
            after.take()
            chained = after.peek_word()
            if chained in ("if", "with"):
                after.take()
                otherwise = (self._branch(after, chained),)
            else:
                otherwise = self._else(after, word)
        del self._scope.variables[known:]
        return nodes.Branch(pipeline, body, otherwise, moves_dot=word == "with")

    def _else(self, words: Words, word: str) -> tuple[nodes.Node, ...]:
        words.finish()
        body, stop = self._body(word, words.line)
        if _first(stop) != "end":
            raise self._error(stop.line, "second {{else}}")
        Words(self._scope, stop, skip=1).finish()
        return body

    def _loop(self, words: Words) -> nodes.Loop:
        known = len(self._scope.variables)
        pipeline = words.pipeline("range", in_range=True)
        words.finish()
        self._loops += 1
        body, stop = self._body("range", words.line)
        self._loops -= 1
        otherwise: tuple[nodes.Node, ...] = ()
        if _first(stop) == "else":
            otherwise = self._else(Words(self._scope, stop, skip=1), "range")
        del self._scope.variables[known:]
        return nodes.Loop(pipeline, body, otherwise)

    def _named_body(self, name: str, line: int, word: str) -> None:
        """Read the body of ``define`` or ``block``, where outer variables are not seen."""
        outer, loops = self._scope.variables, self._loops
        self._scope.variables, self._loops = ["$"], 0
        body, stop = self._body(word, line)
        if _first(stop) != "end":
            raise self._error(stop.line, "unexpected {{else}}")
        self._scope.variables, self._loops = outer, loops
        self._parsed.defined[name] = body

    def _define(self, words: Words) -> None:
        name = words.string("define")
        words.finish()
        self._named_body(name, words.line, "define")

    def _block(self, words: Words) -> nodes.Call:
        name = words.string("block")
        pipeline = words.pipeline("block")
        words.finish()
        self._named_body(name, words.line, "block")
        return nodes.Call(name, pipeline, words.line)

    def _call(self, words: Words) -> nodes.Call:
        name = words.string("template")
        pipeline = None if words.at_end() else words.pipeline("template")
        words.finish()
        return nodes.Call(name, pipeline, words.line)


def _first(action: Action) -> str:
    for token in action.tokens:
        if token.kind != "space":
            return token.text
    return ""
