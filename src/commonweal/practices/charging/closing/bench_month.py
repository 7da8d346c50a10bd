"""A month whose usage files were made up, closed up to its draft bills; for `commonweal bench`.

The steps are the close's own. Records are rated agency by agency, each by the close's own rating:
together, tens of millions would need as much room on the disk again as all their files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from commonweal.kernel.access.public import Actor
from commonweal.kernel.metering.public import late_totals
from commonweal.kernel.party.public import centre

from ..actions.close import silent, start_close
from ..domain.close import Options
from ..engine.models import PriceModel
from ..engine.shared_models import Matrix, Pooled
from ..models import CloseRun
from . import rating, usage
from .fixed import fixed_items
from .rates import approved_rates

WAIVED = "The month is made up for a measurement; no source reports it."


def fit_items() -> set[str]:
    """The items, by id as text, whose records need no named dimension and no other agency."""
    rates = approved_rates(centre().zone)
    wrong = {str(item) for item in fixed_items()}
    for span in rates.spans:
        model: PriceModel = rates.models[span.version_id]
        if isinstance(model, Matrix | Pooled) or model.span == "year":
            wrong.add(str(span.charge_item_id))
    return {str(item) for item in rates.by_item} - wrong


def close_to_drafts(
    actor: Actor, period: str, sources: tuple[str, ...], say: Callable[[str], None]
) -> CloseRun:
    """Freeze and seal, rate, draft; what the files hold is what is billed."""
    run = start_close(actor=actor, period=period, skip_reason=WAIVED)
    usage.freeze(
        actor=actor, run=run, options=Options(waived=sources, waive_reason=WAIVED), tell=silent
    )
    assert not late_totals(actor, period), "late records would be rated once for each agency"
    whole = rating.prepare(actor, period)
    for file in whole.files:
        with rating.Workspace() as work:
            part = replace(whole, files=[file])
            rating.load(work, part)
            rows = rating.write_rated(work, part, actor, period, silent)
        say(f"rated {rows:,} records")
    run.input_hash = whole.input_hash
    run.save(update_fields=["input_hash"])
    usage.draft(actor=actor, run=run, options=Options(), tell=silent)
    return run
