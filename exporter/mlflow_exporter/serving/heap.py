"""The garbage collector of a server that holds a model."""

from __future__ import annotations

import gc


def settle() -> None:
    """Keep what is in memory now out of the collector's way, once what is garbage by now is gone.

    A model and its libraries are some hundred thousand objects that live as long as the server. Looking through all of
    them takes a tenth of a second, in which no request is answered, once in a thousand requests or so. To be called
    whenever a model was loaded or let go: it takes that tenth of a second.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
