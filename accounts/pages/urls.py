"""Pages of people."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from accounts.pages import account, audit, notifications, registration, sign_in, tenancy_urls

app_name = "accounts"
urlpatterns = [
    path("login", sign_in.sign_in, name="login"),
    path("verify-2fa", sign_in.verify_code, name="verify-2fa"),
    path("setup-2fa-required", sign_in.setup_required, name="setup-2fa-required"),
    path("logout", sign_in.sign_out, name="logout"),
    path("register", registration.register, name="register"),
    path("verify-email", registration.verify_email, name="verify-email"),
    path("password-reset", registration.forgotten, name="password-reset"),
    path("password-reset/confirm", registration.reset, name="password-reset-confirm"),
    path("setup-2fa", account.set_up, name="setup-2fa"),
    path("account", account.show_profile, name="profile"),
    path("account/password", account.change_password, name="password"),
    path("account/security", account.security, name="security"),
    path("account/security/remove", account.remove_second_factor, name="remove-2fa"),
    path("account/security/recovery-codes", account.renew_recovery_codes, name="recovery-codes"),
    path("account/identities/<uuid:pk>/forget", account.forget_identity, name="forget-identity"),
    path("account/sessions", account.sessions, name="sessions"),
    path("account/sessions/end-others", account.end_other_sessions, name="end-other-sessions"),
    path("account/sessions/<uuid:pk>/end", account.end_session, name="end-session"),
    path("account/keys", account.keys, name="keys"),
    path("account/keys/<uuid:pk>/revoke", account.revoke_key, name="revoke-key"),
    path("account/confirm", account.confirm, name="confirm"),
    path("notifications", notifications.news_list, name="notifications"),
    path("notifications/read", notifications.news_read, name="notifications_read"),
    path("notifications/bell", notifications.bell, name="bell"),
    path("notifications/<uuid:news_id>", notifications.news_open, name="notification"),
    path("audit", audit.trail, name="audit"),
    path("audit.csv", audit.taken_along, name="audit_csv"),
    path("audit/verify", audit.verify, name="audit_verify"),
    # The Django admin comes and goes through the same doors as everybody.
    path("admin/login/", sign_in.admin_sign_in),
    path("admin/logout/", sign_in.sign_out),
    path("admin/password_change/", RedirectView.as_view(pattern_name="accounts:password")),
    *tenancy_urls.urlpatterns,
]
