"""Who may do what with generation sessions. Registered with accounts.policies when this module is imported."""

from __future__ import annotations
