"""Lazy: what a text's parts are, worked out when first asked for and then kept.

`functools.cached_property` takes a lock each time it works something out (Python 3.11), which costs
as much as most of what is asked of a short text. Where two threads ask at once, both work it out.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class lazy(Generic[T]):  # noqa: N801 - it is used like property, and named like it.
    """A property whose value is kept in the instance's dictionary, and found there from then on."""

    def __init__(self, work: Callable[[Any], T]) -> None:
        self._work = work
        self.__doc__ = work.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        """Learn what the value is called."""
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> "lazy[T]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> "T | lazy[T]":
        """The value; asked for once an instance, since what is in its dictionary goes first."""
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._work(instance)
        return value
