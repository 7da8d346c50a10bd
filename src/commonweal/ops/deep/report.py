"""What a campaign did and found, and the page that keeps it."""

from __future__ import annotations

import json
import platform
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

SHOWN = 30
KILL_NOTHING = ("pages", "prices", "clocks")
"""Campaigns that end no process."""


@dataclass
class Result:
    """One campaign: kills by kind, what was counted, and one sentence for each thing wrong."""

    name: str
    seed: int
    kills: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    short: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    seconds: int = 0

    def killed(self, kind: str, in_flight: bool = False) -> None:
        """Count a kill."""
        self.kills[kind] = self.kills.get(kind, 0) + 1
        if in_flight:
            self.count("kills in flight")

    def count(self, what: str, by: int = 1) -> None:
        """Count something."""
        self.counts[what] = self.counts.get(what, 0) + by

    def found(self, sentence: str) -> None:
        """Keep a finding; the same sentence once."""
        if sentence not in self.findings:
            self.findings.append(sentence)

    def fell_short(self, sentence: str) -> None:
        """Keep what was asked for and not done; no finding, and never left unsaid."""
        self.short.append(sentence)
        print(f"deep: {self.name}: {sentence}", file=sys.stderr, flush=True)

    @property
    def total_kills(self) -> int:
        """Kills of every kind."""
        return sum(self.kills.values())

    def save(self, path: Path) -> None:
        """Write as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def load(cls, path: Path) -> Result:
        """Read what `save` wrote."""
        return cls(**json.loads(path.read_text()))


def machine() -> dict[str, str]:
    """Processor, memory and system of this machine; no name of it."""
    model, memory = "unknown processor", "unknown memory"
    cpu, mem = Path("/proc/cpuinfo"), Path("/proc/meminfo")
    if cpu.is_file():
        lines = cpu.read_text().splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        model = f"{names[0]}, {len(names)} cores" if names else model
    if mem.is_file():
        kilobytes = int(mem.read_text().split()[1])
        memory = f"{kilobytes // 1_000_000} GB"
    return {
        "processor": model,
        "memory": memory,
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
    }


def page(results: Sequence[Result], *, seed: int, minutes: str, kills: int, day: date) -> str:
    """The result as Markdown, for docs/measurements."""
    facts: dict[str, Any] = machine()
    for result in results:
        facts |= result.versions
    total = sum(result.total_kills for result in results)
    findings = [f"`{each.name}`: {text}" for each in results for text in each.findings]
    verdict = f"{len(findings)} finding(s)" if findings else "nothing lost, nothing doubled"
    lines = [
        f"# Deep campaigns, {day.isoformat()}, seed {seed}",
        "",
        f"`./run deep --seed {seed} --minutes {minutes} --kills {kills}`, "
        f"{', '.join(each.name for each in results)}: {total:,} kills, **{verdict}**.",
        "",
        *(f"- {name}: {value}" for name, value in facts.items()),
        "",
        "| campaign | kills | seconds | what was checked |",
        "|---|---|---|---|",
    ]
    for each in results:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(each.kills.items()))
        counts = ", ".join(f"{what} {count:,}" for what, count in sorted(each.counts.items()))
        lines.append(
            f"| {each.name} | {each.total_kills:,} ({kinds or 'none'}) | {each.seconds} "
            f"| {counts or 'nothing'} |"
        )
    if total < kills and any(each.name not in KILL_NOTHING for each in results):
        lines += ["", f"{kills:,} kills were asked for; time allowed {total:,}. Give more minutes."]
    for each in results:
        lines += [f"\n`{each.name}`: {text}" for text in each.short]
    lines += ["", "## Findings", "", *([f"- {text}" for text in findings] or ["None."])]
    lines += ["", *COVERAGE.strip().splitlines(), ""]
    return "\n".join(lines)


COVERAGE = """
## What this covers

`pages` follows links: what only a form's answer shows, or the demo has no case of, is left
to `tests/browser`.

`prices` and `clocks` stop at a million cases, or when their time is used up, which is then said
above. A finding names its seed, with which `engine.trial.try_seed`, or `clocks.trial.try_seed`,
repeats the batch.

Kills are SIGKILL of the process that works, of PostgreSQL's postmaster, or of it with all its
children. The web is Commonweal's WSGI application under the standard library's threaded server in
a forked process; granian, which serves in production, is not between them. `power` puts every
file that Commonweal writes back to what it had brought to disk (or to a seeded mixture of that
and newer changes). A name that was not synced in its folder counts as lost, as POSIX allows; ext4
and XFS often keep it. That PostgreSQL's own log survives a loss of power is PostgreSQL's promise
(`fsync = on` here), and a disk that lies about it is not simulated.
"""


def compare(result: Result, what: str, expected: Counter[str], actual: Counter[str]) -> None:
    """Name what is missing from, doubled in or foreign to `actual`; at most a few of each."""
    missing, more = expected - actual, actual - expected
    for words, keys in (("is missing", missing), ("is there too often or is foreign", more)):
        for key in sorted(keys)[:SHOWN]:
            result.found(f"{what} {key} {words}")
        if len(keys) > SHOWN:
            result.found(f"{what}: {len(keys) - SHOWN} more {words}")
