"""Engines that run on this machine and need no account. Each loads its weights when it is first used, once a process."""
