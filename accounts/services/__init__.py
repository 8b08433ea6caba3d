"""Use cases of people and houses: one function for each change, whoever asks."""

from accounts.services.people import end_sign_ins, ensure_person

__all__ = ["end_sign_ins", "ensure_person"]
