"""What goes wrong while a template is filled, as a refusal of the one message that it was filled for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from jinja2.exceptions import TemplateError

from loyaltyloop.channels.errors import CannotRender


@contextmanager
def filling(paths: Collection[str]) -> Iterator[None]:
    """CannotRender, whatever it is. `paths`: the names in the template, as its author wrote them."""
    try:
        yield
    except CannotRender as error:
        raise error.named(paths) from None
    except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError) as error:
        raise CannotRender("value", str(error)[:200]) from error
    except RecursionError:
        raise CannotRender("bound", "the template is nested too deeply") from None
