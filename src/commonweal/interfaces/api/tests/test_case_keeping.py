"""Keeping cases by API: holds of two people, erasure after a look, files in and out, held mail."""

from __future__ import annotations

import io
import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from commonweal.interfaces.api.tests.desk import FROZEN, MAPPING
from commonweal.interfaces.api.tests.scene import A, Scene
from commonweal.interfaces.api.tests.test_cases import OFFICER, OWNER, opened, send
from commonweal.interfaces.api.tests.test_problems import problem_of
from commonweal.interfaces.mail.intake import take
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import CaseUsage, Clock
from commonweal.kernel.jobs.public import Worker

ADMIN = "administrator:"
WHY = {"reason": "Asked for in writing"}
ROWS = b"Id,Agency,Kind,Opened\n1,LWD,incident,2025-08-04T14:00:00Z\n2,NO,incident,2025-08-04\n"
LETTER = b"""From: Ben Cook <ben@example.test>
To: nobody@example.test
Subject: Held for a person
Message-ID: <api-held@example.test>

Please look at this.
"""


def closed(scene: Scene, subject: str) -> dict[str, Any]:
    case = opened(scene.client(OFFICER), subject)
    owner, where = scene.client(OWNER), f"/cases/{case['number']}/move"
    send(owner, where, {"state": "resolved", "resolution": "Done."})
    send(owner, where, {"state": "closed"})
    return case


def refused(client: Client, path: str, body: dict[str, Any], status: int, code: str) -> None:
    answer = client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")
    problem_of(answer, status, code)


def test_a_hold_stands_until_two_people_lift_it_and_then_the_case_goes(scene: Scene) -> None:
    owner, admin = scene.client(OWNER), scene.client(ADMIN)
    case = closed(scene, "To be erased")
    hold = send(owner, "/legal-holds", {"case": case["number"], **WHY}, 201)
    where = f"/cases/{case['number']}"
    assert owner.get(f"/api/v1{where}/erasure-plan").json()["why_not"] == "held"
    refused(owner, f"{where}/erase", WHY, 409, "CASE-142")
    lift = f"/legal-holds/{hold['id']}/lift"
    assert send(owner, lift, WHY)["state"] == "ending"
    assert send(admin, f"/legal-holds/{hold['id']}/keep")["state"] == "held"
    send(owner, lift, WHY)
    refused(owner, lift, {}, 409, "CASE-152")
    assert send(admin, lift)["state"] == "lifted"
    standing = owner.get("/api/v1/legal-holds?limit=200").json()["items"]
    assert hold["id"] not in [row["id"] for row in standing]
    plan = owner.get(f"/api/v1{where}/erasure-plan").json()
    assert (plan["why_not"], plan["goes"]) == ("", [case["id"]])
    made = send(owner, f"{where}/erase", WHY)
    assert {name: made["counts"].get(name, 0) for name in plan["counts"]} == plan["counts"]
    assert owner.get("/api/v1/case-erasures?limit=1").json()["items"][0]["id"] == made["id"]


def test_somebody_is_erased_as_the_plan_says(scene: Scene) -> None:
    owner = scene.client(OWNER)
    body = {"name": "Cleo", "phone": "+1 312 555 0177"}
    who = send(owner, f"/agencies/{A}/contacts", body, 201)["id"]
    plan = owner.get(f"/api/v1/case-contacts/{who}/erasure-plan").json()
    assert (plan["contact_goes"], plan["goes"], plan["stays"]) == (True, [], [])
    made = send(owner, f"/case-contacts/{who}/erase", WHY)
    assert (made["contact_id"], made["counts"]["contacts"]) == (who, 1)
    refused(owner, f"/case-contacts/{who}/erase", WHY, 409, "CASE-146")


def test_a_frozen_month_is_compared_and_counted_again(scene: Scene) -> None:
    owner, where = scene.client(OWNER), f"/agencies/{A}/frozen-months/{FROZEN:%Y-%m}"
    seen = owner.get(f"/api/v1{where}").json()
    assert (seen["frozen"]["version"], seen["differs"], seen["now"]) == (1, True, {})
    assert send(owner, f"{where}/restate", WHY)["version"] == 2
    refused(owner, f"{where}/restate", WHY, 409, "CASE-156")
    assert not owner.get(f"/api/v1{where}").json()["differs"]
    rows = owner.get(f"/api/v1/frozen-months?agency={A}&month={FROZEN:%Y-%m}").json()["items"]
    assert [row["version"] for row in rows] == [2, 1]


def test_proofs_and_refused_usage_are_read_and_tried_again(scene: Scene) -> None:
    owner, case = scene.client(OWNER), closed(scene, "Not ordered")
    with act_as(SYSTEM):
        Clock.objects.filter(case_id=case["id"]).update(elapsed_us=77)
        casework.audit_clocks(actor=SYSTEM)
        row = casework.Case.objects.get(pk=case["id"])
        usage = CaseUsage.objects.create(
            agency_id=row.agency_id, case=row, charge_item="it.case", channel="web",
            closed_at=row.closed_at, state="refused", code="USAGE-109", sentence="No order.",
        )  # fmt: skip
    assert owner.get("/api/v1/clock-proofs?limit=1").json()["items"][0]["drifted"] >= 1
    drift = owner.get("/api/v1/clock-drifts?limit=200").json()["items"]
    assert ("elapsed_us", "77") in [(each["field"], each["held"]) for each in drift]
    found = owner.get("/api/v1/refused-case-usage?limit=200").json()["items"]
    assert str(usage.pk) in [each["id"] for each in found]
    assert send(owner, "/refused-case-usage/retry", {"usage_id": str(usage.pk)})["records"] == 1
    refused(owner, "/refused-case-usage/retry", {"usage_id": str(usage.pk)}, 409, "CASE-154")


def test_a_file_is_tried_then_taken_in_and_all_cases_leave(scene: Scene) -> None:
    owner = scene.client(OWNER)
    file = SimpleUploadedFile("old.csv", ROWS)
    body = {"file": file, "source": "api-old", "mapping": json.dumps(MAPPING), "dry_run": "true"}
    made = owner.post("/api/v1/case-imports", body)
    assert made.status_code == 201, made.content
    where = f"/case-imports/{made.json()['id']}"
    assert owner.get(f"/api/v1{where}").json()["state"] == "waiting"
    refused(owner, f"{where}/resume", {}, 409, "JOBS-409")
    Worker().run(once=True)
    tried = owner.get(f"/api/v1{where}").json()
    assert (tried["state"], tried["cases"], tried["refused"]) == ("done", 1, 1)
    assert tried["problems"][0]["code"] == "CASE-186"
    taken = send(owner, f"{where}/take")
    Worker().run(once=True)
    done = owner.get(f"/api/v1/case-imports/{taken['id']}").json()
    assert (done["dry_run"], done["cases"], done["state"]) == (False, 1, "done")
    refused(owner, f"/case-imports/{taken['id']}/cancel", {}, 422, "JOBS-104")
    with_code = {"file": SimpleUploadedFile("n.csv", ROWS), "source": "n", "mapping": "nowhere"}
    problem_of(owner.post("/api/v1/case-imports", with_code), 422, "CASE-181")
    send(owner, "/case-mappings/mine", MAPPING, way="put")
    codes = [row["code"] for row in owner.get("/api/v1/case-mappings").json()["items"]]
    assert "mine" in codes
    table = b"".join(owner.get(f"/api/v1/case-export?agency={A}"))
    assert b"api-old" in table
    lines = b"".join(owner.get("/api/v1/case-export?form=jsonl&queue=it"))
    assert {json.loads(row)["queue"] for row in io.BytesIO(lines)} == {"it"}


def test_held_mail_is_read_as_text_let_in_and_removed(scene: Scene) -> None:
    owner = scene.client(OWNER)
    with act_as(SYSTEM):
        casework.put_queue(
            actor=scene.actor(OWNER), code="post", name="Post", team="it", service="payroll",
            default_type="incident", agency=A,
        )  # fmt: skip
    for text in (LETTER, LETTER.replace(b"held@", b"other@"), b"no message at all"):
        assert take(text, casework.Origin("api")).state == "quarantined"
    rows = owner.get("/api/v1/held-mail?limit=3").json()["items"]
    broken, other, first = (owner.get(f"/api/v1/held-mail/{row['id']}").json() for row in rows)
    assert (first["readable"], first["subject"]) == (True, "Held for a person")
    assert "no message at all" in broken["text"]
    refused(owner, f"/held-mail/{rows[0]['id']}/let-in", {"queue": "post"}, 422, "MAIL-210")
    refused(owner, f"/held-mail/{rows[2]['id']}/let-in", {"queue": "city"}, 422, "MAIL-211")
    done = send(owner, f"/held-mail/{rows[2]['id']}/let-in", {"queue": "post"})
    case = owner.get(f"/api/v1/cases/{done['case_id']}").json()["case"]
    assert (case["subject"], case["channel"], case["agency"]) == ("Held for a person", "email", A)
    refused(owner, f"/held-mail/{rows[2]['id']}/remove", {}, 409, "CASE-240")
    assert other["mail"]["state"] == "quarantined"
    assert send(owner, f"/held-mail/{rows[1]['id']}/remove")["state"] == "removed"
    assert owner.get(f"/api/v1/held-mail/{rows[1]['id']}").json()["text"] == ""
    assert take(LETTER.replace(b"held@", b"other@"), casework.Origin("api")).state == "duplicate"
