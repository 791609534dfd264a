"""The two languages of the simulator: the Skype of 2006, and a program that nobody has a signature for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peergate.lab.simulator.messages import Writer
from peergate.lab.simulator.stream import Conversation
from peergate.lab.simulator.unnamed import HiddenConversation, UnnamedWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from peergate.lab.simulator.disguise import Disguise


@dataclass(frozen=True)
class Dialect:
    """How messages become bytes."""

    name: str
    writer: Callable[[Random, Disguise], Writer]
    conversation: Callable[[Random, int], Conversation]
    # Asks for newer versions and logs in to a server in messages of their own.
    named: bool


CLASSIC = Dialect("skype", Writer, Conversation, named=True)
UNNAMED = Dialect("unnamed", UnnamedWriter, HiddenConversation, named=False)
DIALECTS = {dialect.name: dialect for dialect in (CLASSIC, UNNAMED)}
