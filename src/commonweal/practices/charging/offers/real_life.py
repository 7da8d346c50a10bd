"""Conversions, late usage as the next bill has it, and what a change would cost."""

from __future__ import annotations

from ..actions.exchange import decide_exchange_rate, propose_exchange_rate
from ..basis_words import basis_sentences, conversion_text, exchange_text
from ..closing.coming import Coming, coming_corrections
from ..selectors.exchange import exchange_rates
from ..selectors.what_if import Asked as WhatIfAsked
from ..selectors.what_if import ItemEffect as WhatIfEffect
from ..selectors.what_if import ItemStart as WhatIfStart
from ..selectors.what_if import PublicWhatIf, WhatIf, WhatIfError, price_of, what_if
from ..what_if_words import item_sentence, what_if_sentence

__all__ = [
    "Coming",
    "PublicWhatIf",
    "WhatIf",
    "WhatIfAsked",
    "WhatIfEffect",
    "WhatIfError",
    "WhatIfStart",
    "basis_sentences",
    "coming_corrections",
    "conversion_text",
    "decide_exchange_rate",
    "exchange_rates",
    "exchange_text",
    "item_sentence",
    "price_of",
    "propose_exchange_rate",
    "what_if",
    "what_if_sentence",
]
