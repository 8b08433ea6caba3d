"""Work for clients: briefs, the jobs made of them, what a job delivers."""

from jobs.models.briefs import Brief
from jobs.models.deliveries import Delivery
from jobs.models.jobs import Job, LanguageOutput, PausePoint

__all__ = ["Brief", "Delivery", "Job", "LanguageOutput", "PausePoint"]
