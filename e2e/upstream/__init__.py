"""A scripted upstream: plays vendors' wire formats, byte by byte as a test asks for."""

from .answer import Answer, Call, Tokens
from .script import Cut, Gate, Hang, Pause, Reset, Script, Send
from .seen import Seen
from .server import Upstream

__all__ = [
    "Answer",
    "Call",
    "Cut",
    "Gate",
    "Hang",
    "Pause",
    "Reset",
    "Script",
    "Seen",
    "Send",
    "Tokens",
    "Upstream",
]
