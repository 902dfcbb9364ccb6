"""Read what stands inside an action: pipelines, commands, operands."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, field

from hipflask.local.auth.gotemplate import nodes
from hipflask.local.auth.gotemplate.scanner import Action, TemplateError, Token

_CONSTANTS = {"true": True, "false": False, "nil": None}
_WORDS = {
    *("if", "with", "range", "else", "end", "define", "block", "template", "break", "continue"),
}


@dataclass
class Scope:
    """What may be named at this point of the template."""

    template: str
    functions: Collection[str]
    variables: list[str] = field(default_factory=lambda: ["$"])

    def error(self, line: int, reason: str) -> TemplateError:
        """Return the error that says where in the template something is wrong."""
        return TemplateError(self.template, line, reason)


class Words:
    """The tokens of one action, taken one after the other."""

    def __init__(self, scope: Scope, action: Action, *, skip: int = 0) -> None:
        self._scope = scope
        self._tokens = action.tokens
        self._position = 0
        self.line = action.line
        for _ in range(skip):
            self.take()

    def _error(self, reason: str) -> TemplateError:
        return self._scope.error(self.line, reason)

    def _spaces(self) -> bool:
        before = self._position
        while self._position < len(self._tokens) and self._tokens[self._position].kind == "space":
            self._position += 1
        return self._position > before

    def peek(self) -> Token | None:
        """Return the next word without taking it."""
        self._spaces()
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def peek_word(self) -> str:
        """Return the next word if it is a name or keyword, else ""."""
        token = self.peek()
        return token.text if token is not None and token.kind == "word" else ""

    def at_end(self) -> bool:
        """Say whether nothing is left."""
        return self.peek() is None

    def take(self) -> Token:
        """Take the next word."""
        token = self.peek()
        if token is None:
            raise self._error("action ends too early")
        self._position += 1
        self.line = token.line
        return token

    def finish(self) -> None:
        """Raise if anything is left."""
        token = self.peek()
        if token is not None:
            raise self._error(f"unexpected {token.text!r}")

    def string(self, word: str) -> str:
        """Take a text in quotes, the name of a template."""
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
            self._scope.variables.extend(variables)
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
        if name not in self._scope.variables:
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
        if token.text not in self._scope.functions:
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
