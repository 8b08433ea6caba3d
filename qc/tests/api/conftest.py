from jobs.tests.api.conftest import api, house, people

__all__ = ["api", "house", "people"]
