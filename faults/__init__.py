"""What happens when things break: `python -m faults [names…] [--runs N]` breaks them and prints one row per fault.

Real processes only: Postgres and Valkey of its own, Celery workers and beat as in production, ffmpeg, and a provider on the
wire that counts what it bills. docs/faults.md says how to add a row.
"""
