"""Reads of the library that join, annotate or mint."""
