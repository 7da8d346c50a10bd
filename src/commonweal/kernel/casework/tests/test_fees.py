"""A fee's states, money that comes late, twice or otherwise, the counter, and receipts' numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.kernel.casework.domain import fees
from commonweal.kernel.casework.domain.errors import CaseError
from commonweal.kernel.casework.domain.fees import (
    MOVES,
    Fee,
    Kind,
    PaymentEvent,
    State,
    apply,
    counter_payment,
    counter_undone,
    start,
    withdraw,
)
from commonweal.kernel.casework.domain.receipts import (
    Receipt,
    Till,
    Voided,
    check_digits,
    numbers,
    read_receipt,
    used,
)

FEE = Fee("fee-1", 4_250, "USD")
TILL = Till("FRONT1", "USD", {2026: 122})


def begun(*references: str) -> Fee:
    fee = FEE
    for reference in references or ("r1",):
        fee = start(fee, "test", reference)
    return fee


def event(kind: Kind, reference: str = "r1", **more: Any) -> PaymentEvent:
    plain = PaymentEvent(f"{reference}:{kind}", "test", reference, "fee-1", kind, 4_250, "USD")
    return replace(plain, **more)


def refused(code: str, call: Any, *given_: Any, **named: Any) -> None:
    with pytest.raises(CaseError) as error:
        call(*given_, **named)
    assert error.value.code == code


def test_the_whole_way_and_back() -> None:
    fee = FEE
    assert fee.state == "due"
    fee = begun()
    assert fee.state == "started"
    fee = apply(fee, event("pending")).fee
    assert fee.state == "started"
    paid = apply(fee, event("paid"))
    assert (paid.fee.state, paid.effect, paid.fee.paid_minor) == ("paid", "moved", 4_250)
    back = apply(paid.fee, event("refunded"))
    assert (back.fee.state, back.fee.paid_minor, back.fee.refund_due_minor) == ("refunded", 0, 0)
    assert [e.kind for e in back.fee.events] == ["pending", "paid", "refunded"]


@pytest.mark.parametrize("kind", ["failed", "cancelled"])
def test_who_failed_may_try_again(kind: Kind) -> None:
    fee = apply(begun(), event(kind)).fee
    assert fee.state == kind
    fee = start(fee, "test", "r2")
    assert fee.state == "started"
    assert apply(fee, event("paid", "r2")).fee.state == "paid"


@pytest.mark.parametrize("kind", get_args(Kind))
def test_the_same_event_again_changes_nothing(kind: Kind) -> None:
    back = kind in ("refunded", "refund_refused")
    fee = apply(begun(), event("paid")).fee if back else begun()
    once = apply(fee, event(kind)).fee
    again = apply(once, event(kind))
    assert (again.fee, again.effect) == (once, "again")


def test_an_event_told_otherwise_is_refused() -> None:
    fee = apply(begun(), event("paid")).fee
    refused("CASE-203", apply, fee, event("failed", id="r1:paid"))


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"fee_id": "fee-2"}, "CASE-201"), ({"reference": "r9"}, "CASE-202"),
        ({"provider": "other"}, "CASE-202"), ({"amount_minor": 4_249}, "CASE-204"),
        ({"amount_minor": 4_251}, "CASE-204"), ({"currency": "EUR"}, "CASE-204"),
        ({"amount_minor": 0}, "CASE-204"), ({"amount_minor": -4_250}, "CASE-204"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(wrong: dict[str, Any], code: str) -> None:
    refused(code, apply, begun(), event("paid", **wrong))


@pytest.mark.parametrize("first", ["failed", "cancelled"])
def test_money_wins_over_an_earlier_word(first: Kind) -> None:
    fee = apply(begun(), event(first)).fee
    assert apply(fee, event("paid")).fee.state == "paid"


@pytest.mark.parametrize("late", ["failed", "cancelled", "pending"])
def test_a_late_word_does_not_take_money_away(late: Kind) -> None:
    fee = apply(begun(), event("paid")).fee
    told = apply(fee, event(late))
    assert (told.effect, told.fee.state, told.fee.paid_minor) == ("late", "paid", 4_250)
    assert len(told.fee.events) == 2


def test_while_a_bank_has_to_answer_nobody_pays_again_unawares() -> None:
    fee = apply(begun(), event("pending")).fee
    assert fee.waits
    refused("CASE-232", start, fee, "test", "r2")
    both = start(fee, "test", "r2", anyway=True)
    assert apply(apply(both, event("paid", "r2")).fee, event("paid")).effect == "twice"
    for kind in ("paid", "failed", "cancelled"):
        answered = apply(fee, event(kind)).fee
        assert not answered.waits
    assert start(apply(fee, event("failed")).fee, "test", "r2").state == "started"


def test_a_provider_that_gives_nothing_back_moves_no_money() -> None:
    paid = apply(begun(), event("paid")).fee
    told = apply(paid, event("refund_refused"))
    assert (told.effect, told.fee.state, told.fee.paid_minor) == ("moved", "paid", 4_250)
    refused("CASE-205", apply, paid, event("refund_refused", amount_minor=4_251))
    refused("CASE-205", apply, begun(), event("refund_refused"))


@pytest.mark.parametrize("first", ["failed", "cancelled"])
def test_a_bank_that_is_asked_after_a_declined_card_is_waited_for(first: Kind) -> None:
    fee = apply(apply(begun(), event(first)).fee, event("pending")).fee
    assert (fee.state, fee.waits) == ("started", True)
    refused("CASE-232", start, fee, "test", "r2")
    refused("CASE-232", counter_payment, fee, method="cash", tendered_minor=4_250, till=TILL,
            year=2026)  # fmt: skip
    taken = counter_payment(fee, method="cash", tendered_minor=4_250, till=TILL, year=2026,
                            anyway=True)  # fmt: skip
    assert taken.fee.paid_minor == 4_250


@pytest.mark.parametrize("part", [500, 4_250])
@pytest.mark.parametrize("key", ["", "k1"])
def test_a_refund_that_bounces_after_it_was_told_brings_the_money_back(part: int, key: str) -> None:
    fee = apply(begun(), event("paid")).fee
    given_back = event("refunded", id="g", amount_minor=part, refund=key)
    bounced = event("refund_refused", id="b", amount_minor=part, refund=key)
    after = apply(apply(fee, given_back).fee, bounced).fee
    told = key or part == 4_250  # a part without its key is not known to have been counted
    assert after.paid_minor == (4_250 if told else 4_250 - part)
    assert after.state == "paid"
    assert apply(after, bounced).effect == "again"


def test_a_second_word_that_it_is_paid_counts_once() -> None:
    fee = apply(begun(), event("paid")).fee
    told = apply(fee, event("paid", id="captured"))
    assert (told.effect, told.fee.paid_minor) == ("late", 4_250)


def test_money_that_comes_twice_is_to_be_given_back() -> None:
    fee = apply(begun("r1", "r2"), event("paid", "r2")).fee
    told = apply(fee, event("paid", "r1"))
    assert (told.effect, told.fee.refund_due_minor) == ("twice", 4_250)
    back = apply(told.fee, event("refunded", "r1")).fee
    assert (back.state, back.paid_minor, back.refund_due_minor) == ("paid", 4_250, 0)


def test_money_for_a_withdrawn_fee_is_to_be_given_back() -> None:
    fee = withdraw(begun())
    assert fee.state == "cancelled"
    refused("CASE-206", start, fee, "test", "r2")
    told = apply(fee, event("paid"))
    assert (told.effect, told.fee.refund_due_minor) == ("twice", 4_250)
    refused("CASE-207", withdraw, apply(begun(), event("paid")).fee)


def test_parts_are_given_back_but_never_more_than_came() -> None:
    fee = apply(begun(), event("paid")).fee
    part = apply(fee, event("refunded", amount_minor=1_000, id="a")).fee
    assert (part.state, part.paid_minor) == ("paid", 3_250)
    refused("CASE-205", apply, part, event("refunded", amount_minor=3_251, id="b"))
    rest = apply(part, event("refunded", amount_minor=3_250, id="b")).fee
    assert (rest.state, rest.paid_minor) == ("refunded", 0)
    refused("CASE-205", apply, begun(), event("refunded"))


def test_starting_again_with_the_same_reference_changes_nothing() -> None:
    assert start(begun(), "test", "r1") == begun()
    paid = apply(begun(), event("paid")).fee
    assert start(paid, "test", "r1") == paid
    refused("CASE-206", start, paid, "test", "r2")
    refused("CASE-206", start, replace(FEE, amount_minor=0), "test", "r1")


def test_the_table_knows_states_and_events_only() -> None:
    for (state, kind), to in MOVES.items():
        assert {state, to} <= set(get_args(State))
        assert kind in get_args(Kind)


POOL = [event(kind, reference) for reference in ("r1", "r2") for kind in
        ("pending", "paid", "failed", "cancelled")]  # fmt: skip


@given(st.lists(st.sampled_from(POOL), max_size=12), st.randoms())
def test_money_does_not_depend_on_order_or_repetition(
    told: list[PaymentEvent], chance: Any
) -> None:
    shuffled = [*told, *told]
    chance.shuffle(shuffled)
    sums = []
    for order in (told, shuffled):
        fee = begun("r1", "r2")
        for each in order:
            before = fee
            outcome = apply(fee, each)
            fee = outcome.fee
            assert fee.paid_minor >= before.paid_minor
            assert (outcome.effect == "twice") == (fee.refund_due_minor > before.refund_due_minor)
            assert 0 <= fee.refund_due_minor <= fee.paid_minor
        sums.append((fee.paid_minor, fee.refund_due_minor, fee.state == "paid"))
    assert sums[0] == sums[1]
    paid = {each.reference for each in told if each.kind == "paid"}
    assert sums[0][0] == 4_250 * len(paid)


def test_cash_is_taken_with_change_and_a_receipt() -> None:
    done = counter_payment(FEE, method="cash", tendered_minor=5_000, till=TILL, year=2026)
    assert (done.fee.state, done.change_minor) == ("paid", 750)
    assert done.receipt.text.startswith("FRONT1-2026-000123-")
    refused("CASE-206", counter_payment, done.fee, method="cash", tendered_minor=5_000, till=TILL,
            year=2026)  # fmt: skip


@pytest.mark.parametrize(
    ("method", "tendered", "currency", "code"),
    [
        ("cash", 4_249, "USD", "CASE-208"), ("card", 4_251, "USD", "CASE-208"),
        ("cheque", 5_000, "USD", "CASE-208"), ("cash", 4_250, "EUR", "CASE-209"),
        ("shells", 4_250, "USD", "CASE-210"),
    ],
)  # fmt: skip
def test_money_that_does_not_fit_is_not_taken(
    method: Any, tendered: int, currency: str, code: str
) -> None:
    till = Till("FRONT1", currency, {})
    refused(code, counter_payment, FEE, method=method, tendered_minor=tendered, till=till,
            year=2026)  # fmt: skip


def test_paid_at_the_counter_while_a_page_is_open() -> None:
    done = counter_payment(begun(), method="card", tendered_minor=4_250, till=TILL, year=2026)
    told = apply(done.fee, event("paid"))
    assert (told.effect, told.fee.refund_due_minor) == ("twice", 4_250)


@pytest.mark.parametrize(("kind", "state"), [("returned", "failed"), ("voided", "cancelled")])
def test_a_receipt_undone_leaves_the_fee_owed(kind: Any, state: str) -> None:
    done = counter_payment(FEE, method="cheque", tendered_minor=4_250, till=TILL, year=2026)
    fee = counter_undone(done.fee, done.receipt.text, kind=kind)
    assert (fee.state, fee.paid_minor) == (state, 0)
    refused("CASE-211", counter_undone, fee, done.receipt.text, kind=kind)
    refused("CASE-202", counter_undone, fee, "FRONT1-2026-000999-00", kind=kind)
    again = counter_payment(
        fee, method="cash", tendered_minor=4_250, till=used(TILL, done.receipt), year=2026
    )
    assert again.receipt.number == done.receipt.number + 1
    assert fees.total_taken([again.fee, done.fee, replace(FEE, currency="EUR")], "USD") == 8_500


def test_check_digits_are_those_of_the_standard() -> None:
    """ISO/IEC 7064 MOD 97-10: the number with its digits leaves 1; 794 → 44 is its own example."""
    assert check_digits("794") == 44
    whole = int("".join(str(int(letter, 36)) for letter in TEXT if letter != "-"))
    assert whole % 97 == 1


TEXT = Receipt("FRONT1", 2026, 123).text


def test_a_number_is_read_as_typed() -> None:
    assert read_receipt(f"  {TEXT.lower()} ") == Receipt("FRONT1", 2026, 123)


@given(st.integers(0, len(TEXT) - 1), st.sampled_from("0123456789ABCXYZ-"))
def test_one_wrong_letter_is_noticed(place: int, letter: str) -> None:
    typed = TEXT[:place] + letter + TEXT[place + 1 :]
    alike = letter.isdigit() == TEXT[place].isdigit() or not letter.isalnum()
    if typed != TEXT and alike:  # a letter counts two digits (ISO 7064, MOD 97-10)
        refused("CASE-214", read_receipt, typed)


@given(st.integers(0, len(TEXT) - 2))
def test_two_exchanged_letters_are_noticed(place: int) -> None:
    typed = TEXT[:place] + TEXT[place + 1] + TEXT[place] + TEXT[place + 2 :]
    if typed != TEXT:
        refused("CASE-214", read_receipt, typed)


def test_numbers_follow_one_another() -> None:
    refused("CASE-213", used, TILL, Receipt("FRONT1", 2026, 125))
    refused("CASE-213", used, TILL, Receipt("FRONT2", 2026, 123))
    assert used(TILL, Receipt("FRONT1", 2027, 1)).last == {2026: 122, 2027: 1}
    refused("CASE-212", counter_payment, FEE, method="cash", tendered_minor=4_250,
            till=Till("front desk", "USD", {}), year=2026)  # fmt: skip


def test_each_gap_is_explained_or_shown() -> None:
    till = Till("FRONT1", "USD", {2026: 8})
    paper = Voided(3, "The printer tore it", "user-7")
    voided = [paper, Voided(5, "  ", "user-7"), Voided(6, "Misprint", ""), Voided(7, "No", "u")]
    found = numbers(till, 2026, [1, 2, 4, 4, 7, 9], voided)
    assert found.explained == (paper,)
    assert found.missing == (5, 6, 8)
    assert (found.twice, found.beyond, found.voided_and_used) == ((4,), (9,), (7,))
    assert not found.complete
    assert numbers(till, 2026, [1, 2, 4, 5, 6, 7, 8], [paper]).complete
    assert numbers(till, 2025, [], []).complete
