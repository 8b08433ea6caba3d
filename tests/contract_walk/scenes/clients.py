"""Clients, who manages them, their teams and their projects."""

from __future__ import annotations

from typing import Any

from jobs.models import Job
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage

CLIENTS = "/api/v1/clients"


def of(person: str) -> Any:
    return lambda stage: {"user_id": stage.world.id_of(person)}


def only_of_ones_house(stage: Stage, answer: Answer) -> None:
    assert [one["name"] for one in answer.json()["items"]] == ["Harbour Films"]
    foreign = stage.send("GET", CLIENTS, query={"org_id": stage.world.foreign_ids["org_id"]})
    assert (foreign.status_code, foreign.json()["total"]) == (200, 0)


scene("accessible.clients.list", who="client", checks=(only_of_ones_house,))
scene(
    "accessible.clients.create",
    who="admin",
    body=lambda stage: {
        "name": "North Theatre",
        "org_id": stage.world.ids["org_id"],
        "contact_email": "hello@north.example",
        "notes": "Premieres on Fridays.",
    },
    errors={
        "Client already exists": Twist(
            body=lambda stage: {"name": "HARBOUR films", "org_id": stage.world.ids["org_id"]}
        )
    },
)
scene("accessible.clients.get", who="client")
scene(
    "accessible.clients.update",
    who="house_admin",
    body={"name": "Harbour Pictures", "contact_email": None, "notes": None},
    errors={"Client already exists": Twist(body={"name": "lake RADIO"})},
)


def work_goes_on(stage: Stage) -> None:
    Job.objects.filter(pk=stage.world.job.pk).update(status=Job.Status.TRANSLATING, project=stage.world.project)


def all_gone(stage: Stage, answer: Answer) -> None:
    client = f"{CLIENTS}/{stage.world.ids['client_id']}"
    for path in (client, f"{client}/teams", f"{client}/projects"):
        assert stage.send("GET", path).status_code == 404, path
    names = [one["name"] for one in stage.send("GET", f"{CLIENTS}/all-projects", query={"size": 100}).json()["items"]]
    assert "Season one" not in names, names


scene(
    "accessible.clients.delete",
    errors={"Client has active jobs": Twist(given=work_goes_on)},
    effects=(all_gone,),
)

# Managers.

scene(
    "accessible.clients.pm.assign",
    body=of("second_manager"),
    errors={
        "User is not a project manager": Twist(body=of("colleague")),
        "Project manager already assigned": Twist(body=of("project_manager")),
    },
)
scene("accessible.clients.pm.remove", path=of("project_manager"))
scene("accessible.clients.pm.list", who="project_manager")

# Teams.

scene("accessible.clients.teams.list", who="project_manager")
scene(
    "accessible.clients.teams.create",
    body={"name": "Description"},
    errors={"Team already exists": Twist(body={"name": "CAPTIONS"})},
)


def another_team(stage: Stage) -> None:
    stage.world.client.teams.create(name="Description")


scene(
    "accessible.clients.teams.update",
    body={"name": "Subtitles"},
    errors={"Team already exists": Twist(given=another_team, body={"name": "DESCRIPTION"})},
)


def team_gone(stage: Stage, answer: Answer) -> None:
    teams = stage.send("GET", f"{CLIENTS}/{stage.world.ids['client_id']}/teams").json()
    assert teams["total"] == 0


scene("accessible.clients.teams.delete", checks=(team_gone,))


def is_listed(stage: Stage, answer: Answer) -> None:
    assert stage.world.id_of("colleague") in {one["user_id"] for one in answer.json()["members"]}


scene(
    "accessible.clients.teams.members.add",
    who="project_manager",
    body=of("colleague"),
    errors={"User is already a team member": Twist(body=of("linguist"))},
    checks=(is_listed,),
)
scene("accessible.clients.teams.members.remove", who="project_manager", path=of("linguist"))

# Projects.

scene("accessible.clients.all_projects", who="client")
scene("accessible.clients.projects.list", who="client")
scene(
    "accessible.clients.projects.create",
    body={"name": "Season two", "description": "Eight parts."},
    errors={"Project already exists": Twist(body={"name": "SEASON one"})},
)


def another_project(stage: Stage) -> None:
    stage.world.client.projects.create(owner=stage.world.people["admin"], name="Season two")


scene(
    "accessible.clients.projects.update",
    body={"name": "Season 1", "description": None, "status": "archived"},
    errors={"Project already exists": Twist(given=another_project, body={"name": "season TWO"})},
)


def finished_in_project(stage: Stage) -> None:
    Job.objects.filter(pk=stage.world.job.pk).update(project=stage.world.project)


def finished_jobs_keep_it(stage: Stage, answer: Answer) -> None:
    project = f"{CLIENTS}/{stage.world.ids['client_id']}/projects"
    assert stage.send("GET", project).json()["total"] == 0
    job = stage.send("GET", f"/api/v1/jobs/{stage.world.ids['job_id']}").json()
    assert job["project_id"] == stage.world.ids["project_id"]


scene(
    "accessible.clients.projects.delete",
    given=finished_in_project,
    errors={"Project has active jobs": Twist(given=work_goes_on)},
    effects=(finished_jobs_keep_it,),
)
