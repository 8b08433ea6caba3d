"""The job page's panels about style and delivery."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import OrganizationFactory, UserFactory
from core.runs import worker
from core.runs.models import Step
from jobs.models import Delivery, Job
from jobs.tests.factories import JobFactory, give_captions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(own_store: None) -> Job:
    made = JobFactory(organization=OrganizationFactory(), languages=["es"], status=Job.Status.PENDING_FINAL_REVIEW)
    give_captions(made)
    give_captions(made, language="es")
    return made


def as_role(role: str, job: Job) -> Client:
    browser = Client()
    browser.force_login(UserFactory(role=role, house=job.organization))
    return browser


def page(browser: Client, job: Job) -> str:
    answer = browser.get(reverse("jobs:detail", args=[job.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_tracks_are_checked_from_the_page_and_their_figures_shown(job: Job) -> None:
    browser = as_role(User.Role.PRODUCTION, job)
    assert "Version 1 is not checked yet" in page(browser, job)
    answer = browser.post(reverse("jobs:check_quality", args=[job.pk]), follow=True)
    text = answer.content.decode()
    assert "2 tracks checked." in text
    assert "not checked yet" not in text
    assert reverse("jobs:track", args=[job.pk, "es", "captions"]) in text


def test_a_manager_chooses_the_style_and_all_is_checked_against_it(job: Job) -> None:
    browser = as_role(User.Role.PRODUCTION, job)
    answer = browser.post(
        reverse("jobs:choose_quality", args=[job.pk]), {"profile": "bbc", "required": "on"}, follow=True
    )
    assert "The captions are held against “BBC broadcast”." in answer.content.decode()
    job.refresh_from_db()
    assert (job.quality_profile, job.profile_required) == ("bbc", True)
    refused = browser.post(reverse("jobs:choose_quality", args=[job.pk]), {"profile": "x"}, follow=True)
    assert "Unknown profile." in refused.content.decode()


def test_a_reviewer_sees_the_figures_and_chooses_nothing(job: Job) -> None:
    Job.objects.update(status=Job.Status.PENDING_QC)
    browser = as_role(User.Role.REVIEWER, job)
    assert "Use this style" not in page(browser, job)
    assert browser.post(reverse("jobs:choose_quality", args=[job.pk]), {"profile": "bbc"}).status_code == 403


def test_a_package_is_asked_for_watched_and_fetched(job: Job) -> None:
    browser = as_role(User.Role.PRODUCTION, job)
    answer = browser.post(reverse("jobs:packages", args=[job.pk]), follow=True)
    assert "being packed" in answer.content.decode()
    delivery = Delivery.objects.get()
    assert browser.get(reverse("jobs:package_file", args=[delivery.pk])).status_code == 404
    watched = browser.get(reverse("jobs:packages", args=[job.pk]), headers={"HX-Request": "true"})
    assert 'hx-trigger="every 2s"' in watched.content.decode()
    for step in Step.objects.filter(status=Step.Status.QUEUED):
        worker.perform(step.pk)
    text = browser.get(reverse("jobs:packages", args=[job.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" not in text
    assert reverse("jobs:package_file", args=[delivery.pk]) in text
    fetched = browser.get(reverse("jobs:package_file", args=[delivery.pk]))
    assert (fetched.status_code, "/files/" in fetched.headers["Location"]) == (302, True)
    assert as_role(User.Role.PRODUCTION, job).get(reverse("jobs:package_file", args=[delivery.pk])).status_code == 404


def test_a_client_is_told_when_there_will_be_a_package(job: Job) -> None:
    browser = as_role(User.Role.CLIENT, job)
    assert "The files can be downloaded once the job is completed." in page(browser, job)
    assert browser.post(reverse("jobs:packages", args=[job.pk])).status_code == 409
