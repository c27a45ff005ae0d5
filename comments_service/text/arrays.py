"""numpy, loaded when it is first used: that takes a tenth of the start, and no read needs it."""

from typing import TYPE_CHECKING, Any

__all__ = ["load_arrays", "np"]

if TYPE_CHECKING:
    import numpy as np
else:

    class _Late:
        """Stands for the module; each name is looked up there once."""

        def __getattr__(self, name: str) -> Any:
            import numpy  # noqa: ICN001, PLC0415 - this is the place where it is loaded.

            found = getattr(numpy, name)
            setattr(self, name, found)
            return found

    np = _Late()


def load_arrays() -> None:
    """Load it now, for who has the time."""
    np.ndarray  # noqa: B018 - the look-up loads it.
