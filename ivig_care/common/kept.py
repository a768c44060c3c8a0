"""What a process worked out and need not work out again: kept in its memory, so many things at most.

Only what a key fully names, or what may be a few seconds old. Nothing that is kept here is told to other processes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import ClassVar, Generic, TypeVar
from weakref import WeakSet

from django.core.cache import caches

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """The values asked for last, `most` of them; each for `seconds`, or for as long as there is room."""

    _all: ClassVar[WeakSet[Kept[Hashable, object]]] = WeakSet()

    def __init__(self, *, most: int, seconds: float | None = None) -> None:
        self.most, self.seconds = most, seconds
        self._values: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._lock = Lock()
        Kept._all.add(self)  # type: ignore[arg-type]

    def find(self, key: K) -> V | None:
        """The value, if it is here and young enough."""
        with self._lock:
            found = self._values.get(key)
            if found is None or (self.seconds is not None and monotonic() - found[0] >= self.seconds):
                return None
            self._values.move_to_end(key)
            return found[1]

    def put(self, key: K, value: V) -> V:
        """Keep a value; the one asked for longest ago makes room."""
        with self._lock:
            self._values[key] = monotonic(), value
            self._values.move_to_end(key)
            while len(self._values) > self.most:
                self._values.popitem(last=False)
        return value

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value; made, by whoever asks first, when it is not here. Two who ask at once may both make it."""
        found = self.find(key)
        return self.put(key, make()) if found is None else found

    def forget(self, key: K) -> None:
        """Forget one value."""
        with self._lock:
            self._values.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()


def forget_all() -> None:
    """Forget everything that is kept anywhere in this process: for tests, whose rows go and whose keys come again."""
    for one in list(Kept._all):
        one.clear()
    caches["template_fragments"].clear()
