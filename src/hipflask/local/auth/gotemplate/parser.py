"""Turn the scanned template into nodes. Unknown functions and variables are found here."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from hipflask.local.auth.gotemplate import nodes
from hipflask.local.auth.gotemplate.scanner import Action, TemplateError, Text, Token, scan

_CONSTANTS = {"true": True, "false": False, "nil": None}
_WORDS = {
    *("if", "with", "range", "else", "end", "define", "block", "template", "break", "continue"),
}


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
        self._name = name
        self._segments: Iterator[Text | Action] = scan(name, source)
        self._functions = functions
        self._last_line = source.count("\n") + 1
        self._variables = ["$"]
        self._loops = 0
        self._parsed = Parsed()

    def template(self) -> Parsed:
        body, stopped_by = self._until_end()
        if stopped_by is not None:
            raise self._error(stopped_by.line, f"unexpected {{{{{_first(stopped_by)}}}}}")
        self._parsed.body = body
        return self._parsed

    def _error(self, line: int, reason: str) -> TemplateError:
        return TemplateError(self._name, line, reason)

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
        words = _Words(self, action)
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

    def _branch(self, words: _Words, word: str) -> nodes.Branch:
        scope = len(self._variables)
        pipeline = words.pipeline(word)
        words.finish()
        body, stop = self._body(word, words.line)
        otherwise: tuple[nodes.Node, ...] = ()
        if _first(stop) == "else":
            after = _Words(self, stop)
            after.take()
            chained = after.peek_word()
            if chained in ("if", "with"):
                after.take()
                otherwise = (self._branch(after, chained),)
            else:
                otherwise = self._else(after, word)
        del self._variables[scope:]
        return nodes.Branch(pipeline, body, otherwise, moves_dot=word == "with")

    def _else(self, words: _Words, word: str) -> tuple[nodes.Node, ...]:
        words.finish()
        body, stop = self._body(word, words.line)
        if _first(stop) != "end":
            raise self._error(stop.line, "second {{else}}")
        _Words(self, stop, skip=1).finish()
        return body

    def _loop(self, words: _Words) -> nodes.Loop:
        scope = len(self._variables)
        pipeline = words.pipeline("range", in_range=True)
        words.finish()
        self._loops += 1
        body, stop = self._body("range", words.line)
        self._loops -= 1
        otherwise: tuple[nodes.Node, ...] = ()
        if _first(stop) == "else":
            otherwise = self._else(_Words(self, stop, skip=1), "range")
        del self._variables[scope:]
        return nodes.Loop(pipeline, body, otherwise)

    def _named_body(self, name: str, line: int, word: str) -> None:
        """Read the body of ``define`` or ``block``, where outer variables are not seen."""
        outer, loops = self._variables, self._loops
        self._variables, self._loops = ["$"], 0
        body, stop = self._body(word, line)
        if _first(stop) != "end":
            raise self._error(stop.line, "unexpected {{else}}")
        self._variables, self._loops = outer, loops
        self._parsed.defined[name] = body

    def _define(self, words: _Words) -> None:
        name = words.string("define")
        words.finish()
        self._named_body(name, words.line, "define")

    def _block(self, words: _Words) -> nodes.Call:
        name = words.string("block")
        pipeline = words.pipeline("block")
        words.finish()
        self._named_body(name, words.line, "block")
        return nodes.Call(name, pipeline, words.line)

    def _call(self, words: _Words) -> nodes.Call:
        name = words.string("template")
        pipeline = None if words.at_end() else words.pipeline("template")
        words.finish()
        return nodes.Call(name, pipeline, words.line)


def _first(action: Action) -> str:
    for token in action.tokens:
        if token.kind != "space":
            return token.text
    return ""


class _Words:
    """Reads the tokens of one action."""

    def __init__(self, parser: _Parser, action: Action, *, skip: int = 0) -> None:
        self._parser = parser
        self._tokens = action.tokens
        self._position = 0
        self.line = action.line
        for _ in range(skip):
            self.take()

    def _error(self, reason: str) -> TemplateError:
        return self._parser._error(self.line, reason)

    def _spaces(self) -> bool:
        before = self._position
        while self._position < len(self._tokens) and self._tokens[self._position].kind == "space":
            self._position += 1
        return self._position > before

    def peek(self) -> Token | None:
        self._spaces()
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def peek_word(self) -> str:
        token = self.peek()
        return token.text if token is not None and token.kind == "word" else ""

    def at_end(self) -> bool:
        return self.peek() is None

    def take(self) -> Token:
        token = self.peek()
        if token is None:
            raise self._error("action ends too early")
        self._position += 1
        self.line = token.line
        return token

    def finish(self) -> None:
        token = self.peek()
        if token is not None:
            raise self._error(f"unexpected {token.text!r}")

    def string(self, word: str) -> str:
        token = self.take()
        if token.kind not in ("string", "raw"):
            raise self._error(f"{word} needs a name in quotes")
        return str(self._constant(token).value)

    def pipeline(self, place: str, *, in_range: bool = False) -> nodes.Pipeline:
        """Read ``$x := command | command``, up to the end or a closing parenthesis."""
        line = self.line
        variables, declares = self._declaration(in_range=in_range)
        commands = [self._command(place)]
        while (token := self.peek()) is not None and token.kind == "pipe":
            self.take()
            commands.append(self._command(place))
        for command in commands[1:]:
            if not _callable(command.operands[0]):
                raise self._error("only a function may stand after |")
        if declares:
            self._parser._variables.extend(variables)
        return nodes.Pipeline(tuple(commands), variables, declares, line)

    def _declaration(self, *, in_range: bool) -> tuple[tuple[str, ...], bool]:
        start = self._position
        names: list[str] = []
        while (token := self.peek()) is not None and token.kind == "variable":
            names.append(self.take().text)
            following = self.peek()
            if following is None:
                break
            if following.kind == "comma" and in_range and len(names) == 1:
                self.take()
                continue
            if following.kind in ("declare", "assign"):
                self.take()
                if following.kind == "assign":
                    for name in names:
                        self._known(name)
                return tuple(names), following.kind == "declare"
            break
        self._position = start
        return (), False

    def _known(self, name: str) -> None:
        if name not in self._parser._variables:
            raise self._error(f"undefined variable {name}")

    def _command(self, place: str) -> nodes.Command:
        line = self.line
        operands: list[nodes.Operand] = []
        while (token := self.peek()) is not None and token.kind not in ("pipe", "close"):
            operands.append(self._operand())
            following = self._tokens[self._position : self._position + 1]
            if following and following[0].kind not in ("space", "pipe", "close"):
                raise self._error(f"unexpected {following[0].text!r}")
        if not operands:
            raise self._error(f"missing value for {place}")
        if len(operands) > 1 and not _callable(operands[0]):
            raise self._error("a value was given arguments, but only functions take them")
        return nodes.Command(tuple(operands), line)

    def _operand(self) -> nodes.Operand:
        token = self.take()
        operand: nodes.Operand
        match token.kind:
            case "field":
                operand = nodes.Fields(nodes.Dot(), (token.text[1:],))
            case "dot":
                operand = nodes.Dot()
            case "variable":
                self._known(token.text)
                operand = nodes.Variable(token.text)
            case "open":
                operand = self.pipeline("parentheses")
                if (closing := self.peek()) is None or closing.kind != "close":
                    raise self._error("missing )")
                self.take()
            case "word":
                operand = self._word(token)
            case "string" | "raw" | "char" | "number":
                operand = self._constant(token)
            case _:
                raise self._error(f"unexpected {token.text!r}")
        return self._fields_of(operand)

    def _fields_of(self, operand: nodes.Operand) -> nodes.Operand:
        names: list[str] = []
        while self._position < len(self._tokens) and self._tokens[self._position].kind == "field":
            names.append(self._tokens[self._position].text[1:])
            self._position += 1
        if not names:
            return operand
        if isinstance(operand, nodes.Fields):
            return nodes.Fields(operand.operand, (*operand.names, *names))
        if isinstance(operand, nodes.Constant | nodes.Function):
            raise self._error(f"unexpected .{names[0]}")
        return nodes.Fields(operand, tuple(names))

    def _word(self, token: Token) -> nodes.Operand:
        if token.text in _CONSTANTS:
            return nodes.Constant(_CONSTANTS[token.text])
        if token.text in _WORDS:
            raise self._error(f"unexpected {token.text}")
        if token.text not in self._parser._functions:
            raise self._error(f"function {token.text!r} is not defined")
        return nodes.Function(token.text)

    def _constant(self, token: Token) -> nodes.Constant:
        if token.kind == "raw":
            return nodes.Constant(token.text[1:-1].replace("\r", ""))
        if token.kind == "number":
            try:
                text = token.text.replace("_", "")
                is_float = "x" not in text.lower() and any(mark in text for mark in ".eE")
                return nodes.Constant(float(text) if is_float else int(text, 0))
            except ValueError:
                raise self._error(f"bad number {token.text}") from None
        try:
            value = ast.literal_eval(token.text)  # Go's escapes are a subset of Python's
        except (SyntaxError, ValueError):
            raise self._error(f"bad string {token.text}") from None
        if token.kind == "char":
            if len(value) != 1:
                raise self._error(f"bad character {token.text}")
            return nodes.Constant(ord(value))
        return nodes.Constant(value)


def _callable(operand: nodes.Operand) -> bool:
    return isinstance(operand, nodes.Function)
