"""Every page is executed as it is printed, and says nothing that was not executed (design §7)."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from ipaddress import ip_network

import pytest
from django.urls import reverse
from tests.documentation.pages import ROOT, Page, all_pages
from tests.documentation.shell import ELSEWHERE, Shell

from commonweal.interfaces.cli.main import build_parser
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.jobs.manifests import handlers
from commonweal.kernel.jobs.public import schedules
from commonweal.kernel.metering.models import UsageFact
from commonweal.kernel.notices.webhooks.addresses import Policy
from commonweal.kernel.notices.webhooks.client import Client
from commonweal.kernel.party.models import Membership
from commonweal.settings import sign_in_providers

PAGES = all_pages()
EXECUTED = [page for page in PAGES if page.is_executable and "council" not in page.name]
"""The council's page has a test of its own, which looks at what it leaves behind."""
COMMAND = re.compile(
    r"^\s*(\$ )?(\./run|commonweal|python3?|curl|pip|psql|hledger|\.venv/bin/\w+) "
)
INLINE = re.compile(r"`((?:\./run|commonweal)(?: [^`]*)?)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FOREIGN = ("src/commonweal/interfaces/web/look/vendor/README.md",)
"""How to rebuild what comes from elsewhere; it needs the network."""
VERBS = ("demo", "cli", "doctor", "stop", "test", "check", "deep", "bench")


def the_plug_in_meters(shell: Shell) -> None:
    """Run its job twice, as the worker would: what it counted is there once."""
    for _ in range(2):
        with act_as(SYSTEM) as actor:
            handlers()["parking.count"](actor=actor, job_id=None, payload={})
    with act_as(SYSTEM) as actor:
        (fact,) = UsageFact.objects.filter(source__code="car-park")
        assert fact.quantity == 41
        assert next(each for each in schedules(actor) if each.kind == "parking.count").enabled


def the_list_of_providers_is_read(shell: Shell) -> None:
    found = sign_in_providers(shell.folder / ".commonweal" / "secrets" / "sign_in.json")
    (app,) = found["openid_connect"]["APPS"]
    assert app["provider_id"] == "shire"
    assert reverse("openid_connect_callback", args=["shire"]).endswith(
        "/oidc/shire/login/callback/"
    )


def somebody_administers(shell: Shell) -> None:
    with act_as(SYSTEM):
        (member,) = Membership.objects.select_related("person").all()
        assert (member.role.code, member.person.email) == ("administrator", "ada@shire.example")


def the_receiver_takes_what_is_genuine_and_nothing_else(shell: Shell) -> None:
    """Run the page's receiver; send it the signed example twice, and once changed."""
    found = json.loads((shell.folder / "example.json").read_text())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running = subprocess.Popen(
        [sys.executable, "receive.py"], cwd=shell.folder, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PORT": str(port)},
    )  # fmt: skip
    policy = Policy(ports=frozenset({port}), http=True, networks=(ip_network("127.0.0.0/8"),))
    sender, url = Client(policy), f"http://127.0.0.1:{port}/"
    try:
        body = found["body"].encode()
        answers = []
        for each in (body, body, body + b" "):
            answer = sender.post(url, found["headers"], each)
            while answer.error == "unreachable" and running.poll() is None:
                time.sleep(0.1)
                answer = sender.post(url, found["headers"], each)
            answers.append(answer.status)
        assert answers == [204, 204, 401]
    finally:
        running.terminate()
        said, _nothing = running.communicate()
    assert said.splitlines() == [f"commonweal.test.v1 {json.dumps(json.loads(body)['data'])}"]


CHECKS = {
    "docs/how-to/receive-webhooks.md": the_receiver_takes_what_is_genuine_and_nothing_else,
    "docs/how-to/write-a-service.md": the_plug_in_meters,
    "docs/how-to/sign-in-by-openid.md": the_list_of_providers_is_read,
    "docs/how-to/install.md": somebody_administers,
}
"""What a page leaves behind, where its own output does not tell."""


def ids(sheet: Page) -> str:
    return sheet.name


@pytest.mark.slow
@pytest.mark.parametrize("sheet", EXECUTED, ids=ids)
def test_a_page_does_what_it_says(sheet: Page, follow: Callable[[Page], Shell]) -> None:
    shell = follow(sheet)
    shell.text = sheet.text
    CHECKS.get(sheet.name, lambda _: None)(shell)


@pytest.mark.parametrize("sheet", PAGES, ids=ids)
def test_no_command_stands_where_it_is_not_executed(sheet: Page) -> None:
    """Commands are in `sh` blocks, which are executed; not indented, not in another block."""
    if sheet.name in FOREIGN:
        return
    loose = [
        f"{number}: {line}" for number, line in sheet.prose
        if line.startswith("    ") and COMMAND.match(line)
    ]  # fmt: skip
    loose += [
        f"{part.line}: {line}" for part in sheet.parts
        if part.language not in ("sh", "python", "step")
        for line in part.text.splitlines() if COMMAND.match(line)
    ]  # fmt: skip
    assert not loose, "put it into a ```sh block"


def parsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found.update(action.choices)
    return found


def check_words(words: list[str]) -> None:
    """The verbs exist, and so do the options that are named."""
    rest = words[1:]
    if words[0] == "./run":
        if not rest or rest[0] not in ("cli", "demo", "bench", "deep", "doctor"):
            assert not rest or rest[0] in VERBS, f"there is no `{' '.join(words)}`"
            return
        rest = rest[1:] if rest[0] == "cli" else rest
    parser = build_parser()
    if rest[:1] == ["engine"]:
        assert set(rest[1:2]) <= {"rate", "allocate", "clock", "allocate|rate"}
        return
    while rest and parsers(parser) and not rest[0].startswith(("-", "…")):
        assert rest[0] in parsers(parser), f"there is no `{' '.join(words)}`"
        parser, rest = parsers(parser)[rest[0]], rest[1:]
    options = {name for action in parser._actions for name in action.option_strings}
    named = {word.partition("=")[0] for word in rest if word.startswith("--")}
    assert named <= options | {"--data"}, f"{words}: {named - options}"


@pytest.mark.parametrize("sheet", PAGES, ids=ids)
def test_a_command_named_in_prose_exists(sheet: Page) -> None:
    for _number, line in sheet.prose:
        for command in INLINE.findall(line):
            check_words(shlex.split(command.replace("[", "").replace("]", "")))


@pytest.mark.parametrize("sheet", PAGES, ids=ids)
def test_links_lead_to_something(sheet: Page) -> None:
    for _number, line in sheet.prose:
        for target in LINK.findall(line):
            if "://" not in target and not target.startswith(("#", "mailto:")):
                path = sheet.path.parent / target.partition("#")[0]
                assert path.exists(), f"{sheet.name}: {target}"


def test_every_page_of_the_documentation_is_in_its_list() -> None:
    """A page that nobody can find is not written."""
    index = ROOT / "docs" / "README.md"
    listed = {
        (index.parent / target.partition("#")[0]).resolve()
        for target in LINK.findall(index.read_text(encoding="utf-8"))
    }
    lost = [
        page.name for page in PAGES
        if (ROOT / "docs") in page.path.parents and page.path != index
        if page.path.resolve() not in listed and page.path.parent.resolve() not in listed
    ]  # fmt: skip
    assert not lost


def test_what_takes_minutes_is_executed_smaller_elsewhere() -> None:
    for command, test in ELSEWHERE.items():
        assert command.rpartition(".")[2].split()[-1] in (ROOT / test).read_text(encoding="utf-8")


def test_there_is_something_to_execute() -> None:
    assert len(EXECUTED) >= 5
