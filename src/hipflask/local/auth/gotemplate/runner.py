"""Run a parsed template over its data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipflask.local.auth.gotemplate import nodes
from hipflask.local.auth.gotemplate.contexts import HtmlPosition
from hipflask.local.auth.gotemplate.escapers import escape
from hipflask.local.auth.gotemplate.functions import FUNCTIONS, SHORT_CIRCUIT
from hipflask.local.auth.gotemplate.parser import parse
from hipflask.local.auth.gotemplate.scanner import TemplateError
from hipflask.local.auth.gotemplate.values import ValueProblem, kind, truth

_DEEPEST_CALL = 50
_LONGEST_OUTPUT = 2_000_000


class Template:
    """A parsed template, which can be rendered any number of times."""

    def __init__(self, name: str, source: str) -> None:
        """Parse the source. ``name`` is what an error calls it: a path, as a rule.

        Raises TemplateError with file and line.
        """
        self.name = name
        self._parsed = parse(name, source, FUNCTIONS.keys() | SHORT_CIRCUIT)

    def render(self, data: Mapping[str, Any]) -> str:
        """Return the HTML for this data, every value escaped for its place.

        Raises TemplateError with file and line.
        """
        run = _Run(self.name, self._parsed.defined, data)
        run.body(self._parsed.body, data)
        return "".join(run.written)


class _Jump(Exception):
    def __init__(self, word: str) -> None:
        self.word = word


class _Run:
    def __init__(
        self, name: str, defined: Mapping[str, tuple[nodes.Node, ...]], data: Mapping[str, Any]
    ) -> None:
        self._name = name
        self._defined = defined
        self._variables: list[tuple[str, Any]] = [("$", data)]
        self._position = HtmlPosition()
        self._depth = 0
        self._length = 0
        self.written: list[str] = []

    def body(self, body: tuple[nodes.Node, ...], dot: Any) -> None:
        for node in body:
            self._node(node, dot)

    def _write(self, text: str) -> None:
        self._length += len(text)
        if self._length > _LONGEST_OUTPUT:
            raise TemplateError(self._name, 1, "the result is longer than two million characters")
        self.written.append(text)

    def _node(self, node: nodes.Node, dot: Any) -> None:
        match node:
            case nodes.Literal(text):
                self._write(self._position.feed(text))
            case nodes.Output(pipeline):
                value = self._pipeline(pipeline, dot)
                if not pipeline.variables:
                    self._write(escape(value, self._position.value()))
            case nodes.Branch():
                self._branch(node, dot)
            case nodes.Loop():
                self._loop(node, dot)
            case nodes.Jump(word):
                raise _Jump(word)
            case nodes.Call():
                self._call(node, dot)

    def _branch(self, node: nodes.Branch, dot: Any) -> None:
        scope = len(self._variables)
        value = self._pipeline(node.pipeline, dot)
        if truth(value):
            self.body(node.body, value if node.moves_dot else dot)
        else:
            self.body(node.otherwise, dot)
        del self._variables[scope:]

    def _loop(self, node: nodes.Loop, dot: Any) -> None:
        scope = len(self._variables)
        line = node.pipeline.line
        names = node.pipeline.variables
        value = self._commands(node.pipeline, dot)
        entries = self._entries(value, line)
        for key, entry in entries:
            del self._variables[scope:]
            given = (entry,) if len(names) == 1 else (key, entry)
            for name, bound in zip(names, given, strict=False):
                self._set(name, bound, declares=node.pipeline.declares)
            try:
                self.body(node.body, entry)
            except _Jump as jump:
                if jump.word == "break":
                    break
        del self._variables[scope:]
        if not entries:
            self.body(node.otherwise, dot)

    def _entries(self, value: Any, line: int) -> list[tuple[Any, Any]]:
        match kind(value):
            case "map":
                return sorted(value.items(), key=lambda entry: str(entry[0]))
            case "slice":
                return list(enumerate(value))
            case "int":
                return [(number, number) for number in range(min(value, _LONGEST_OUTPUT))]
            case "nil":
                return []
        raise TemplateError(self._name, line, f"range cannot go over {kind(value)}")

    def _call(self, node: nodes.Call, dot: Any) -> None:
        if node.name not in self._defined:
            raise TemplateError(self._name, node.line, f"template {node.name!r} is not defined")
        if self._depth == _DEEPEST_CALL:
            raise TemplateError(self._name, node.line, f"template {node.name!r} calls itself")
        value = None if node.pipeline is None else self._pipeline(node.pipeline, dot)
        outer, self._variables = self._variables, [("$", value)]
        self._depth += 1
        self.body(self._defined[node.name], value)
        self._depth -= 1
        self._variables = outer

    def _set(self, name: str, value: Any, *, declares: bool) -> None:
        if not declares:
            for position in range(len(self._variables) - 1, -1, -1):
                if self._variables[position][0] == name:
                    self._variables[position] = (name, value)
                    return
        self._variables.append((name, value))

    def _pipeline(self, pipeline: nodes.Pipeline, dot: Any) -> Any:
        value = self._commands(pipeline, dot)
        for name in pipeline.variables:
            self._set(name, value, declares=pipeline.declares)
        return value

    def _commands(self, pipeline: nodes.Pipeline, dot: Any) -> Any:
        value = self._command(pipeline.commands[0], dot, ())
        for command in pipeline.commands[1:]:
            value = self._command(command, dot, (value,))
        return value

    def _command(self, command: nodes.Command, dot: Any, piped: tuple[Any, ...]) -> Any:
        first, *rest = command.operands
        try:
            if not isinstance(first, nodes.Function):
                return self._operand(first, dot)
            if first.name in SHORT_CIRCUIT:
                return self._short_circuit(first.name, rest, dot, piped)
            arguments = [self._operand(operand, dot) for operand in rest]
            return FUNCTIONS[first.name](*arguments, *piped)
        except ValueProblem as problem:
            raise TemplateError(self._name, command.line, str(problem)) from None

    def _short_circuit(
        self, name: str, operands: list[nodes.Operand], dot: Any, piped: tuple[Any, ...]
    ) -> Any:
        """Return the first argument that decides, or the last one."""
        value: Any = None
        for operand in operands:
            value = self._operand(operand, dot)
            if truth(value) is (name == "or"):
                return value
        if not operands and not piped:
            raise ValueProblem(f"{name} needs arguments")
        return piped[0] if piped else value

    def _operand(self, operand: nodes.Operand, dot: Any) -> Any:
        match operand:
            case nodes.Dot():
                return dot
            case nodes.Constant(value):
                return value
            case nodes.Variable(name):
                return next(value for known, value in reversed(self._variables) if known == name)
            case nodes.Fields(inner, names):
                return self._fields(self._operand(inner, dot), names)
            case nodes.Function(name):
                return FUNCTIONS[name]() if name in FUNCTIONS else None
            case nodes.Pipeline():
                return self._pipeline(operand, dot)

    @staticmethod
    def _fields(value: Any, names: tuple[str, ...]) -> Any:
        for name in names:
            if value is None:
                return None
            if not isinstance(value, Mapping):
                raise ValueProblem(f"{kind(value)} has no field {name}")
            value = value.get(name)
        return value
