"""`manage.py demo`: fill the console with a fleet that does not exist, and let it work."""

import logging
import time
from argparse import ArgumentParser
from collections import Counter
from random import Random
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.demo.live import Live
from dashboard.demo.player import DEMO, Player
from dashboard.demo.story import DAY, DAYS, story
from dashboard.models import Agent, ApiToken


class Command(BaseCommand):
    help = "Fill every page with believable data: agents, requests, questions, messages, decisions of the last days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="another number tells another story (default: 1)")
        parser.add_argument("--force", action="store_true", help="also into a database that has agents already")
        parser.add_argument("--live", action="store_true", help="then keep the agents at work until Ctrl-C")
        parser.add_argument("--seconds", type=float, help="with --live: stop after this time")

    def handle(self, *_: Any, **given: Any) -> None:
        if given["verbosity"] < 2:  # a line for each order of the story would hide what is said here
            logging.getLogger("dashboard.order").setLevel(logging.WARNING)
        player = Player(now=timezone.now())
        goes_on = given["live"] and not given["force"] and ApiToken.objects.filter(created_by=DEMO.name).exists()
        if not goes_on:
            self.fill(player, seed=given["seed"], force=given["force"])
        if given["live"]:
            self.keep_working(player, seed=given["seed"], seconds=given["seconds"])

    def fill(self, player: Player, *, seed: int, force: bool) -> None:
        if Agent.objects.exists() and not force:
            raise CommandError(
                "This database has agents already, and the demo's would stand among them. Take an empty data folder"
                " (PERSPT_DATA), or add --force."
            )
        player.prepare(ago=(DAYS + 2) * DAY)
        played = player.play_all(story(seed))
        self.stdout.write(f"Told {played} steps of the last {DAYS} days: open the console to see them.")
        for reason, count in Counter(player.refused).items():
            self.stderr.write(f"Passed over {count}: {reason}")

    def keep_working(self, player: Player, *, seed: int, seconds: float | None) -> None:
        self.stdout.write("The agents are at work. Decide what they ask; stop with Ctrl-C.")
        player.prepare()
        live = Live(player, Random(seed), clock=timezone.now)  # noqa: S311 - a story, no secret
        try:
            live.run(sleep=time.sleep, monotonic=time.monotonic, seconds=seconds)
        except KeyboardInterrupt:
            self.stdout.write("")
        self.stdout.write(f"Stopped after {live.done} steps. What waits keeps waiting.")
