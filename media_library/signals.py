"""What other apps may listen to. Sent inside the transaction that makes the change."""

from __future__ import annotations

from django.dispatch import Signal

closing_asset = Signal()
"""asset, actor: it is about to be removed for good. Raise a DomainError to refuse, or let go of it."""

asset_settled = Signal()
"""asset: its preparation is over; `status` says whether it can be used."""

pronunciations_changed = Signal()
"""entries (Pronunciation): they are said in another way from now on. What was spoken with them says it in the old one."""

voice_revoked = Signal()
"""profile (VoiceProfile), actor: its speaker has taken the consent back. What was made with the voice is marked, and speaks no more."""
