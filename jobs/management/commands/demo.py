"""`manage.py demo`: see docs/operations.md. `make demo` sets everything up and runs it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from accounts.models import User
from core import embedded
from core.embedded import studio as running_studio
from core.embedded.places import Home
from jobs.demo import journey, people
from jobs.demo.client import Studio, StudioError
from jobs.models import Job


class Command(BaseCommand):
    help = "Starts the studio, takes a real video through the main job, prints every deliverable and the sign-in."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        console = Console()
        leave = os.environ.get("DEMO_EXIT", "").strip() not in {"", "0"}
        home = Home.at(Path(settings.HOME))
        console.rule("Weights of the local engines")
        call_command("models")
        console.rule("Starting the studio")
        call_command("up", "--detach")
        if services := embedded.held():
            # The studio holds them now, so that stopping it stops them too.
            services.close()
        try:
            job, studio, folk = self._take_through(home, console)
            self._report(job, studio, folk, console)
        except StudioError as error:
            raise CommandError(str(error)) from error
        finally:
            if leave:
                call_command("down")

    def _take_through(self, home: Home, console: Console) -> tuple[Job, Studio, dict[str, Any]]:
        at = running_studio.running(home)
        if at is None:
            raise CommandError("The studio is not running any more. Its log is in the state directory under logs.")
        folk = people.settle()
        studio = Studio(at.url)
        email, _ = people.PEOPLE[User.Role.PROJECT_MANAGER]
        studio.sign_in(email, people.password())
        console.rule("The main job")
        job = journey.unfinished()
        if job is None:
            job = journey.send(studio, console)
        else:
            console.print(
                f"The sample is in the studio already ({job.get_status_display().lower()}): going on with it."
            )
        return journey.follow(job, studio, folk, console), studio, folk

    def _report(self, job: Job, studio: Studio, folk: dict[str, Any], console: Console) -> None:
        journey.deliverables(job, studio, console)
        failed = journey.failures(job)
        for check in failed:
            console.print(f"[red]Check failed, {check['language']}: {check['name']}: {check['measured']}")
        console.print(f"\nThe job:  {studio.url}/jobs/{job.pk}")
        console.print(f"Sign in:  {studio.url}/login")
        for role, user in folk.items():
            console.print(f"          {user.email:<24} {people.password()}   ({role})")
        if failed:
            raise CommandError(f"{len(failed)} checks did not pass.")
