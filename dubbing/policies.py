"""Who may do what with dubs and voice jobs. Registered with accounts.policies when this module is imported."""

from __future__ import annotations
