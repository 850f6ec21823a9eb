"""Where templates run: escaped, strict and bounded, with nothing in reach but the names given.

A template reads keys of the mappings it is given, and nothing else: no attribute or method of any object,
no function but `range`. What it may do is listed, what it may cost is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, NoReturn

from jinja2 import Undefined, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from loyaltyloop.channels.errors import CannotRender

LOOPS = 2_000  # iterations and calls, all loops of one part of a message together
OUTPUT = 400_000  # characters of one part of a message; mail clients clip at 102 kB
BITS = 128  # of a whole number
SOME = 50  # printed parts between two looks at their length
COPIES = 100  # columns of `batch` and `slice`
# fmt: off
_LOOP_NAMES = frozenset((
    "index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0",
    "previtem", "nextitem", "changed",
))
# fmt: on
_SPECIAL = re.compile("[&<>'\"]").search
_DATE_NAMES = frozenset(("year", "month", "day"))


class Missing(Undefined):
    """A value that is not there: not true, equal to nothing, never printed, never looped over.

    As in conditions, a comparison with an unknown value does not hold, `!=` included.
    """

    __slots__ = ()

    @property
    def path(self) -> str:
        """What it would be called, as far as is known."""
        return str(self._undefined_name or "a value")

    def refuse(self, *_: object, **__: object) -> NoReturn:
        raise CannotRender("missing", self.path)

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        return self

    def __bool__(self) -> bool:
        return False

    def __eq__(self, _other: object) -> bool:
        return False

    __ne__ = __contains__ = __eq__
    __lt__ = __le__ = __gt__ = __ge__ = __eq__  # type: ignore[assignment]
    __hash__ = refuse
    __str__ = __repr__ = __iter__ = __len__ = __call__ = __html__ = refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = refuse
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = refuse
    __pow__ = __rpow__ = __neg__ = __pos__ = __int__ = __float__ = __getitem__ = refuse


class Budget:
    """What one part of a message may still cost."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = LOOPS

    def renew(self) -> None:
        """For the next part."""
        self.left = LOOPS

    def spend(self, amount: int) -> None:
        """Take so much; CannotRender when there is not so much left."""
        self.left -= amount
        if self.left < 0:
            raise CannotRender("bound", f"the template loops more than {LOOPS} times")


def bounded_concat(parts: Iterable[str]) -> str:
    """The parts as one text, unless that is longer than a message may be; then the rest is not asked for."""
    pieces: list[str] = []
    length = 0
    several = iter(parts)
    while some := list(islice(several, SOME)):
        length += sum(map(len, some))
        room(length)
        pieces += some
    return "".join(pieces)


class Buffer(list[str]):
    """Where `{% set %}...{% endset %}` collects its text, as far as a message may be long."""

    __slots__ = ("length",)

    def __init__(self) -> None:
        super().__init__()
        self.length = 0

    def append(self, part: str) -> None:
        self.extend((part,))

    def extend(self, parts: Iterable[str]) -> None:
        some = tuple(parts)
        self.length += sum(map(len, some))
        room(self.length)
        super().extend(some)


class Generator(CodeGenerator):
    """Jinja's compiler, but what is printed goes through `shown`, and what is collected into a `Buffer`."""

    def buffer(self, frame: Frame) -> None:
        frame.buffer = self.temporary_identifier()
        self.writeline(f"{frame.buffer} = environment.buffer()")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: object) -> None:  # noqa: ARG002
        self.write("environment.shown(")


def shown_in_text(value: Any) -> str:
    """What `{{ value }}` prints in plain text. CannotRender for what is no text, number or date."""
    kind = type(value)
    if kind is str or kind is Markup:
        return value  # type: ignore[no-any-return]
    if isinstance(value, str | int | float | Decimal | date | Undefined):
        return str(value)
    raise CannotRender("value", f"a {kind.__name__} cannot be printed as it is")


def shown_in_html(value: Any) -> str:
    """The same, escaped; an address of ours (Markup) needs no escaping."""
    kind = type(value)
    if kind is Markup:
        return value  # type: ignore[no-any-return]
    text = value if kind is str else shown_in_text(value)
    # Most values hold nothing to escape, and are printed without a copy.
    return text if _SPECIAL(text) is None else escape(text)


def room(length: int) -> None:
    """CannotRender for a text or list longer than a message may be."""
    if length > OUTPUT:
        raise CannotRender("bound", f"a text is longer than {OUTPUT} characters")


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, narrowed to what a message needs. `escaped`: HTML, else plain text."""

    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "**", "%"))
    concat = staticmethod(bounded_concat)
    code_generator_class = Generator
    buffer = Buffer

    def __init__(self, *, escaped: bool, filters: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__(autoescape=escaped, undefined=Missing, trim_blocks=True, lstrip_blocks=True)
        self.shown = shown_in_html if escaped else shown_in_text
        self.filters = dict(filters)
        self.tests = {name: self.tests[name] for name in _TESTS}
        self.globals.clear()

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The value of a key; none, or an empty text, is a missing value."""
        if type(obj) is dict:
            value = obj.get(attribute)
            if value:  # what is mostly so is asked first
                return value
            return Missing(name=attribute) if value is None or value == "" else value
        if isinstance(obj, Undefined):
            return obj
        if attribute in _reach(obj):
            return getattr(obj, attribute)
        if attribute[:1] == "_":
            raise CannotRender("template", f"{attribute!r} is out of reach of a template")
        return Missing(name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """The same as `getattr` for texts; an index or a slice of a list or a text."""
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        if isinstance(obj, Undefined):
            return obj
        if not isinstance(obj, list | tuple | str) or not isinstance(argument, int | slice):
            return Missing(name=str(argument))
        try:
            value = obj[argument]
        except (IndexError, ValueError):
            return Missing(name=f"number {argument}")
        return Missing(name=f"number {argument}") if value is None or value == "" else value

    def call(self, context: Context, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Only `range` is ever called; macros were put in their places before."""
        if function is not RANGE:
            raise CannotRender("template", "a template can call nothing but range(...) and its macros")
        numbers = range(*args, **kwargs)
        _budget(context).spend(len(numbers))
        return list(numbers)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic on numbers, and `+` on texts and lists, as far as the result stays small."""
        _check_operands(operator, left, right)
        try:
            return super().call_binop(context, operator, left, right)
        except (ArithmeticError, TypeError) as error:
            raise CannotRender("value", f"{operator}: {error}") from None


RANGE = object()
# fmt: off
_TESTS = (
    "defined", "undefined", "none", "number", "string", "mapping", "sequence", "iterable",
    "boolean", "integer", "float", "true", "false", "in", "even", "odd", "divisibleby", "lower",
    "upper", "sameas", "eq", "equalto", "==", "ne", "!=", "lt", "lessthan", "<", "le", "<=", "gt",
    "greaterthan", ">", "ge", ">=",
)
# fmt: on


def _reach(obj: object) -> frozenset[str]:
    if isinstance(obj, LoopContext):
        return _LOOP_NAMES
    return _DATE_NAMES if isinstance(obj, date) else frozenset()


def _check_operands(operator: str, left: object, right: object) -> None:
    sized = isinstance(left, str | list | tuple) or isinstance(right, str | list | tuple)
    if not sized:
        _check_numbers(operator, left, right)
    elif operator != "+":
        raise CannotRender("template", f"{operator!r} works on numbers only; join texts with ~")
    elif isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
        room(len(left) + len(right))


def _check_numbers(operator: str, left: object, right: object) -> None:
    if operator == "**":
        raise CannotRender("template", "'**' is out of reach of a template")
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > BITS:
        raise CannotRender("bound", "a number is too large")


def _budget(context: Context) -> Budget:
    return context.parent["_budget"]  # type: ignore[no-any-return]


@pass_context
def take(context: Context, values: Any) -> Any:
    """What a loop runs over, paid for; put around every loop's iterable when a template is compiled."""
    if isinstance(values, Undefined):
        str(values)  # refuses
    taken = values if isinstance(values, list | tuple) else list(islice(_each(values), LOOPS + 1))
    _budget(context).spend(len(taken))
    return taken


def _each(values: Any) -> Iterator[Any]:
    if isinstance(values, int | float | bool) or values is None:
        raise CannotRender("value", f"a loop cannot run over {type(values).__name__}")
    return iter(values)
