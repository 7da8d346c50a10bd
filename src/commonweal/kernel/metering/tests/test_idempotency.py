"""Whatever the interleaving and repetition of deliveries, the facts are the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonweal.kernel.access.public import SYSTEM
from commonweal.kernel.metering import public as metering
from commonweal.kernel.metering.domain.facts import content_hash, key_hash
from commonweal.kernel.metering.models import UsageFact

from .world import World, event

COLUMNS = ("source_id", "external_id", "agency_id", "quantity", "payload_hash", "late")
CALM = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NAMES = [f"n{number}" for number in range(8)]
deliveries = st.lists(
    st.tuples(st.lists(st.sampled_from(NAMES), min_size=1, max_size=8), st.booleans()),
    min_size=1,
    max_size=6,
)


def _line(name: str) -> str:
    return f"{name},parks,payslip,{name[1:]}.5,C62,2026-10-02T10:00:00Z,2026-10-02T11:00:00Z"


def _by_file(folder: Path, names: list[str]) -> metering.UploadResult:
    path = folder / f"{'-'.join(names)}.csv"
    path.write_text("\n".join(["id,agency,charge_item,quantity,unit,from,to", *map(_line, names)]))
    return metering.submit_file(actor=SYSTEM, source="payrun", path=path, kind="csv")


@CALM
@given(deliveries)
def test_any_interleaving_gives_the_same_facts(
    world: World, data_dir: Path, plan: list[tuple[list[str], bool]]
) -> None:
    with transaction.atomic():
        accepted = 0
        for names, by_file in plan:
            if by_file:
                accepted += _by_file(data_dir, names).accepted
            else:
                result = metering.submit(
                    actor=SYSTEM, events=[event(name, quantity=f"{name[1:]}.5") for name in names]
                )
                assert result.complete
                accepted += result.accepted
        sent = {name for names, _ in plan for name in names}
        found = {name for (name,) in UsageFact.objects.values_list("external_id")}
        assert found == sent
        assert accepted >= len(sent) > 0
        transaction.set_rollback(True)


text = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="@\u2028\u2029"), max_size=20
)
quantity = st.decimals(0, 999_999_999_999, places=6, allow_nan=False).map(lambda each: f"{each:f}")


@CALM
@given(
    st.lists(
        st.tuples(text, quantity, text, text),
        min_size=1,
        max_size=8,
        unique_by=lambda each: each[0].strip(" "),
    )
)
def test_the_file_path_makes_the_same_canonical_form(
    world: World, data_dir: Path, records: list[tuple[str, str, str, str]]
) -> None:
    import csv

    records = [(f"id {name}".strip(" "), *rest) for name, *rest in records]
    path = data_dir / "made.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        writer.writerow(
            [
                "id",
                "agency",
                "charge_item",
                "quantity",
                "unit",
                "from",
                "to",
                "origin",
                "dimensions.a",
            ]
        )
        for name, number, origin, value in records:
            writer.writerow(
                [
                    name,
                    "parks",
                    "payslip",
                    number,
                    "C62",
                    "2026-10-02T10:00:00Z",
                    "2026-10-02T11:00:00Z",
                    origin,
                    value,
                ]
            )
    with transaction.atomic():
        assert metering.submit_file(
            actor=SYSTEM, source="payrun", path=path, kind="csv", resume=None
        ).accepted == len(records)
        sent = [
            event(
                name, quantity=number, origin=origin.strip(" "), dimensions={"a": value.strip(" ")}
            )
            for name, number, origin, value in records
        ]
        again = metering.submit(actor=SYSTEM, events=sent)
        assert (again.duplicates, again.conflicts, again.rejected) == (len(records), (), ())
        transaction.set_rollback(True)


def test_the_canonical_form_never_changes() -> None:
    """Format 1: these hashes are in key files and partitions for ever."""
    assert str(key_hash("payrun", "a")) == "52f2057e-7243-8fef-b7a2-4d2e00d92bbb"
    assert str(content_hash(("a", "", "b"))) == "3aa8909c-ac06-9691-9c2c-c255ee0dbcc6"


@pytest.mark.parametrize("sealed", [False, True])
def test_everything_again_changes_nothing(world: World, sealed: bool) -> None:
    events = [event("a"), event("b", replaces="a"), event("c", charge_item="hour", unit="HUR")]
    metering.submit(actor=SYSTEM, events=events)
    if sealed:
        for step in (metering.freeze_period, metering.write_partitions, metering.seal_period):
            step(actor=SYSTEM, period="2026-10")
    again = metering.submit(actor=SYSTEM, events=events[::-1] * 2)
    assert (again.accepted, again.duplicates, again.complete) == (0, 6, True)
