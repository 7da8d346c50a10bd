"""Charts drawn on the server: one message each, readable at 375 px, never by colour alone.

Every chart is `Markup` of a `<figure>`: the message as its caption, an SVG with title and
description, and the figures as a table one click away. Widths inside are percentages and type
is in pixels, so that a narrow screen squeezes the bars and never the words.
"""

from .bars import bars
from .base import Point
from .flows import Edge, Node, flow
from .lines import line, sparkline
from .lists import ranking, waterfall

__all__ = [
    "Edge",
    "Node",
    "Point",
    "bars",
    "flow",
    "line",
    "ranking",
    "sparkline",
    "waterfall",
]
