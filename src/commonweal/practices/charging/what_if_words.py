"""What a change would do to a bill, in sentences."""

from __future__ import annotations

from django.utils.translation import gettext as _

from commonweal.kernel.words import public as words

from .selectors.what_if import ItemEffect, WhatIf


def what_if_sentence(found: WhatIf) -> str:
    """The answer first: what the months would cost, and how much that is more or less."""
    span = {
        "first": words.period(found.first),
        "last": words.period(found.last),
        "before": words.money(found.before_minor, found.currency),
        "after": words.money(found.after_minor, found.currency),
        "change": words.money(abs(found.change_minor), found.currency),
    }
    if not any(each.changed for each in found.items):
        return (
            _("At today's prices, what you used from %(first)s to %(last)s costs %(before)s.")
            % span
        )
    if found.change_minor == 0:
        return _("From %(first)s to %(last)s that makes no difference: %(after)s.") % span
    shape = (
        _("From %(first)s to %(last)s that costs %(after)s, %(change)s more than %(before)s.")
        if found.change_minor > 0
        else _("From %(first)s to %(last)s that costs %(after)s, %(change)s less than %(before)s.")
    )
    return shape % span


def item_sentence(each: ItemEffect, currency: str) -> str:
    """What was changed of one item, and what that does; empty where nothing was."""
    if not each.changed:
        return ""
    item = each.start.item
    said = []
    if each.asked.quantity is not None:
        said.append(
            _("%(wanted)s %(what)s a month instead of %(now)s")
            % {
                "wanted": words.quantity(each.asked.quantity),
                "what": item.measure_plural,
                "now": words.quantity(each.start.average),
            }
        )
    if each.version.pk != each.start.now.pk:
        said.append(_("the rate from %(day)s") % {"day": words.day(each.version.starts)})
    if each.asked.mix is not None:
        said.append(
            _("a mix of %(mix)s")
            % {
                "mix": ", ".join(
                    f"{name} {words.percent(share)}" for name, share in each.asked.mix.items()
                )
            }
        )
    change = words.money(abs(each.change_minor), currency)
    shape = (
        _("%(item)s: %(what)s costs %(change)s more.")
        if each.change_minor > 0
        else _("%(item)s: %(what)s costs %(change)s less.")
    )
    if each.change_minor == 0:
        shape = _("%(item)s: %(what)s makes no difference.")
    return shape % {"item": item.name, "what": "; ".join(said), "change": change}
