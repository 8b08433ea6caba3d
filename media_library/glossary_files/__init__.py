"""Glossaries as files: XLSX, CSV and TBX in, XLSX and CSV out."""
