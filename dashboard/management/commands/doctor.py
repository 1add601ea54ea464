"""`manage.py doctor`: what was found, what was not, and the line that mends it. Ends with 1 where there are errors."""

import json
from argparse import ArgumentParser
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from dashboard.management.doctor import ERROR, FINE, WARNING, findings

SIGNS = {FINE: "ok", WARNING: "mind", ERROR: "WRONG"}


class Command(BaseCommand):
    help = "Look at everything that the console needs; say what is wrong and the line that mends it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="the findings as JSON")
        parser.add_argument("--port", type=int, default=8000, help="where a console of this computer would answer")

    def handle(self, *_: Any, **given: Any) -> None:
        found = list(findings(port=given["port"], home=Path.home()))
        if given["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in found], indent=2))
        else:
            for finding in found:
                self.stdout.write(f"{SIGNS[finding.level]:<5}  {finding.what}: {finding.found}")
                if finding.mend:
                    self.stdout.write(f"         {finding.mend}")
            counts = Counter(finding.level for finding in found)
            self.stdout.write(f"\n{counts[ERROR]} wrong, {counts[WARNING]} to mind, {counts[FINE]} in order.")
        if any(finding.level == ERROR for finding in found):
            raise SystemExit(1)
