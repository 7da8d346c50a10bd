"""Agreements, limits and parties on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from commonweal.interfaces.api.tests.scene import CLOSED, A, Scene
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.authority.public import withdraw
from commonweal.kernel.calendar.public import at
from commonweal.kernel.catalogue.public import orders, withdraw_ending, withdraw_order
from commonweal.ops.demo.build import moment

Run = Callable[..., tuple[int, str, str]]
OWNER = "owner@meridian.example"


def running(scene: Scene) -> Any:
    with act_as(SYSTEM):
        return orders(SYSTEM, scene.world.agencies[A], state="active")[0]


def test_agreements_and_orders_are_read(scene: Scene, run: Run) -> None:
    order = running(scene)
    status, out, _ = run("agreements", "list", "--agency", A)
    assert (status, "A-0001" in out, "active" in out) == (0, True, True)
    status, out, _ = run("agreements", "orders", "--agency", A, "--state", "active")
    assert str(order.pk) in out
    status, out, _ = run("agreements", "show", str(order.pk))
    assert f"Order {order} of" in out
    assert "General fund" in out
    assert run("agreements", "show", "no-id")[0] == 2


def test_a_modification_is_tried_proposed_and_waits(
    scene: Scene,
    run: Run,
    tmp_path: Path,
) -> None:
    order, file = running(scene), tmp_path / "change.json"
    line = {"item": "payroll.payslip", "estimated_quantity": "7", "estimated_amount_minor": 70}
    body: dict[str, Any] = {
        "starts": str(CLOSED.shift(2).first_day), "reason": "Payslips only from then on",
        "lines": [line], "funding": [{"name": "General fund"}],
    }  # fmt: skip
    file.write_text(json.dumps({**body, "lines": [{**line, "estimated_quantity": 1.5}]}))
    status, _, said = run("agreements", "modify", str(order.pk), str(file))
    assert status == 2
    assert "CLI-113" in said
    assert "lines/0/estimated_quantity" in said
    file.write_text(json.dumps(body))
    status, out, _ = run("agreements", "modify", str(order.pk), str(file), "--try")
    assert status == 0
    assert "changed" in out
    assert "ended" in out
    words = ("agreements", "modify", str(order.pk), str(file), "--as", OWNER)
    status, out, _ = run(*words)
    made = json.loads(out)
    assert (status, made["state"]) == (0, "proposed")
    status, out, _ = run("agreements", "waiting")
    assert status == 1
    assert made["id"] in out
    assert "Dana Whitfield" in out
    status, out, _ = run("agreements", "show", made["id"])
    assert "Changes from" in out
    owner = scene.actor("service_owner:")
    with act_as(owner):
        withdraw_order(actor=owner, order_id=made["id"], reason="It was a test.")
    with at(moment(CLOSED.shift(2).first_day)):
        end = ("agreements", "end", "--order", str(order.pk),
               "--on", str(CLOSED.shift(4).first_day))  # fmt: skip
        status, out, said = run(*end, "--reason", "The work moves to the agency.", "--as", OWNER)
        assert status == 0, said
        ending = json.loads(out)
        assert ending["state"] == "proposed"
        assert run(*end, "--reason", "no", "--as", OWNER)[0] == 2
    with act_as(owner):
        withdraw_ending(actor=owner, ending_id=ending["id"], reason="It was a test.")


def test_an_order_is_proposed_from_a_file(
    scene: Scene,
    run: Run,
    tmp_path: Path,
) -> None:
    order, file = running(scene), tmp_path / "order.json"
    line = {"item": "payroll.payslip", "estimated_quantity": "7", "estimated_amount_minor": 70}
    file.write_text(json.dumps({
        "agreement_id": str(order.agreement_id), "starts": str(order.starts), "lines": [line],
        "funding": [{"name": "General fund"}],
    }))  # fmt: skip
    words = ("agreements", "order", str(order.agreement_id), str(file), "--as", OWNER)
    status, out, _ = run(*words)
    made = json.loads(out)
    assert (status, made["state"]) == (0, "proposed")
    assert made["number"].startswith("A-0001-")
    owner = scene.actor("service_owner:")
    with act_as(owner):
        withdraw_order(actor=owner, order_id=made["id"], reason="It was a test.")


def test_limits_are_proposed(scene: Scene, run: Run) -> None:
    assert run("agreements", "limits")[0] == 0
    set_limit = ("agreements", "set-limit", "director")
    status, out, _ = run(*set_limit, "1000.00", "--as", "admin@meridian.example")
    made = json.loads(out)
    assert (status, made["state"]) == (0, "proposed")
    admin = scene.actor("administrator:")
    with act_as(admin):
        withdraw(actor=admin, decision_id=made["decision"])
    assert run(*set_limit, "lots", "--as", "admin@meridian.example")[0] == 2
    own = ("agreements", "set-limit", "agency_approver", "none", "--agency", A)
    made = json.loads(run(*own)[1])
    assert "without a limit" in made["what"]
    with act_as(SYSTEM):
        withdraw(actor=SYSTEM, decision_id=made["decision"])


def test_parties_are_added_and_renamed(scene: Scene, run: Run) -> None:
    assert A in run("parties", "agencies")[1]
    assert json.loads(run("parties", "add-agency", "fire", "Fire Service")[1])["code"] == "FIRE"
    bureau = json.loads(run("parties", "add-bureau", "FIRE", "north", "North")[1])["id"]
    assert run("parties", "rename-bureau", bureau, "Northern district")[0] == 0
    assert "Northern district" in run("parties", "bureaus", "--agency", "FIRE")[1]
    supplier = json.loads(run("parties", "add-supplier", "c9", "Cloud")[1])["id"]
    assert run("parties", "rename-supplier", supplier, "Cloud Nine")[0] == 0
    assert "Cloud Nine" in run("parties", "suppliers")[1]
    assert run("parties", "add-supplier", "c9", "Cloud")[0] == 2
