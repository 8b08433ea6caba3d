"""Waiting for what a page does, and pictures of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import Page


def until(page: Page, condition: str) -> None:
    """Waits for `condition`. Playwright's own waiting evaluates strings in the page, which its policy forbids."""
    for _ in range(300):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"Never true: {condition}")


def picture(page: Page, name: str) -> None:
    """Kept for people to look at; tests do not read it."""
    folder = Path(tempfile.gettempdir()) / "reelwright-screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)
