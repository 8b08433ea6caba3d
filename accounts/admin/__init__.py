"""People, houses and credentials in the Django admin: thin doors to the services, history to look at, secrets nowhere."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.admin import clients, credentials, houses, invitations, notifications, people, projects

__all__ = ["clients", "credentials", "houses", "invitations", "notifications", "people", "projects"]

# Roles come from memberships, addresses from people, outside identities from `ExternalIdentity`: these tables say nothing here.
admin.site.unregister([Group, EmailAddress, SocialAccount, SocialApp, SocialToken])
admin.site.site_header = admin.site.site_title = "Reelwright"
admin.site.index_title = "Administration"
